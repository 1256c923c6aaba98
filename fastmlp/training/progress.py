"""Progress: a line of text that follows a training, on a terminal, in a notebook and in a file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastmlp.system.status_line import StatusLine
from fastmlp.system.terminal import compiling_announced, duration
from fastmlp.training.callbacks import Callback, RunningFit
from fastmlp.training.history import Epoch

ON_A_SCREEN, IN_A_FILE = 0.1, 2.0
"""Least seconds between two texts of the line."""
LONG_EPOCH = 1.0
"""Seconds after which the line says how much of an epoch is done."""


class Progress(Callback):
    """Shows the last epoch, its loss and accuracies, the speed and the time left, in a line written over itself.

    A file has a line for each epoch, or one every two seconds if epochs are shorter. The last epoch is always shown.

    Parameters
    ----------
    every_epoch : bool
        Whether each epoch leaves a line of its own, everywhere.
    """

    hears_late = True

    def __init__(self, *, every_epoch: bool = False) -> None:
        self.every_epoch = every_epoch
        self._begin(0)

    def _begin(self, last_epoch: int) -> None:
        self._line, self._last_epoch = StatusLine(), last_epoch
        self._next = 0.0  # time of the next text
        self._record: Epoch | None = None
        self._is_shown = True
        self._first_end: tuple[int, float] | None = None  # number of the first epoch of this fit that ended, and when
        self._epoch, self._first_slice = 0, (0, 0.0)  # samples in the running epoch's first slice, and when it ended

    def on_train_begin(self, fit: RunningFit) -> None:
        """Begin a new line."""
        self._begin(fit.last_epoch)

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        """Show how much of a long epoch is done."""
        now = time.monotonic()
        if epoch != self._epoch:
            self._epoch, self._first_slice = epoch, (done, now)
            return
        before, since = self._first_slice
        if now - since < LONG_EPOCH or now < self._next or not self._line.is_rewritten or done == before:
            return
        speed = (done - before) / (now - since)
        seconds = total / speed if self._first_end is None else self._seconds_per_epoch(now)
        left = seconds * (self._last_epoch - epoch + 1 - done / total)
        self._show(now, [self._place(epoch), f"{done / total:4.0%}", *self._metrics()], speed, left)

    def on_epoch_end(self, record: Epoch) -> None:
        """Show the epoch, unless the last text is too new."""
        now = time.monotonic()
        self._record, self._is_shown = record, False
        if self._first_end is None:
            self._first_end = record.epoch, now
        if self.every_epoch or now >= self._next:
            self._show_record(now)

    def on_train_end(self) -> None:
        """Finish the line."""
        self.close()

    def close(self) -> None:
        """Show the last epoch if it is not shown yet, and finish the line, whatever ended the training."""
        if not self._is_shown:
            self._show_record(time.monotonic())
        self._line.end()

    def _show_record(self, now: float) -> None:
        record, self._is_shown = self._record, True  # also if that fails, or `close` would fail again
        if record is not None:
            left = self._seconds_per_epoch(now) * (self._last_epoch - record.epoch)
            self._show(now, [self._place(record.epoch), *self._metrics()], record.samples_per_second, left)
            if self.every_epoch:
                self._line.end()

    def _show(self, now: float, columns: list[str], speed: float, left: float) -> None:
        """Show the columns, and if there is room for them the speed and the time left."""
        end = [f"{duration(left)} left"] if left > 0 else []
        text = "  ".join([*columns, f"{speed:9,.0f} samples/s", *end])
        self._line.show(text if self._line.fits(text) else "  ".join([*columns, *end]))
        self._next = now + (ON_A_SCREEN if self._line.is_rewritten else IN_A_FILE)

    def _place(self, epoch: int) -> str:
        return f"epoch {epoch:{len(str(self._last_epoch))}}/{self._last_epoch}"

    def _metrics(self) -> list[str]:
        """Return the metrics of the last epoch that ended, if there is one."""
        record = self._record
        if record is None:
            return []
        columns = [f"loss {record.loss:.4f}"]
        if record.accuracy is not None:
            columns.append(f"accuracy {record.accuracy:7.2%}")
        if record.validation_accuracy is not None:
            columns.append(f"validation {record.validation_accuracy:7.2%}")
        elif record.validation_loss is not None:
            columns.append(f"validation loss {record.validation_loss:.4f}")
        return columns

    def _seconds_per_epoch(self, now: float) -> float:
        """Return the mean time from one epoch's end to the next, or the time in training if one has ended so far."""
        if self._record is None or self._first_end is None:
            return 0.0
        epoch, end = self._first_end
        epochs = self._record.epoch - epoch
        return (now - end) / epochs if epochs else self._record.seconds


@contextmanager
def progress_line(wanted: bool) -> Iterator[list[Callback]]:
    """Yield a Progress in a list, whose line is finished whatever ends the block; an empty list if none is wanted."""
    if not wanted:
        yield []
        return
    progress = Progress()
    try:
        with compiling_announced():
            yield [progress]
    finally:
        progress.close()
