"""Who trains what: each trial of the plan once, whoever dies, whichever processes and machines share the store.

The store gives two things that only one process can do: set a waiting trial to running, and finish a trial. On these
rest three rules.

1. The trials of the plan lie in the store as waiting ones from the start. Who sets one to running has it.
2. A running trial whose process is dead is finished as failed and marked `lost`, and the same entry of the plan is put
   into the store again. If its process was only asleep, it can't finish the trial any more and drops what it has.
3. An entry can come in twice that way, by two processes that both miss it. Then the trial with the lowest number
   counts: who takes another one looks, and drops it.

A process is dead if the lock that it holds in this machine's folder for temporary files is free; that is known at
once. Of one on another machine the store has the heartbeat: it is dead if that stands still for `PATIENCE` seconds.
"""

import contextlib
import tempfile
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from fastmlp.sweep.plan import Sweep
from fastmlp.sweep.space import distribution, to_optuna

HEARTBEAT, PATIENCE = 10.0, 60.0
"""Seconds between signs of life in the store, and without one until a process counts as dead."""
WORKER, GONE = "worker ", -1
"""What the heartbeats' names begin with, and the last one of a process that ends."""


def is_lost(trial: FrozenTrial) -> bool:
    """Return whether the trial does not count: its process died, or it is another one's twin."""
    return trial.state is TrialState.FAIL and "lost" in trial.user_attrs


class Claims:
    """The share of this process in a study.

    Parameters
    ----------
    sweep : Sweep
    study : Study
    storage : BaseStorage
        That the study is in.
    """

    def __init__(self, sweep: Sweep, study: Study, storage: BaseStorage) -> None:
        self.sweep, self.study, self.storage = sweep, study, storage
        self.id = uuid.uuid4().hex
        self._alive = FileLock(_lock_file(self.id))
        self._alive.acquire()
        self._beats = 0
        self._last_beat = 0.0
        self._mine: set[int] = set()
        self._seen: dict[str, tuple[int, float]] = {}
        self._dead: set[str] = set()
        self._taking = threading.Lock()
        self._waiting: deque[FrozenTrial] = deque()
        study.set_user_attr(WORKER + self.id, 0)

    def close(self) -> None:
        """Say that this process leaves; what it has not finished is left to the others."""
        self.study.set_user_attr(WORKER + self.id, GONE)
        self._alive.release()
        Path(_lock_file(self.id)).unlink(missing_ok=True)

    def trials(self, states: Iterable[TrialState] | None = None) -> list[FrozenTrial]:
        """Return the trials that count, not to be changed.

        Those that are finished the study keeps, once read. But it reads all others each time, a thousand that wait in a
        database in a second; so if only some of these are asked for, the store itself is.
        """
        states = tuple(states) if states else None
        if states and not any(state.is_finished() for state in states):
            found = self.storage.get_all_trials(self.study._study_id, deepcopy=False, states=states)
        else:
            found = self.study.get_trials(deepcopy=False, states=states)
        return [trial for trial in found if not is_lost(trial)]

    def beat(self) -> None:
        """Show the other processes that this one is alive, and take up what dead ones have left, now and then."""
        now = time.monotonic()
        if self._beats and now - self._last_beat < HEARTBEAT:
            return
        self._beats, self._last_beat = self._beats + 1, now
        self.study.set_user_attr(WORKER + self.id, self._beats)
        if self._take_from_the_dead() or self._planner_is_dead():
            self.fill()

    def fill(self) -> None:
        """Put those entries of the plan into the store that are not there, or whose trials are lost."""
        there = {trial.user_attrs["entry"] for trial in self.trials() if "entry" in trial.user_attrs}
        distributions = {name: distribution(values) for name, values in self.sweep.searched.items()}
        if len(self.sweep.seeds) > 1:
            distributions["seed"] = distribution(self.sweep.seeds)
        for number, entry in enumerate(self.sweep.plan):
            if number in there:
                continue
            known = {} if entry.settings is None else {**entry.settings, "seed": entry.seeds[0]}
            params = to_optuna({name: value for name, value in known.items() if name in distributions})
            used = {name: distributions[name] for name in params}
            waiting = create_trial(
                state=TrialState.WAITING, params=params, distributions=used, user_attrs={"entry": number}
            )
            self.study.add_trial(waiting)
        self.study.set_user_attr("planned", True)

    def take(self) -> FrozenTrial | None:
        """Return the first trial of the plan for this process to train; None if there is none at present."""
        with self._taking:
            while trial := self._next_waiting():
                try:
                    if not self.storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING):
                        continue
                    self._mine.add(trial._trial_id)
                    self.storage.set_trial_user_attr(trial._trial_id, "worker", self.id)
                except UpdateFinishedTrialError:
                    continue
                if self._is_a_twin(trial):
                    self._lose(trial, "the same trial was in the store twice")
                    continue
                return trial
        return None

    def anything_waits(self) -> bool:
        """Return whether there are trials to take, as far as this process knows."""
        return bool(self._waiting or self.trials([TrialState.WAITING]))

    def _next_waiting(self) -> FrozenTrial | None:
        """Return the next trial that was waiting when the store was read; it is read again after the last of them."""
        if not self._waiting:
            waiting = self.trials([TrialState.WAITING])
            self._waiting.extend(sorted(waiting, key=lambda trial: trial.user_attrs["entry"]))  # also those begun again
        return self._waiting.popleft() if self._waiting else None

    def finish(self, trial: FrozenTrial, state: TrialState, values: list[float] | None, **about: Any) -> bool:
        """Write a trial's end and what there is to say about it; False if it was taken away from this process."""
        try:
            for name, value in about.items():
                self.storage.set_trial_user_attr(trial._trial_id, name, value)
            self.storage.set_trial_state_values(trial._trial_id, state, values)
        except UpdateFinishedTrialError:
            return False
        finally:
            self._mine.discard(trial._trial_id)
        return True

    def give_back(self) -> None:
        """Put the trials that this process has begun and will not finish into the store again."""
        left = [trial for trial in self.trials([TrialState.RUNNING]) if trial._trial_id in self._mine]
        for trial in left:
            self._lose(trial, "it was interrupted")
        if left:
            self.fill()

    def _is_a_twin(self, trial: FrozenTrial) -> bool:
        """Return whether a trial with a lower number has the same entry; in an undisturbed study none has."""
        entry = trial.user_attrs["entry"]
        if trial.number == entry:
            return False
        return any(each.user_attrs.get("entry") == entry and each.number < trial.number for each in self.trials())

    def _lose(self, trial: FrozenTrial, reason: str) -> bool:
        return self.finish(trial, TrialState.FAIL, None, lost=True, reason=reason)

    def _take_from_the_dead(self) -> bool:
        """Mark the running trials of dead processes as lost; return whether there were any."""
        with self._taking:  # a trial that is being taken here has no worker for a moment
            running = [trial for trial in self.trials([TrialState.RUNNING]) if trial._trial_id not in self._mine]
        workers = self._living_workers() if running else set()  # read later: who has taken one of them is there by now
        lost = False
        for trial in running:
            worker = trial.user_attrs.get("worker")
            if worker not in workers and (worker is not None or workers == {self.id}):
                lost |= self._lose(trial, "its process died")
        return lost

    def _planner_is_dead(self) -> bool:
        return not self.study.user_attrs.get("planned") and self._living_workers() == {self.id}

    def _living_workers(self) -> set[str]:
        beats = {name.removeprefix(WORKER): n for name, n in self.study.user_attrs.items() if name.startswith(WORKER)}
        return {worker for worker, n in beats.items() if worker == self.id or self._is_alive(worker, n)}

    def _is_alive(self, worker: str, beats: int) -> bool:
        if beats == GONE or worker in self._dead:
            return False
        lock = Path(_lock_file(worker))
        if lock.exists():
            with contextlib.suppress(Timeout, OSError):
                with FileLock(lock, timeout=0):
                    self._dead.add(worker)  # its lock is free: the system has taken it from a dead process
                return False
            return True
        last, since = self._seen.get(worker, (None, 0.0))
        if last != beats:
            last, since = beats, time.monotonic()
            self._seen[worker] = last, since
        return time.monotonic() - since < PATIENCE


def _lock_file(worker: str) -> str:
    return str(Path(tempfile.gettempdir()) / f"fastmlp-sweep-{worker}.lock")
