"""Worker: takes the trials of a sweep one after the other, trains their networks, and writes how they ended."""

import threading
from dataclasses import dataclass, field
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from fastmlp.errors import InputError, reason
from fastmlp.sweep.claims import Claims
from fastmlp.sweep.config import PlannedTrial, SweepConfig
from fastmlp.sweep.progress import Progress
from fastmlp.sweep.results import finished_trials
from fastmlp.sweep.samples import SweepSamples
from fastmlp.sweep.search import choose_settings, find_same, successive_halving
from fastmlp.sweep.trial import Stopped, StopWhenSet, TrainedNetwork, train_network, values_of

LOOK = 0.1
"""Seconds until a worker without a trial looks for one again; ten times as long if this process trains nothing."""


@dataclass
class TrialOutcome:
    """The networks of one trial: results of those that were trained, reasons of those that failed."""

    results: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    pruned: bool = False

    @property
    def state(self) -> TrialState:
        """The state of the trial in the store."""
        if not self.results:
            return TrialState.FAIL
        return TrialState.PRUNED if self.pruned else TrialState.COMPLETE


@dataclass(frozen=True)
class Worker:
    """The work of one thread of a sweep. All threads of a process share one Worker.

    Attributes
    ----------
    config : SweepConfig
    samples : SweepSamples
    claims : Claims
    progress : Progress
    jobs : int
        Number of threads that work at the same time.
    threads : int or None
        Threads that train one network; None for one, and more for the last network.
    stop : Event
        Ends the work soon after it is set.
    """

    config: SweepConfig
    samples: SweepSamples
    claims: Claims
    progress: Progress
    jobs: int
    threads: int | None
    stop: threading.Event

    def work(self) -> None:
        """Train until every entry of the plan is finished, here or in another process."""
        try:
            while not self.stop.is_set():
                trial = self.claims.take()
                if trial is not None:
                    self.run_trial(trial)
                elif len(finished_trials(self.claims.trials())) == len(self.config.planned_trials):
                    return
                else:  # the other processes may die and leave their trials
                    self.stop.wait(LOOK if self.progress.running else 10 * LOOK)
        except BaseException:
            self.stop.set()
            raise

    def run_trial(self, trial: FrozenTrial) -> None:
        """Train the networks of one trial, and write how it ended."""
        planned = self.config.planned_trials[trial.user_attrs["entry"]]
        chosen = planned.settings
        try:
            if chosen is None:
                chosen = choose_settings(self.config, self.claims, trial)
        except UpdateFinishedTrialError:  # it was taken away from this process
            return
        settings = self.config.fixed | chosen
        same = find_same(self.config, self.claims, planned, settings)
        if same is not None:
            about = {name: same.user_attrs[name] for name in ("results", "failures")}
            self.claims.finish(trial, TrialState.COMPLETE, same.values, **about)
            self.progress.finished(trial.number, [], settings)
            return
        try:
            outcome = self._train(trial, planned, settings)
        except Stopped:
            self.progress.finished(trial.number, [], settings)
            return
        results, failures = outcome.results, outcome.failures
        values = values_of(results, len(failures), self.config.objectives) if results else None
        self.claims.finish(trial, outcome.state, values, results=results, failures=failures)
        self.progress.finished(trial.number, results, settings)

    def _train(self, trial: FrozenTrial, planned: PlannedTrial, settings: dict[str, Any]) -> TrialOutcome:
        """Train a network for each seed of a trial; pruning is decided with the first one."""
        outcome = TrialOutcome()
        for seed in planned.seeds:
            may_prune = self.config.prune and seed == planned.seeds[0]
            try:
                trained = self._train_network(trial, settings, seed, may_prune)
            except Stopped:
                raise
            except InputError as error:  # these settings don't fit these data, or the loss became NaN
                outcome.failures.append({"seed": seed, "reason": str(error)})
                continue
            except Exception as error:
                outcome.failures.append({"seed": seed, "reason": f"{type(error).__name__}: {reason(error)}"})
                continue
            outcome.results.append(trained.result)
            if trained.pruned:
                outcome.pruned = True
                break
        return outcome

    def _train_network(
        self, trial: FrozenTrial, settings: dict[str, Any], seed: int, may_prune: bool
    ) -> TrainedNetwork:
        callbacks = (self.progress.watch(trial.number, settings, seed), StopWhenSet(self.stop))
        hopeless = successive_halving(self.claims, trial) if may_prune else None
        return train_network(settings, seed, self._threads(), self.samples, callbacks, hopeless)

    def _threads(self) -> int | None:
        """Return the threads for the next network: as many as pay once there is only one network left."""
        if self.threads is not None or len(self.progress.running) > 1:
            return self.threads or 1
        alone = self.jobs == 1 or not self.claims.anything_waits()
        return None if alone else 1
