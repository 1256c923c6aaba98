"""Distribution of the planned trials among processes and machines: each is trained once, even if processes die.

The store gives two things that only one process can do: set a waiting trial to running, and finish a trial. Three rules
rest on these.

1. The planned trials are in the store as waiting ones from the start. The process that sets one to running owns it.
2. A running trial whose process is dead is finished as failed and marked `lost`, and the same entry of the plan is put
   into the store again. If its process was only asleep, it can't finish the trial any more and drops its results.
3. An entry can be put there twice that way, by two processes that both miss it. Then the trial with the lowest number
   counts: a process that takes another one looks, and drops it.

A process is dead if the lock that it holds in this machine's folder for temporary files is free; that is known at
once. A process on another machine has a heartbeat in the store: it is dead if the heartbeat stands still for `PATIENCE`
seconds.
"""

import contextlib
import re
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

from fastmlp.sweep.config import PlannedTrial, SweepConfig
from fastmlp.sweep.space import distribution, to_optuna

HEARTBEAT, PATIENCE = 10.0, 60.0
"""Seconds between two heartbeats, and seconds without one until a process on another machine counts as dead."""
ID = re.compile("[0-9a-f]{32}")
"""Names of processes. Other names in a store are not made into names of files."""
WORKER, GONE = "worker ", -1
"""Prefix of the names of heartbeats in the store, and the last heartbeat of a process that ends."""


def is_lost(trial: FrozenTrial) -> bool:
    """Return whether a trial does not count: its process died, or another trial has the same entry."""
    return trial.state is TrialState.FAIL and "lost" in trial.user_attrs


def lock_file(worker: str) -> Path:
    """Return the file that a process locks as long as it lives."""
    return Path(tempfile.gettempdir()) / f"fastmlp-sweep-{worker}.lock"


class Presence:
    """The sign of life of this process in a study, and its view of the other processes.

    Parameters
    ----------
    study : Study

    Attributes
    ----------
    id : str
        Name of this process in the study.
    lock : FileLock
        Held until `close`. The system releases it if the process dies.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.id = uuid.uuid4().hex
        self.lock = FileLock(lock_file(self.id))
        self.lock.acquire()
        self._beats = 0
        self._last_beat = 0.0
        self._seen: dict[str, tuple[int, float]] = {}
        self._dead: set[str] = set()
        study.set_user_attr(WORKER + self.id, 0)

    def beat(self) -> bool:
        """Write a heartbeat if one is due; return whether it was."""
        now = time.monotonic()
        if self._beats and now - self._last_beat < HEARTBEAT:
            return False
        self._beats, self._last_beat = self._beats + 1, now
        self.study.set_user_attr(WORKER + self.id, self._beats)
        return True

    def close(self) -> None:
        """Write that this process leaves, and release its lock."""
        self.study.set_user_attr(WORKER + self.id, GONE)
        self.lock.release()
        lock_file(self.id).unlink(missing_ok=True)

    def living(self) -> set[str]:
        """Return the processes of the study that are alive, this one included."""
        beats = {name.removeprefix(WORKER): n for name, n in self.study.user_attrs.items() if name.startswith(WORKER)}
        return {worker for worker, n in beats.items() if worker == self.id or self._is_alive(worker, n)}

    def is_alone(self) -> bool:
        """Return whether no other process of the study is alive."""
        return self.living() == {self.id}

    def _is_alive(self, worker: str, beats: int) -> bool:
        if beats == GONE or worker in self._dead or not ID.fullmatch(worker):
            return False
        lock = lock_file(worker)
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


class Claims:
    """The trials of a study that this process trains.

    Parameters
    ----------
    config : SweepConfig
    study : Study
    storage : BaseStorage
        The store that holds the study.
    """

    def __init__(self, config: SweepConfig, study: Study, storage: BaseStorage) -> None:
        self.config, self.study, self.storage = config, study, storage
        self.presence = Presence(study)
        self._study_id = storage.get_study_id_from_name(study.study_name)
        self._mine: set[int] = set()  # numbers of trials
        self._taking = threading.Lock()
        self._waiting: deque[FrozenTrial] = deque()

    def close(self) -> None:
        """Leave the study. The other processes train what this one has not finished."""
        self.presence.close()

    def id_of(self, trial: FrozenTrial) -> int:
        """Return the number under which the store's methods know a trial."""
        return self.storage.get_trial_id_from_study_id_trial_number(self._study_id, trial.number)

    def trials(self, states: Iterable[TrialState] | None = None) -> list[FrozenTrial]:
        """Return the trials that count, not to be changed.

        The study keeps finished trials once it has read them, but reads all others each time: from a database, a
        thousand waiting ones in a second. If only unfinished ones are asked for, the store itself is read.
        """
        states = tuple(states) if states else None
        if states and not any(state.is_finished() for state in states):
            found = self.storage.get_all_trials(self._study_id, deepcopy=False, states=states)
        else:
            found = self.study.get_trials(deepcopy=False, states=states)
        return [trial for trial in found if not is_lost(trial)]

    def beat(self) -> None:
        """Every few seconds: write a heartbeat, and put back the trials of dead processes."""
        if self.presence.beat() and (self._take_from_the_dead() or self._planner_is_dead()):
            self.fill()

    def fill(self) -> None:
        """Put the entries of the plan into the store that are not there, or whose trials are lost."""
        present = {trial.user_attrs["entry"] for trial in self.trials() if "entry" in trial.user_attrs}
        for number, planned in enumerate(self.config.planned_trials):
            if number not in present:
                self.study.add_trial(self._waiting_trial(number, planned))
        self.study.set_user_attr("planned", True)

    def take(self) -> FrozenTrial | None:
        """Return the first waiting trial, which this process then owns; None if there is none at present."""
        with self._taking:
            while trial := self._next_waiting():
                if not self._own(trial):
                    continue
                if not self._is_a_twin(trial):
                    return trial
                self.lose(trial, "the same trial was in the store twice")
        return None

    def anything_waits(self) -> bool:
        """Return whether there are trials to take, as far as this process knows."""
        return bool(self._waiting or self.trials([TrialState.WAITING]))

    def finish(self, trial: FrozenTrial, state: TrialState, values: list[float] | None, **about: Any) -> bool:
        """Write the end of a trial.

        Parameters
        ----------
        trial : FrozenTrial
        state : TrialState
        values : list of float or None
            A value for each objective.
        **about
            Further attributes of the trial in the store, as values of JSON.

        Returns
        -------
        bool
            False if the trial was taken away from this process.
        """
        try:
            trial_id = self.id_of(trial)
            for name, value in about.items():
                self.storage.set_trial_user_attr(trial_id, name, value)
            self.storage.set_trial_state_values(trial_id, state, values)
        except UpdateFinishedTrialError:
            return False
        finally:
            self._mine.discard(trial.number)
        return True

    def lose(self, trial: FrozenTrial, reason: str) -> bool:
        """Finish a trial that does not count; return whether this process was the one that did."""
        return self.finish(trial, TrialState.FAIL, None, lost=True, reason=reason)

    def give_back(self) -> None:
        """Put the trials that this process owns and will not finish into the store again."""
        left = [trial for trial in self.trials([TrialState.RUNNING]) if trial.number in self._mine]
        for trial in left:
            self.lose(trial, "it was interrupted")
        if left:
            self.fill()

    def _waiting_trial(self, number: int, planned: PlannedTrial) -> FrozenTrial:
        """Return the trial of an entry of the plan, for the store."""
        searched: dict[str, Any] = dict(self.config.searched)
        if len(self.config.network_seeds) > 1:
            searched["seed"] = self.config.network_seeds
        known = {} if planned.settings is None else {**planned.settings, "seed": planned.seeds[0]}
        params = to_optuna({name: value for name, value in known.items() if name in searched})
        distributions = {name: distribution(searched[name]) for name in params}
        about = {"entry": number}
        return create_trial(state=TrialState.WAITING, params=params, distributions=distributions, user_attrs=about)

    def _next_waiting(self) -> FrozenTrial | None:
        """Return the next of the trials that waited when the store was read; read it again after the last of them."""
        if not self._waiting:
            waiting = self.trials([TrialState.WAITING])
            self._waiting.extend(sorted(waiting, key=lambda trial: trial.user_attrs["entry"]))  # also those begun again
        return self._waiting.popleft() if self._waiting else None

    def _own(self, trial: FrozenTrial) -> bool:
        """Set a waiting trial to running; return whether no other process was faster."""
        try:
            trial_id = self.id_of(trial)
            if not self.storage.set_trial_state_values(trial_id, TrialState.RUNNING):
                return False
            self._mine.add(trial.number)
            self.storage.set_trial_user_attr(trial_id, "worker", self.presence.id)
        except UpdateFinishedTrialError:
            return False
        return True

    def _is_a_twin(self, trial: FrozenTrial) -> bool:
        """Return whether a trial with a lower number has the same entry; in an undisturbed study none has."""
        entry = trial.user_attrs["entry"]
        if trial.number == entry:
            return False
        return any(each.user_attrs.get("entry") == entry and each.number < trial.number for each in self.trials())

    def _take_from_the_dead(self) -> bool:
        """Mark the running trials of dead processes as lost; return whether there were any."""
        with self._taking:  # a trial that is being taken here has no worker for a moment
            running = [trial for trial in self.trials([TrialState.RUNNING]) if trial.number not in self._mine]
        workers = self.presence.living() if running else set()  # read later: whoever took one of them is there by now
        lost = False
        for trial in running:
            worker = trial.user_attrs.get("worker")
            if worker not in workers and (worker is not None or workers == {self.presence.id}):
                lost |= self.lose(trial, "its process died")
        return lost

    def _planner_is_dead(self) -> bool:
        """Return whether the process that was putting the plan into the store died before it was done."""
        return not self.study.user_attrs.get("planned") and self.presence.is_alone()
