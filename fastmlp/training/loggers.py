"""Callbacks that write the history of a training to files while it grows."""

import os
from pathlib import Path
from typing import Any

from fastmlp.errors import InputError
from fastmlp.system.files import write_text
from fastmlp.training.callbacks import Callback, RunningFit
from fastmlp.training.history import Epoch, csv_lines


class CSVLog(Callback):
    """Writes the history as CSV while it grows, a line an epoch, for other programs to watch.

    An existing file is replaced; if a training is resumed, the file starts with the epochs before.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_train_begin(self, fit: RunningFit) -> None:
        """Write the header and the epochs so far."""
        write_text(self.path, csv_lines(fit.history, header=True))

    def on_epoch_end(self, record: Epoch) -> None:
        """Add a line."""
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(csv_lines([record]))


class TensorBoard(Callback):
    """Writes TensorBoard's event files, with tensorboardX or tensorboard, whichever is installed.

    Parameters
    ----------
    folder : str or path
        Folder of this training; `tensorboard --logdir` takes it or the folder above.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def on_train_begin(self, fit: RunningFit) -> None:
        """Begin an event file; if a training is resumed, later epochs in earlier files become void.

        Raises
        ------
        InputError
            Neither library is installed.
        """
        self._writer = _event_writer(self.folder, len(fit.history) + 1)

    def on_epoch_end(self, record: Epoch) -> None:
        """Add the epoch's numbers."""
        numbers = {
            "loss/training": record.loss,
            "accuracy/training": record.accuracy,
            "loss/validation": record.validation_loss,
            "accuracy/validation": record.validation_accuracy,
            "learning_rate": record.learning_rate,
            "samples_per_second": record.samples_per_second,
        }
        for name, number in numbers.items():
            if number is not None:
                self._writer.add_scalar(name, number, record.epoch)
        self._writer.flush()

    def on_train_end(self) -> None:
        """Close the file."""
        self._writer.close()


def _event_writer(folder: Path, first: int) -> Any:
    """Open an event file in a folder, from the epoch `first` on."""
    try:
        from tensorboardX import SummaryWriter

        return SummaryWriter(str(folder), purge_step=first)
    except ImportError:
        pass
    try:
        from tensorboard.summary import Writer

        return Writer(str(folder))
    except ImportError:
        raise InputError("TensorBoard's event files need a library: pip install tensorboardX.") from None
