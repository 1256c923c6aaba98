"""run_sweep: open the store, let threads train until nothing is left, and write the results.

The threads share the data, and the kernels run without Python's lock. The main thread shows the progress, writes the
heartbeat and receives Ctrl-C.
"""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import TrialState

from fastmlp.datasets.dataset import Dataset
from fastmlp.datasets.load import load_named_or_default
from fastmlp.errors import InputError
from fastmlp.inputs.checks import positive_int
from fastmlp.network.network import Network
from fastmlp.sweep.claims import Claims
from fastmlp.sweep.config import OBJECTIVES, SweepConfig
from fastmlp.sweep.progress import Progress
from fastmlp.sweep.report import write_report
from fastmlp.sweep.results import SweepResult, check_stored, combinations_of, finished_trials, rows_of, write_csv
from fastmlp.sweep.samples import SweepSamples
from fastmlp.sweep.settings import hidden_layers
from fastmlp.sweep.store import open_study, quiet, store_at
from fastmlp.sweep.trial import train_network
from fastmlp.sweep.worker import Worker
from fastmlp.system.files import writable_folder
from fastmlp.system.locks import FolderLock
from fastmlp.system.machine import cores, memory
from fastmlp.system.terminal import notice
from fastmlp.system.threads import startable_threads

BYTES_A_PARAMETER = 40
"""Memory of a parameter in training: itself, its gradient, two numbers of the optimizer's state, the copies for when
the loss becomes NaN, and some room."""
LOOK = 0.1
"""Seconds between two looks at the threads."""
LOOK_AT_STORE = 2.0
"""Seconds between two looks at the trials of all processes."""
MOST_LOOKING = 0.05
"""Largest fraction of the time that these looks take, if the store is slow."""
STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def run_sweep(
    config: SweepConfig,
    out: str | Path,
    *,
    storage: str | Path | None = None,
    jobs: int | None = None,
    threads: int | None = None,
    data: Dataset | None = None,
    report: bool = True,
    show: bool = True,
) -> SweepResult:
    """Train what is left of a sweep, together with every other process that does the same, and write the results.

    Parameters
    ----------
    config : SweepConfig
    out : path
        Folder of the results, created if need be: results.csv, best.safetensors, report.html and figures.
    storage : str or path, optional
        Store of the trials: URL of a database as Optuna takes it, or a journal file; by default journal.log in `out`.
    jobs : int, optional
        Networks that are trained at the same time; by default one a core, or as many as threads can be started.
    threads : int, optional
        Threads that train one network; by default one, and more once there are fewer networks left than cores.
    data : Dataset, optional
        Replaces the data set that `config` names.
    report : bool
        Whether to write best.safetensors, report.html and the figures beside results.csv.
    show : bool
        Whether to show the progress on standard error.

    Returns
    -------
    SweepResult

    Raises
    ------
    InputError
        The folder can't be written or has another run, the store can't be opened or holds another sweep, or the data
        don't fit.
    KeyboardInterrupt
        Ctrl-C. The finished trials stay in the store, and results.csv has them.
    """
    started = time.perf_counter()
    folder = writable_folder(Path(out))
    jobs = _default_jobs() if jobs is None else positive_int("jobs", jobs)
    threads = None if threads is None else positive_int("threads", threads)
    samples = SweepSamples.split(data or _load(config.data), config.held_out, config.seed)
    progress, jobs = Progress(config, show), _jobs_that_fit(config, samples, jobs)
    with FolderLock(folder), quiet(), store_at(storage or folder / "journal.log") as store:
        study, is_new = _open_study(config, samples, store)
        worker = Worker(config, samples, Claims(config, study, store), progress, jobs, threads, threading.Event())
        rows = _work_and_write(worker, is_new, folder)
        combinations = combinations_of(rows)
        best = next((each for each in combinations if each["complete"]), None)
        if report and best:
            _train_again(best, threads, samples).save(folder / "best.safetensors")
        if report and rows and (lacking := write_report(config, study, rows, combinations, samples.name, folder)):
            notice(f"report.html lacks figures: {lacking}")
    return SweepResult(rows, combinations, best, folder, time.perf_counter() - started, progress.trained)


def _open_study(config: SweepConfig, samples: SweepSamples, store: BaseStorage) -> tuple[Study, bool]:
    """Return the study of a sweep on these samples, and whether this call created it."""
    content = config.to_json() | {"data": samples.fingerprint}
    study, is_new = open_study(store, config.name, [OBJECTIVES[each] for each in config.objectives], content)
    check_stored(config, study.get_trials(deepcopy=False))
    return study, is_new


def _load(name: str | None) -> Dataset:
    """Load a data set; write a notice if the drawn digits replace MNIST."""
    dataset, missing = load_named_or_default(name)
    if missing is not None:
        notice(f"{missing}\nThe sweep uses the built-in digits, which are drawn by code and are NOT those of MNIST.")
    return dataset


def _work_and_write(worker: Worker, is_new: bool, folder: Path) -> list[dict[str, Any]]:
    """Train what is left; return the rows of results.csv, which is written even if the work is interrupted."""
    claims = worker.claims
    try:
        if is_new:
            claims.fill()
        _work(worker)
    finally:
        rows = rows_of(worker.config, claims.trials())
        write_csv(rows, folder / "results.csv")
        claims.close()
    return rows


def _work(worker: Worker) -> None:
    """Let threads train until every entry of the plan is finished, here or in another process."""
    claims, progress = worker.claims, worker.progress
    try:
        claims.beat()
        _update(worker)
        with ThreadPoolExecutor(worker.jobs, "fastmlp-job") as pool:
            try:
                jobs = _start(pool, worker)
                pause, looked = LOOK_AT_STORE, time.monotonic()
                while wait(jobs, LOOK).not_done:
                    claims.beat()
                    if (started := time.monotonic()) >= looked + pause:
                        _update(worker)
                        looked = time.monotonic()
                        pause = max(LOOK_AT_STORE, (looked - started) / MOST_LOOKING)
                    progress.show()
            finally:
                worker.stop.set()
        for job in jobs:
            job.result()
        _update(worker)
        progress.show()
    finally:
        progress.close()
        claims.give_back()


def _start(pool: ThreadPoolExecutor, worker: Worker) -> list[Future[None]]:
    """Start the threads; raise InputError if that is not possible."""
    jobs: list[Future[None]] = []
    try:
        jobs.extend(pool.submit(worker.work) for _ in range(worker.jobs))
    except RuntimeError:
        raise InputError(f"No more than {len(jobs)} of {worker.jobs} jobs can be started: pass fewer.") from None
    return jobs


def _default_jobs() -> int:
    """Return one job a core, or fewer where the system can't start so many threads."""
    return max(1, startable_threads(cores()))


def _update(worker: Worker) -> None:
    """Read from the store what all processes have done, for the progress."""
    trials = worker.claims.trials()
    finished = finished_trials(trials)
    done = {trial.user_attrs["entry"] for trial in finished}
    states = [STATES[trial.state] for trial in finished]
    states += ["running" for trial in trials if trial.state is TrialState.RUNNING]
    config, progress = worker.config, worker.progress
    work_left = sum(
        progress.mean_work if planned.settings is None else config.work(planned.settings)
        for number, planned in enumerate(config.planned_trials)
        if number not in done
    )
    progress.update(states, work_left)


def _train_again(best: dict[str, Any], threads: int | None, samples: SweepSamples) -> Network:
    """Return the best network: the same settings and seed give the same bits again."""
    network = train_network(best["settings"], best["seed"], threads, samples).network
    network.schema = samples.schema
    return network


def _jobs_that_fit(config: SweepConfig, samples: SweepSamples, jobs: int) -> int:
    """Return `jobs`, or fewer if there are fewer trials or the largest networks would need half of the memory."""
    n_in, n_out, most = samples.n_in, len(samples.classes), 1
    for planned in config.planned_trials if config.sampler != "tpe" else []:
        sizes = (n_in, *hidden_layers(config.fixed | (planned.settings or {})), n_out)
        most = max(most, sum((a + 1) * b for a, b in pairwise(sizes)))
    return max(1, min(jobs, len(config.planned_trials), int(memory() / 2 / (most * BYTES_A_PARAMETER))))
