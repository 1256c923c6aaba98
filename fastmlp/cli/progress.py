"""The progress of a training, in the terminal."""

from typing import Any

from fastmlp.system.terminal import duration, notice, on_terminal
from fastmlp.training.callbacks import Callback, RunningFit
from fastmlp.training.history import Epoch


class Progress(Callback):
    """Prints a line for each epoch, and on a terminal a bar within epochs that take longer than a second.

    Parameters
    ----------
    epochs : int
        Planned number of epochs.
    title : str
        Printed once the training begins, after all checks of its input.

    Attributes
    ----------
    started : bool
        Whether the training has begun.
    """

    def __init__(self, epochs: int, title: str = "") -> None:
        self.epochs = epochs
        self.title = title
        self.started = False
        self._bar: Any = None

    def on_train_begin(self, fit: RunningFit) -> None:
        """Print the title, and the epoch after which a resumed training goes on."""
        self.started = True
        if self.title:
            notice(self.title)
        if fit.history:
            notice(f"Going on after epoch {len(fit.history)} of {self.epochs}.")

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        """Move the bar."""
        from tqdm import tqdm

        if self._bar is None:
            hidden = not on_terminal()
            self._bar = tqdm(
                total=total,
                desc=f"epoch {epoch}",
                unit=" samples",
                unit_scale=True,
                leave=False,
                delay=1,
                disable=hidden,
            )
        self._bar.update(done - self._bar.n)

    def on_epoch_end(self, record: Epoch) -> None:
        """Print the line of the epoch that has ended."""
        self.close()
        place = f"epoch {record.epoch:{len(str(self.epochs))}}/{self.epochs}"
        columns = [place, f"loss {record.loss:.4f}"]
        if record.accuracy is not None:
            columns.append(f"accuracy {record.accuracy:7.2%}")
        if record.validation_accuracy is not None:
            columns.append(f"validation {record.validation_accuracy:7.2%}")
        elif record.validation_loss is not None:
            columns.append(f"validation loss {record.validation_loss:.4f}")
        columns.append(f"{record.samples_per_second:9,.0f} samples/s")
        if left := record.seconds * (self.epochs - record.epoch):
            columns.append(f"{duration(left)} left")
        notice("  ".join(columns))

    def close(self) -> None:
        """Remove the bar from the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
