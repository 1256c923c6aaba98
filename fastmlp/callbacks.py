"""What may watch a training and stop it: the methods that Trainer calls, and callbacks ready for use.

Divergence needs none: `fit` itself stops on NaN, with the weights from before that epoch. Imports History's record and
checkpoints; the bar on the terminal is in `terminal`.
"""

import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from fastmlp.checkpoints import State, write_checkpoint
from fastmlp.errors import InputError
from fastmlp.files import write_text
from fastmlp.history import Epoch, as_monitor, csv_lines, improves, json_record, monitored
from fastmlp.inputs import not_negative, positive_int


class Callback:
    """Base of callbacks: override what you need. What a callback raises ends the training and passes through `fit`."""

    told_last = False
    """Whether it hears of everything after the others, as one that keeps what they have come to."""
    rule: Any = None
    """What must be the same where a training is resumed: its settings, as values that JSON knows."""

    def on_start(self, trainer: Any) -> None:
        """Hear that a `fit` begins, and of which Trainer: its `network`, `history` and `plan` are there to read."""

    def on_slice(self, epoch: int, done: int, total: int) -> None:
        """Hear, several times a second, that `done` of the `total` samples of `epoch` (from 1) are trained on."""

    def on_epoch(self, record: Epoch) -> bool | None:
        """Hear that an epoch and its validation have ended; return True to make it the last one."""

    def on_end(self) -> None:
        """Hear that the training has ended: by its plan or by a callback, not by an error or Ctrl-C."""

    def state(self) -> State:
        """Return what `restore` needs to go on from here in another process: arrays, and values that JSON knows.

        Called after `on_start` only. An empty dict, as this one, is not restored.
        """
        return {}

    def restore(self, state: State) -> None:
        """Go on from where the callback was that returned `state`; called after `on_start`."""


class EarlyStopping(Callback):
    """Ends a training that gets no better, and gives the network the best weights it had.

    Parameters
    ----------
    patience : int
        Epochs without anything better after which the training ends.
    min_delta : float
        By how much a value must be better than the best one so far to count.
    monitor : {"validation_loss", "validation_accuracy", "loss", "accuracy"}

    Attributes
    ----------
    best : float or None
        The best value in this fit.
    best_epoch : int or None
        Whose weights the network has at the end.
    """

    def __init__(self, patience: int = 5, min_delta: float = 0.0, monitor: str = "validation_loss") -> None:
        self.patience = positive_int("patience", patience)
        self.min_delta = not_negative("min_delta", min_delta)
        self.monitor = as_monitor(monitor)
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.waited, self.params = 0, np.empty(0)

    @property
    def rule(self) -> Any:
        """What must be the same where a training is resumed."""
        return [self.patience, self.min_delta, self.monitor]

    def on_start(self, trainer: Any) -> None:
        """Begin anew; raise InputError where there is nothing to watch."""
        monitored(trainer.plan.sample_record(trainer.network.loss), self.monitor)
        self.network, self.best, self.best_epoch, self.waited = trainer.network, None, None, 0
        self.params = trainer.network.params.copy()

    def on_epoch(self, record: Epoch) -> bool:
        """Keep the weights if they are the best, or wait."""
        name, value = monitored(record, self.monitor)
        if improves(name, value, self.best, self.min_delta):
            self.best, self.best_epoch, self.waited = value, record.epoch, 0
            self.params[:] = self.network.params
        else:
            self.waited += 1
        return self.waited >= self.patience

    def on_end(self) -> None:
        """Give the network the best weights."""
        self.network.params[:] = self.params

    def state(self) -> State:
        """Return the best value so far, and its weights."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
            "params": self.params,
        }

    def restore(self, state: State) -> None:
        """Take over the best so far."""
        self.best, self.best_epoch, self.waited = state["best"], state["best_epoch"], state["waited"]
        self.params[:] = state["params"]


class CSVLog(Callback):
    """Writes the history as CSV while it grows, a line an epoch, to be watched by other programs.

    A file that is there is replaced; where a training is resumed, it starts with the epochs before.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_start(self, trainer: Any) -> None:
        """Write the header and the epochs so far."""
        write_text(self.path, csv_lines(trainer.history, header=True))

    def on_epoch(self, record: Epoch) -> None:
        """Add a line."""
        _append(self.path, csv_lines([record]))


class JSONLinesLog(Callback):
    """Writes the history as a line of JSON an epoch, otherwise as CSVLog does."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_start(self, trainer: Any) -> None:
        """Write the epochs so far."""
        write_text(self.path, "".join(map(self._line, trainer.history)))

    def on_epoch(self, record: Epoch) -> None:
        """Add a line."""
        _append(self.path, self._line(record))

    def _line(self, record: Epoch) -> str:
        return json.dumps(json_record(record), allow_nan=False) + "\n"


class TensorBoard(Callback):
    """Writes TensorBoard's event files, with tensorboardX or tensorboard, whichever is installed.

    Parameters
    ----------
    folder : str or path
        Of this training, as `tensorboard --logdir` takes it or the folder above.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def on_start(self, trainer: Any) -> None:
        """Begin an event file; where a training is resumed, what others hold of later epochs is void.

        Raises
        ------
        InputError
            Neither library is installed.
        """
        self._writer = _event_writer(self.folder, len(trainer.history) + 1)

    def on_epoch(self, record: Epoch) -> None:
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

    def on_end(self) -> None:
        """Close the file."""
        self._writer.close()


class Checkpoint(Callback):
    """Writes the whole state of the training to a file, from which `fit(..., resume=path)` goes on with the same bits.

    At the start, after epochs, and at the end; whole or not at all, so that the process may be killed at any moment.

    Parameters
    ----------
    path : str or path
    seconds : float
        Time between two of them at least, made longer where writing takes more than 1 % of it; 0 for every epoch.
    about : dict, optional
        What else the file shall hold, under "about": values that JSON knows.

    Attributes
    ----------
    has_written : bool
        Whether the file is this one's, not an earlier training's.

    Notes
    -----
    A first file that can't be written raises OSError, before training. Later ones are not worth losing the training:
    a warning, and the next one is tried.
    """

    told_last = True

    def __init__(self, path: str | os.PathLike[str], seconds: float = 1.0, about: State | None = None) -> None:
        self.path, self.seconds, self.about = Path(path), not_negative("seconds", seconds), about or {}
        self.has_written = False

    def on_start(self, trainer: Any) -> None:
        """Write the first one."""
        self.trainer, self._warned = trainer, False
        self._write()

    def on_epoch(self, record: Epoch) -> None:
        """Write one, if the last one is old enough."""
        if time.perf_counter() - self._written >= (self.seconds and max(self.seconds, 100 * self._took)):
            self._try()

    def on_end(self) -> None:
        """Write the last one, of which nothing is left to train."""
        self._try()

    def _try(self) -> None:
        try:
            self._write()
        except OSError as error:
            if not self._warned:
                warnings.warn(f"The checkpoint {str(self.path)!r} can't be written: {error.strerror}.", stacklevel=4)
            self._warned, self._written = True, time.perf_counter()

    def _write(self) -> None:
        started = time.perf_counter()
        write_checkpoint(self.path, self.trainer.state() | {"about": self.about})
        self._written, self.has_written = time.perf_counter(), True
        self._took = self._written - started


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(text)


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
