"""run_sweep: opens the store, lets threads train until nothing is left, and writes the results.

The threads share the data; the kernels run without Python's lock. The main thread shows the table, gives the sign of
life, and hears Ctrl-C.
"""

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState, create_trial

from fastmlp.data import Dataset
from fastmlp.errors import InputError
from fastmlp.history import Epoch
from fastmlp.inputs import positive_int
from fastmlp.machine import cores, memory
from fastmlp.run import named_or_default_dataset, writable_folder
from fastmlp.sweep.claims import Claims
from fastmlp.sweep.live import Live
from fastmlp.sweep.material import Material
from fastmlp.sweep.plan import OBJECTIVES, Sweep, Trial
from fastmlp.sweep.results import Result, counting, rows_of, settings_of, summaries, to_csv
from fastmlp.sweep.settings import hidden_layers
from fastmlp.sweep.space import suggest
from fastmlp.sweep.store import open_study, quiet, store_at
from fastmlp.sweep.training import PrunedError, Stopped, train_one, values_of

if TYPE_CHECKING:
    from fastmlp.network import Network

BYTES_A_PARAMETER = 40
"""In training: itself, its gradient, two of the optimizer's state, their copies for when the loss is NaN, and room."""
LOOK, LOOK_FAR, SHARE_OF_LOOKING = 0.1, 2.0, 0.05
"""Seconds between two looks at the threads, and at what other processes have done; but no more than that share of the
time, where the store takes long to tell."""
REDUCTION = 3
"""Of successive halving: after 1, 3, 9, ... epochs the best third goes on."""


def run_sweep(
    sweep: Sweep,
    out: str | Path,
    *,
    storage: str | Path | None = None,
    jobs: int | None = None,
    threads: int | None = None,
    data: Dataset | None = None,
    report: bool = True,
    show: bool = True,
) -> Result:
    """Do what is left of a sweep, together with every other process that does the same, and write the results.

    Parameters
    ----------
    sweep : Sweep
    out : path
        The folder of the results, created if need be: results.csv, best.safetensors, report.html and its pictures.
    storage : str or path, optional
        Where finished trials are kept: a database's URL as Optuna takes it, or the path of a journal file; by default
        journal.log in `out`.
    jobs : int, optional
        Networks that are trained at the same time; by default one a core.
    threads : int, optional
        Threads that train one network; by default one, and more once there are fewer networks left than cores.
    data : Dataset, optional
        In place of the one that the sweep names.
    report : bool
        Whether to write best.safetensors, report.html and the pictures, beside results.csv.
    show : bool
        Whether to show the table on standard error.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        A folder that can't be written, a store that can't be opened or holds another sweep, data that don't fit.
    KeyboardInterrupt
        Ctrl-C: finished trials stay in the store, and results.csv has them.
    """
    started = time.perf_counter()
    folder = writable_folder(Path(out))
    jobs = positive_int("jobs", jobs) if jobs is not None else None
    threads = positive_int("threads", threads) if threads is not None else None
    material = Material(data or named_or_default_dataset(sweep.data), sweep.held_out, sweep.seed)
    with quiet(), store_at(storage or folder / "journal.log") as store:
        content = sweep.to_json() | {"data": material.print}
        directions = [OBJECTIVES[each] for each in sweep.objectives]
        study, created = open_study(store, sweep.name, directions, content)
        crew = _Crew(sweep, material, Claims(sweep, study, store), jobs or cores(), threads, show)
        try:
            if created:
                crew.claims.fill()
            crew.work()
        finally:
            rows = rows_of(sweep, crew.claims.trials())
            to_csv(rows, folder / "results.csv")
            crew.claims.close()
        settings = summaries(sweep, rows)
        best = settings[0] if settings and settings[0]["complete"] else None
        if report:
            from fastmlp.sweep.report import write_report

            if best:
                crew.train_again(best).save(folder / "best.safetensors")
            if rows:
                write_report(sweep, study, rows, settings, material.name, folder)
    return Result(rows, settings, best, folder, time.perf_counter() - started, crew.live.trained)


class _Crew:
    """The threads of one process, and what they share."""

    def __init__(
        self, sweep: Sweep, material: Material, claims: Claims, jobs: int, threads: int | None, show: bool
    ) -> None:
        self.sweep, self.material, self.claims, self.threads = sweep, material, claims, threads
        self.jobs = _jobs_that_fit(sweep, material, min(jobs, len(sweep.plan)))
        self.live = Live(sweep, len(sweep.plan), show)
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self.work_left = 0.0

    def work(self) -> None:
        """Train until every entry of the plan is finished, here or elsewhere."""
        team = [
            threading.Thread(target=self._train, name=f"fastmlp-job-{job}", daemon=True) for job in range(self.jobs)
        ]
        try:
            self.claims.beat()
            self._look()
            for thread in team:
                thread.start()
            pause, looked = LOOK_FAR, time.monotonic()
            while any(thread.is_alive() for thread in team):
                team[0].join(LOOK) if team[0].is_alive() else time.sleep(LOOK)
                self.claims.beat()
                if (started := time.monotonic()) >= looked + pause:
                    self._look()
                    looked = time.monotonic()
                    pause = max(LOOK_FAR, (looked - started) / SHARE_OF_LOOKING)
                self.live.show(self.work_left)
            self._look()
            self.live.show(self.work_left)
        finally:
            self.stop.set()
            for thread in team:
                if thread.is_alive():
                    thread.join()
            self.live.close()
            self.claims.give_back()
        if self.error:
            raise self.error

    def train_again(self, best: dict[str, Any]) -> "Network":
        """Return the best network: the same settings and seed give the same bits again."""
        settings = best["settings"]
        watch = self.live.watch(-1, settings, best["seed"], threading.Event())
        return train_one(settings, best["seed"], self.threads or cores(), self.material, watch)[0]

    def _look(self) -> None:
        """Take note of what all processes have done."""
        trials = self.claims.trials()
        finished = counting(trials)
        done = {trial.user_attrs["entry"] for trial in finished}
        names = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
        states = [names[trial.state] for trial in finished]
        states += ["running" for trial in trials if trial.state is TrialState.RUNNING]
        self.live.states.clear()
        self.live.states.update(states)
        self.work_left = sum(
            self.live.mean_work if entry.settings is None else self.sweep.work(entry.settings)
            for number, entry in enumerate(self.sweep.plan)
            if number not in done
        )

    def _train(self) -> None:
        """Train what there is until nothing is left."""
        try:
            while not self.stop.is_set():
                trial = self.claims.take()
                if trial is not None:
                    self._run(trial)
                elif self._nothing_left():
                    return
                else:  # the others may die, and leave theirs
                    self.stop.wait(LOOK if self.live.running else 10 * LOOK)
        except BaseException as error:
            self.error = self.error or error
            self.stop.set()

    def _nothing_left(self) -> bool:
        return len(counting(self.claims.trials())) == len(self.sweep.plan)

    def _run(self, trial: FrozenTrial) -> None:
        """Train the networks of one trial, and write down how it ended."""
        sweep, entry = self.sweep, self.sweep.plan[trial.user_attrs["entry"]]
        try:
            chosen = self._choose(trial) if entry.settings is None else entry.settings
        except UpdateFinishedTrialError:  # it was taken away from this process
            return
        settings = sweep.base | sweep.fixed | chosen
        known = self._known(entry, settings)
        if known:
            about = {name: known.user_attrs[name] for name in ("results", "failures")}
            self.claims.finish(trial, TrialState.COMPLETE, known.values, **about)
            self.live.finished(trial.number, [], settings)
            return
        results: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        state = TrialState.COMPLETE
        for seed in entry.seeds:
            watch = self.live.watch(trial.number, settings, seed, self.stop)
            hopeless = self._pruning(trial) if sweep.prune and seed == entry.seeds[0] else None
            try:
                results.append(train_one(settings, seed, self._threads(), self.material, watch, hopeless)[1])
            except Stopped:
                self.live.finished(trial.number, [], settings)
                return
            except PrunedError as pruned:
                results, state = [pruned.result], TrialState.PRUNED
                break
            except InputError as error:  # of these settings on these data, or diverged
                failures.append({"seed": seed, "reason": str(error)})
            except Exception as error:
                failures.append({"seed": seed, "reason": f"{type(error).__name__}: {error}"})
        values = values_of(results, len(failures), sweep.objectives) if results else None
        self.claims.finish(trial, state if results else TrialState.FAIL, values, results=results, failures=failures)
        self.live.finished(trial.number, results, settings)

    def _choose(self, trial: FrozenTrial) -> dict[str, Any]:
        """Return the settings that TPE chooses, and write them down.

        What it draws depends on the trial's entry, and it sees the others in the order of the plan: with one job, a
        sweep that was interrupted goes on as if it had not been.
        """
        entry, storage = trial.user_attrs["entry"], self.claims.storage
        seed = int(np.random.SeedSequence((self.sweep.seed, entry)).generate_state(1)[0])
        sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
        seen = optuna.create_study(directions=self.claims.study.directions, sampler=sampler)
        others = self.claims.trials([TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING])
        for each in sorted(others, key=lambda other: other.user_attrs["entry"]):
            if each._trial_id != trial._trial_id:
                copy = create_trial(
                    state=each.state, values=each.values, params=each.params, distributions=each.distributions,
                    intermediate_values=each.intermediate_values,
                )  # fmt: skip
                seen.add_trial(copy)
        asked = seen.ask()
        chosen = suggest(asked, self.sweep.searched)
        for name, known in asked.distributions.items():
            storage.set_trial_param(trial._trial_id, name, known.to_internal_repr(asked.params[name]), known)
        return chosen

    def _known(self, entry: Trial, settings: dict[str, Any]) -> FrozenTrial | None:
        """Return a finished trial with the same settings and seeds, if a search has come upon them twice."""
        for other in self.claims.trials([TrialState.COMPLETE]) if self.sweep.sampler != "grid" else []:
            same_seeds = self.sweep.plan[other.user_attrs["entry"]].seeds == entry.seeds
            if same_seeds and settings_of(self.sweep, other) == settings:
                return other
        return None

    def _pruning(self, trial: FrozenTrial) -> Callable[[Epoch], bool]:
        """Return what tells after an epoch whether the trial is hopeless, among all trials of the store."""
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
        name, storage = self.claims.study.study_name, self.claims.storage
        study = optuna.load_study(study_name=name, storage=storage, pruner=pruner)
        known = optuna.Trial(study, trial._trial_id)

        def hopeless(record: Epoch) -> bool:
            known.report(record.validation_accuracy or 0.0, record.epoch)
            return known.should_prune()

        return hopeless

    def _threads(self) -> int | None:
        """Return how many threads train the next network: as many as pay once there is only one network left."""
        if self.threads is not None or len(self.live.running) > 1:
            return self.threads or 1
        alone = self.jobs == 1 or not self.claims.anything_waits()
        return None if alone else 1


def _jobs_that_fit(sweep: Sweep, material: Material, jobs: int) -> int:
    """Return `jobs`, or fewer where the largest networks would need more than half of the memory."""
    n_in, n_out, most = material.train.X.shape[1], len(material.classes), 1
    for entry in sweep.plan if sweep.sampler != "tpe" else []:
        sizes = (n_in, *hidden_layers(sweep.base | sweep.fixed | (entry.settings or {})), n_out)
        most = max(most, sum((a + 1) * b for a, b in pairwise(sizes)))
    return max(1, min(jobs, int(memory() / 2 / (most * BYTES_A_PARAMETER))))
