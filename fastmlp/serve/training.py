"""Training: one network that a thread trains, while the page pauses it, steps it, and moves its rate."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from fastmlp.errors import InputError, one_line
from fastmlp.training.callbacks import Callback, RunningFit
from fastmlp.training.history import Epoch
from fastmlp.training.trainer import Trainer

IDLE, PREPARING, TRAINING, STEPPING, PAUSED = "idle", "preparing", "training", "stepping", "paused"
"""States of a run, as the page knows them."""
ENDLESS = 10**6
"""Epochs of one fit; the watcher ends it."""
SPEED_EPOCHS, SPEED_SECONDS = 100, 2.0
"""Epochs and seconds at most over which the speed is measured."""
MOST_RECORDS = 2000
"""Epochs that the curve keeps; more are thinned."""

Samples = Callable[[], tuple[Any, Any]]
Record = tuple[int, float, float | None, float | None, float | None, float]
"""Epoch, loss, training accuracy, test loss, test accuracy, seconds of training since the network was made."""


class Ended(Exception):  # noqa: N818 (no error: how a watcher ends a fit)
    """Raised in the training thread to end a fit at once."""


class Training:
    """The training of one network, in a thread of its own while it lasts.

    Parameters
    ----------
    trainer : Trainer
    samples : function
        Returns the training samples; called in the thread.
    test : (X, y)
        Evaluated after each epoch.
    on_progress : function
        Called in the thread, after each slice of an epoch and each change of the state; it must be quick.

    Attributes
    ----------
    run : {"idle", "preparing", "training", "stepping", "paused"}
    epoch : int
        Epochs that are complete.
    progress : float
        Share of the next one.
    rate : float
        The learning rate, heard at the next slice.
    epochs : int
        Epochs of one press of start, heard at the end of an epoch.
    error : str or None
        Why the training ended, if not by the user.
    ended_at : float
        When the last epoch was complete, by time.perf_counter.
    samples_per_second : float
        In the last epoch, in training alone.
    """

    def __init__(
        self, trainer: Trainer, samples: Samples, test: tuple[Any, Any], on_progress: Callable[[], None]
    ) -> None:
        self.trainer, self._samples, self._test, self._on_progress = trainer, samples, test, on_progress
        self.run, self.epoch, self.progress = IDLE, 0, 0.0
        self.error: str | None = None
        self.rate, self.epochs = trainer.options.learning_rate, 1
        self.ended_at = self.samples_per_second = 0.0
        self._ends: deque[tuple[float, int]] = deque(maxlen=SPEED_EPOCHS)
        self._first, self._seconds, self._wanted = 0, 0.0, TRAINING
        self._records: list[Record] = []
        self._lock = threading.Lock()  # of the records
        self._go = threading.Condition()  # of `run` and `_is_over`
        self._is_over = False
        self._thread: threading.Thread | None = None
        self._data: tuple[Any, Any] | None = None

    # ---- for the event loop ------------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """True while epochs are trained, or will be after a preparation."""
        return self.run in (PREPARING, TRAINING, STEPPING)

    def train(self, *, one_epoch: bool = False) -> None:
        """Start, or go on, until paused or for `epochs` more; with `one_epoch` until the next one is complete."""
        with self._go:
            if self._is_over:
                return
            self.error, wanted = None, STEPPING if one_epoch else TRAINING
            self._first = self.epoch
            if self.run in (IDLE, PREPARING):
                self._wanted = wanted
            if self.run == IDLE:
                self.run = PREPARING
                self._ends.clear()
                self._thread = threading.Thread(target=self._train, name="training", daemon=True)
                self._thread.start()
            elif self.run != PREPARING:
                self.run = wanted
            self._go.notify_all()

    def pause(self) -> None:
        """Pause at the next slice of an epoch."""
        with self._go:
            if self.run in (TRAINING, STEPPING):
                self.run = PAUSED
            elif self.run == PREPARING:
                self._wanted = PAUSED

    def end(self) -> None:
        """End for good: the thread stops at the next slice, or when it has compiled its kernels."""
        with self._go:
            self._is_over = True
            self._go.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait for the thread of an ended training; return whether it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def records_since(self, epoch: int) -> list[Record]:
        """Return the records of the epochs after `epoch`."""
        with self._lock:
            start = len(self._records)
            while start and self._records[start - 1][0] > epoch:
                start -= 1
            return self._records[start:]

    @property
    def speed(self) -> float:
        """Epochs per second, by the clock on the wall, over the last ones of the last two seconds."""
        ends = list(self._ends)
        recent = [end for end in ends if end[0] > ends[-1][0] - SPEED_SECONDS] if ends else []
        (first, epoch), (last, newest) = (recent or [(0.0, 0)])[0], (recent or [(0.0, 0)])[-1]
        return (newest - epoch) / (last - first) if last > first else 0.0

    @property
    def last(self) -> Record | None:
        """The record of the newest epoch."""
        with self._lock:
            return self._records[-1] if self._records else None

    # ---- in the training thread --------------------------------------------------------------------------------------

    def _train(self) -> None:
        """Train until the target is reached, or an error or the user ends it."""
        try:
            if self._data is None:
                self._data = self._samples()
            self.trainer.fit(*self._data, ENDLESS, validation=self._test, callbacks=[_Watcher(self)])
        except Ended:
            pass
        except (InputError, MemoryError) as error:
            self.error = one_line(str(error) or "There is not enough memory for this network: choose smaller layers.")
        except Exception as error:  # a mistake of ours must not leave the page waiting
            self.error = one_line(f"The training ended with an unexpected {type(error).__name__}: {error}.")
        with self._go:
            self.run, self.progress = IDLE, 0.0
        self._on_progress()

    def slice_ended(self, fit: RunningFit, progress: float) -> None:
        """Note the progress, pass on the rate, and wait while paused; raise Ended if it is over."""
        self.progress = progress
        if fit.learning_rate != self.rate:
            fit.learning_rate = self.rate
        self._heed(is_news=progress < 1)  # the end of the epoch follows, and its frame must not wait for this one's

    def epoch_ended(self, record: Epoch) -> bool:
        """Note an epoch; return whether it was the last one; wait if it was a step."""
        self._seconds += record.seconds
        with self._lock:
            tested = record.validation_loss, record.validation_accuracy
            self._records.append((record.epoch, record.loss, record.accuracy, *tested, self._seconds))
            if len(self._records) > MOST_RECORDS:
                self._records = self._records[: MOST_RECORDS // 2 : 2] + self._records[MOST_RECORDS // 2 :]
        self.ended_at, self.samples_per_second = time.perf_counter(), record.samples_per_second
        self._ends.append((self.ended_at, record.epoch))
        self.epoch, self.progress = record.epoch, 0.0
        if self.run != STEPPING and record.epoch >= self._first + self.epochs:
            return True
        if self.run == STEPPING:
            self.pause()
        self._heed(is_news=True)
        return False

    def _heed(self, *, is_news: bool) -> None:
        """Do as the user wishes: go on, wait, or end; before that, tell of the progress if it is news."""
        with self._go:
            if self.run == PREPARING:
                self.run, is_news = self._wanted, True
        if is_news:
            self._on_progress()
        with self._go:
            while self.run == PAUSED and not self._is_over:
                self._ends.clear()  # a pause is no part of the speed
                self._go.wait()
            if self._is_over:
                raise Ended


class _Watcher(Callback):
    """Passes what happens in a fit to its Training."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def on_train_begin(self, fit: RunningFit) -> None:
        self._fit = fit
        fit.learning_rate = self._training.rate  # it may have been moved between two fits

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        self._training.slice_ended(self._fit, done / total)

    def on_epoch_end(self, record: Epoch) -> bool:
        return self._training.epoch_ended(record)
