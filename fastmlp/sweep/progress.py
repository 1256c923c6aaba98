"""Progress of a sweep on standard error: a table on a terminal, elsewhere a line now and then."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from fastmlp.sweep.config import SweepConfig
from fastmlp.sweep.results import STATES, describe
from fastmlp.sweep.settings import value_text
from fastmlp.system.terminal import bar, duration, on_terminal, write_error
from fastmlp.training.callbacks import Callback
from fastmlp.training.history import Epoch

ON_A_TERMINAL, ELSEWHERE = 0.5, 10.0
"""Seconds between two updates."""
MOST_RUNNING = 8
"""Running trials that the table shows."""


class Progress:
    """The state of a sweep as its workers report it, and its display.

    Parameters
    ----------
    config : SweepConfig
    shown : bool
        Whether anything is displayed.
    """

    def __init__(self, config: SweepConfig, shown: bool) -> None:
        self.config, self.shown = config, shown
        self.running: dict[int, str] = {}
        self.best: tuple[float, str] | None = None
        self.trained = 0
        self._total = len(config.planned_trials)
        self._states: Counter[str] = Counter()
        self._ended, self._work_done, self._work_left = 0, 0.0, 0.0
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._on_terminal = on_terminal()
        self._lines = 0
        self._next = self._started + (0.0 if self._on_terminal else ELSEWHERE)

    def watch(self, trial: int, settings: dict[str, Any], seed: int) -> "Watch":
        """Return the callback that reports one training."""
        return Watch(self, trial, f"{describe(self.config, settings)}, seed {seed}", settings.get("epochs", 1))

    def finished(self, trial: int, results: Sequence[dict[str, Any]], settings: dict[str, Any]) -> None:
        """Record the results of a trial that this process ended."""
        with self._lock:
            self.running.pop(trial, None)
            self._ended += 1
            self.trained += len(results)
            self._work_done += self.config.work(settings) * len(results)
            for result in results:
                accuracy = result["validation_accuracy"]
                if self.best is None or accuracy > self.best[0]:
                    self.best = accuracy, f"{describe(self.config, settings)}, seed {result['seed']}"

    def update(self, states: Iterable[str], work_left: float) -> None:
        """Record the states of all trials in the store, and the work of those that are not finished."""
        self._states = Counter(states)
        self._work_left = work_left

    @property
    def mean_work(self) -> float:
        """The mean work of the trials that this process ended."""
        return self._work_done / max(1, self._ended)

    def show(self) -> None:
        """Draw the table or write a line, if it is time."""
        now = time.monotonic()
        if not self.shown or now < self._next:
            return
        self._next = now + (ON_A_TERMINAL if self._on_terminal else ELSEWHERE)
        lines = self._table(now - self._started)
        if self._on_terminal:
            self._erase()
            width = shutil.get_terminal_size().columns - 1
            write_error("".join(f"{line[:width]}\n" for line in lines))
            self._lines = len(lines)
        else:
            write_error(f"{'  '.join(lines[:2]).strip()}\n")

    def close(self) -> None:
        """Remove the table from the screen."""
        if self.shown and self._on_terminal:
            self._erase()

    def _erase(self) -> None:
        if self._lines:
            write_error(f"\x1b[{self._lines}A\x1b[J")
        self._lines = 0

    def _table(self, seconds: float) -> list[str]:
        with self._lock:
            states = self._states
            done = sum(states[state] for state in STATES)
            counts = "".join(f", {states[state]} {state}" for state in ("failed", "pruned") if states[state])
            speed = f"{self.trained / seconds:.2f} networks/s" if self.trained else "starting"
            left = self._work_left * seconds / self._work_done if self._work_done else 0.0
            head = f"{done} of {self._total} trials done, {states['running']} running{counts}"
            head += f"  {speed}" + (f"  {duration(left)} left" if left >= 1 else "")
            best = f"best so far {self.best[0]:.2%}: {self.best[1]}" if self.best else ""
            rows = [f"  #{trial} {what}" for trial, what in list(self.running.items())[:MOST_RUNNING]]
        return [head, best, f"{bar(done / self._total)} {done / self._total:.0%}", *rows]


class Watch(Callback):
    """Callback that reports the epochs of one training."""

    def __init__(self, progress: Progress, trial: int, title: str, epochs: int) -> None:
        self.progress, self.trial, self.title, self.epochs = progress, trial, title, epochs
        self._report("starting")

    def on_epoch_end(self, record: Epoch) -> None:
        """Report the epoch."""
        self._report(f"epoch {record.epoch} of {value_text(self.epochs)}, accuracy {record.accuracy:.2%}")

    def _report(self, what: str) -> None:
        self.progress.running[self.trial] = f"{self.title}: {what}"
