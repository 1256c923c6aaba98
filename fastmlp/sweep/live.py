"""What a sweep says while it runs, on standard error: a table on a terminal, elsewhere a line now and then."""

import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastmlp.callbacks import Callback
from fastmlp.history import Epoch
from fastmlp.sweep.plan import Sweep
from fastmlp.sweep.results import described
from fastmlp.sweep.settings import text
from fastmlp.terminal import bar, duration

ON_A_TERMINAL, ELSEWHERE = 0.5, 10.0
"""Seconds between two drawings."""
MOST_RUNNING = 8


class Live:
    """The state of a sweep, as its workers report it, and how it is shown.

    Parameters
    ----------
    sweep : Sweep
    total : int
        Trials of the plan.
    shown : bool
    """

    def __init__(self, sweep: Sweep, total: int, shown: bool) -> None:
        self.sweep, self.total, self.shown = sweep, total, shown
        self.running: dict[int, str] = {}
        self.states: Counter[str] = Counter()
        self.best: tuple[float, str] | None = None
        self.ended, self.trained, self.work_done = 0, 0, 0.0
        self.started = time.monotonic()
        self._lock = threading.Lock()
        self._on_terminal = sys.stderr.isatty()
        self._lines = 0
        self._next = self.started + (0.0 if self._on_terminal else ELSEWHERE)

    def watch(self, trial: int, settings: dict[str, Any], seed: int, stop: threading.Event) -> "Watch":
        """Return the callback of one training."""
        return Watch(self, trial, f"{described(self.sweep, settings)}, seed {seed}", settings.get("epochs", 1), stop)

    def finished(self, trial: int, results: Sequence[dict[str, Any]], settings: dict[str, Any]) -> None:
        """Take note of what a trial of this process has come to."""
        with self._lock:
            self.running.pop(trial, None)
            self.ended += 1
            self.trained += len(results)
            self.work_done += self.sweep.work(settings) * len(results)
            for result in results:
                accuracy = result["validation_accuracy"]
                if self.best is None or accuracy > self.best[0]:
                    self.best = accuracy, f"{described(self.sweep, settings)}, seed {result['seed']}"

    @property
    def mean_work(self) -> float:
        """That of the trials that have ended here."""
        return self.work_done / max(1, self.ended)

    def show(self, work_left: float, at_once: bool = False) -> None:
        """Draw the table, or print a line, if it is time."""
        now = time.monotonic()
        if not self.shown or (now < self._next and not at_once):
            return
        self._next = now + (ON_A_TERMINAL if self._on_terminal else ELSEWHERE)
        lines = self._table(work_left)
        if self._on_terminal:
            self._erase()
            width = shutil.get_terminal_size().columns - 1
            print("\n".join(line[:width] for line in lines), file=sys.stderr, flush=True)
            self._lines = len(lines)
        else:
            print("  ".join(lines[:2]).strip(), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the table off the screen."""
        if self.shown and self._on_terminal:
            self._erase()

    def _erase(self) -> None:
        if self._lines:
            print(f"\x1b[{self._lines}A\x1b[J", end="", file=sys.stderr, flush=True)
        self._lines = 0

    def _table(self, work_left: float) -> list[str]:
        seconds = time.monotonic() - self.started
        with self._lock:
            done = sum(self.states[state] for state in ("complete", "pruned", "failed"))
            counts = ", ".join(f"{self.states[state]} {state}" for state in ("failed", "pruned") if self.states[state])
            speed = f"{self.trained / seconds:.2f} networks/s" if self.trained else "starting"
            left = work_left * seconds / self.work_done if self.work_done else None
            head = f"{done} of {self.total} trials done, {self.states['running']} running" + (counts and f", {counts}")
            head += f"  {speed}" + (f"  {duration(left)} left" if left is not None and left >= 1 else "")
            best = f"best so far {self.best[0]:.2%}: {self.best[1]}" if self.best else ""
            rows = [f"  #{trial} {what}" for trial, what in list(self.running.items())[:MOST_RUNNING]]
        return [head, best, f"{bar(done / self.total)} {done / self.total:.0%}", *rows]


class Watch(Callback):
    """Tells the table of one training, and ends it when the sweep is ended."""

    def __init__(self, live: Live, trial: int, title: str, epochs: int, stop: threading.Event) -> None:
        self.live, self.trial, self.title, self.epochs, self.stop = live, trial, title, epochs, stop
        self._say("starting")

    def on_slice(self, epoch: int, done: int, total: int) -> None:
        """Raise what ends the training if the sweep is ended."""
        from fastmlp.sweep.training import Stopped

        if self.stop.is_set():
            raise Stopped

    def on_epoch(self, record: Epoch) -> None:
        """Take note of the epoch."""
        self._say(f"epoch {record.epoch} of {text(self.epochs)}, accuracy {record.accuracy:.2%}")

    def _say(self, what: str) -> None:
        self.live.running[self.trial] = f"{self.title}: {what}"
