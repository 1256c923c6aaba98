"""Many networks: a sweep against joblib with scikit-learn and PyTorch, and the gain of a sweep's second job.

    python -m benchmarks.networks            # everything, about five minutes
    python -m benchmarks.networks jobs       # two jobs against one, memory per job, overhead
    python -m benchmarks.networks rivals

The sweep trains all 200 networks and evaluates each on 16,000 samples. The rivals would need hours: they train a few
networks of three widths for one epoch, on every core at once by joblib's processes, which are started beforehand. Their
time for all networks is scaled from that, by epochs and linearly between widths. Nothing else of theirs is counted.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.arena import digits_here
from fastmlp import Network, Trainer
from fastmlp.datasets import Dataset
from fastmlp.sweep import SweepConfig, run_sweep
from fastmlp.sweep.store import store_at
from fastmlp.system.machine import cores

WIDTHS = (8, 16, 24, 32, 48, 64, 80, 96, 112, 128)
SEEDS, EPOCHS, BATCH, RATE = 20, 3, 32, 0.1
TRIED, TRIES = (8, 64, 128), 2
JOBS_WIDTHS = {32: 32, 128: 10}
"""Number of networks of each width in the comparison of jobs."""


def sweep_of(widths: list[int], seeds: int, epochs: int = EPOCHS) -> SweepConfig:
    """Return the configuration of the measured sweep."""
    settings = {"width": widths, "activation": "relu", "loss": "cross_entropy", "learning_rate": RATE}
    return SweepConfig(settings | {"batch_size": BATCH, "epochs": epochs}, seeds=seeds)


def timed_sweep(config: SweepConfig, data: Dataset, jobs: int) -> dict[str, float]:
    """Run a sweep; return its seconds, the seconds of its trials, and the seconds in training."""
    with tempfile.TemporaryDirectory() as folder:
        result = run_sweep(config, folder, jobs=jobs, threads=1, data=data, report=False, show=False)
        with store_at(Path(folder) / "journal.log") as store:
            trials = store.get_all_trials(0)
    starts, ends = [t.datetime_start for t in trials], [t.datetime_complete for t in trials]
    working = (max(filter(None, ends)) - min(filter(None, starts))).total_seconds()
    training = sum(row["seconds"] for row in result.rows)
    return {"all": result.seconds, "trials": working, "training": training, "networks": len(result.rows)}


def plain_training(width: int, networks: int) -> None:
    """Train networks one after the other without a sweep, as a separate process would, and print the seconds."""
    data = digits_here()
    X, y = data.train.X[:54000], data.train.y[:54000]
    seconds = 0.0
    for seed in range(networks):
        network = Network((X.shape[1], width, 10), "relu", "cross_entropy", seed=seed)
        trainer = Trainer(network, learning_rate=RATE, batch_size=BATCH, seed=seed, threads=1)
        seconds += trainer.fit(X, y, EPOCHS).seconds
    print(seconds)


def mean_of_processes(width: int, networks: int, processes: int) -> float:
    """Return the mean seconds in training of plain processes that run at the same time."""
    command = [sys.executable, "-m", "benchmarks.networks", "plain", f"--width={width}", f"--networks={networks}"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return float(np.mean([float(process.communicate()[0].split()[-1]) for process in started]))


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure many networks."""
    if context.invoked_subcommand is None:
        context.invoke(jobs)
        context.invoke(rivals)


@main.command(hidden=True)
@click.option("--width", type=int)
@click.option("--networks", type=int)
def plain(width: int, networks: int) -> None:
    """Train without a sweep."""
    plain_training(width, networks)


@main.command()
@click.option("--width", "widths", type=int, multiple=True, default=tuple(JOBS_WIDTHS))
def jobs(widths: tuple[int, ...]) -> None:
    """Compare two jobs with one, and with two plain processes; print the overhead beside training."""
    data = digits_here()
    for width in widths:
        networks = JOBS_WIDTHS.get(width, 10)
        timed_sweep(sweep_of([width], 2, 1), data, 2)  # compiles
        rounds = [[timed_sweep(sweep_of([width], networks), data, n) for n in (1, 2)] for _ in range(2)]
        speed_ups = [one["all"] / two["all"] for one, two in rounds]
        once_begun = [one["trials"] / two["trials"] for one, two in rounds]
        overhead = [one["trials"] / one["training"] - 1 for one, _ in rounds]
        plain_ups = [2 * mean_of_processes(width, networks // 2, 1) / mean_of_processes(width, networks // 2, 2)]
        print(f"784-{width}-10: a network {rounds[0][0]['training'] / networks:.3f} s; two jobs against one:", end=" ")
        print(f"{_both(speed_ups)} in all, {_both(once_begun)} once begun; two processes: {_both(plain_ups)}", end="; ")
        print(f"overhead beside training {', '.join(f'{each:.1%}' for each in overhead)}", flush=True)


@main.command()
@click.option("--jobs", "number", type=int, default=1)
@click.option("--width", type=int, default=128)
def memory(number: int, width: int) -> None:
    """Print the peak memory of a sweep with `--jobs` jobs, in MB."""
    timed_sweep(sweep_of([width], 6, 1), digits_here(), number)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB with {number} jobs")


@main.command()
@click.option("--skip-sweep", is_flag=True, help="Only the rivals.")
def rivals(skip_sweep: bool) -> None:
    """Time a sweep of 200 networks, and estimate the time of joblib with scikit-learn and with PyTorch."""
    data = digits_here()
    found: dict[str, Any] = {}
    if not skip_sweep:
        timed_sweep(sweep_of([16, 8], 2, 1), data, cores())
        found["fastmlp"] = timed_sweep(sweep_of(list(WIDTHS), SEEDS), data, cores())
        print(f"fastmlp: {found['fastmlp']['all']:.1f} s for {found['fastmlp']['networks']} networks", flush=True)
    for name, train in (("scikit-learn", with_sklearn), ("PyTorch", with_torch)):
        try:
            seconds = scaled(train, data)
        except ImportError as error:
            print(f"{name}: not measured ({error})")
            continue
        found[name] = {"all": seconds}
        ratio = f", {seconds / found['fastmlp']['all']:.0f} times as long" if "fastmlp" in found else ""
        print(f"{name}: {seconds:,.0f} s, scaled from {len(TRIED) * TRIES} networks of one epoch{ratio}", flush=True)
    print(json.dumps(found))


def scaled(train: Callable[..., float], data: Dataset) -> float:
    """Return an estimate of the seconds that joblib needs for all networks."""
    from joblib import Parallel, delayed

    X, y = data.train.X[:54000].astype(np.float32) / np.float32(255), data.train.y[:54000]
    seconds = []
    with Parallel(n_jobs=cores()) as parallel:
        parallel(delayed(train)(8, 0, X[:640], y[:640]) for _ in range(cores()))  # starts and imports
        for width in TRIED:
            tries = max(TRIES, cores())
            seconds.append(np.mean(parallel(delayed(train)(width, seed, X, y) for seed in range(tries))))
    every = np.interp(WIDTHS, TRIED, seconds)
    return float(every.sum()) * SEEDS * EPOCHS / cores()


def with_sklearn(width: int, seed: int, X: Any, y: Any) -> float:
    """Train for one epoch; return the seconds."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (width,), solver="sgd", alpha=0.0, batch_size=BATCH, learning_rate_init=RATE, momentum=0.0, max_iter=1,
        random_state=seed,
    )  # fmt: skip
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one epoch does not converge
        model.fit(X, y)
    return time.perf_counter() - started


def with_torch(width: int, seed: int, X: Any, y: Any) -> float:
    """Train for one epoch; return the seconds."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    inputs, labels = torch.tensor(X), torch.tensor(y)
    model = torch.nn.Sequential(torch.nn.Linear(X.shape[1], width), torch.nn.ReLU(), torch.nn.Linear(width, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    loss_of = torch.nn.CrossEntropyLoss()
    started = time.perf_counter()
    for batch in torch.randperm(len(labels)).split(BATCH):
        optimizer.zero_grad()
        loss_of(model(inputs[batch]), labels[batch]).backward()
        optimizer.step()
    return time.perf_counter() - started


def _both(values: list[float]) -> str:
    return " and ".join(f"{value:.2f}" for value in values)


if __name__ == "__main__":
    main()
