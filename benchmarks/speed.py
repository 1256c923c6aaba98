"""Seconds per epoch of every workload: each round times every contestant, on one thread and on all.

The contestants are interleaved and ratios are taken within a round, since the speed of a shared machine drifts. Their
agreement is checked before anything is timed.
"""

import time
from typing import Any

from benchmarks import agreement
from benchmarks.arena import Process, data_folder, digits_here, installed, processes, title
from benchmarks.contestants import CONTESTANTS
from benchmarks.density import EPOCHS, densities
from benchmarks.results import Options, heading
from benchmarks.workloads import WORKLOADS, Workload
from fastmlp.datasets import Dataset
from fastmlp.system.terminal import notice

LEAST_ROUNDS, MOST_ROUNDS, SECONDS = 5, 15, 20.0
"""Rounds end after MOST_ROUNDS, or after SECONDS if there were LEAST_ROUNDS."""
QUICK_SAMPLES = 6000
BOTH_ROUNDS, SLOWER = 2, 1.2
"""After BOTH_ROUNDS, a number of threads that takes SLOWER times as long as the contestant's other one is given up."""


def run(options: Options) -> dict[str, Any]:
    """Return the result: for each workload, every contestant's losses after some steps and seconds in every round."""
    names = options.workloads or tuple(WORKLOADS)
    data = digits_here()
    result = measure("speed", options, names, data)
    epochs = 1 if options.quick else EPOCHS
    for name in names:
        if WORKLOADS[name].activation == "relu":
            notice(f"{name}: share of hidden units above zero")
            result["workloads"][name]["density"] = densities(WORKLOADS[name], data.train, epochs)
    return result


def measure(section: str, options: Options, names: tuple[str, ...], data: Dataset) -> dict[str, Any]:
    """Return the result of a section that times the epochs of some workloads."""
    contestants, skipped = installed(options.contestants)
    samples = QUICK_SAMPLES if options.quick else len(data.train.X)
    result = heading(section, options, data.name) | {"skipped": skipped, "samples": samples, "workloads": {}}
    baseline = CONTESTANTS["numpy"]
    with data_folder(data) as folder, processes([baseline], folder) as judges:
        for name in names:
            workload = WORKLOADS[name]
            notice(f"{name}: {workload.title}")
            with processes([each for each in contestants if each.takes(workload)], folder) as field:
                losses = agreement.check(field, judges[0], workload, data.train.X, data.train.y)
                notice(f"  all agree on the loss after {agreement.STEPS} steps, to {agreement.TOLERANCE:g}")
                for process in field:
                    result["versions"] |= process.versions
                seconds = rounds(field, workload, 2 if options.quick else None, samples)
            result["workloads"][name] = {"workload": workload.to_dict(), "losses": losses, "seconds": seconds}
    return result


def rounds(
    field: list[Process], workload: Workload, n_rounds: int | None = None, samples: int | None = None
) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of the epochs of every round: {contestant: {threads: [one per round]}}.

    A contestant's two lists differ in length if the slower number of threads was given up after BOTH_ROUNDS. The first
    epoch, in which some contestants compile, does not count as a round.
    """
    epochs = {}
    for process in field:
        notice(f"  warming up {title(process)}")
        process.prepare(workload, samples=samples)
        process.train_epoch(1)
        epochs[process] = 1
    seconds: dict[str, dict[str, list[float]]] = {process.contestant.name: {} for process in field}
    started, number, running = time.perf_counter(), 0, list(field)
    while number < (n_rounds or MOST_ROUNDS):
        if n_rounds is None and number >= LEAST_ROUNDS and time.perf_counter() - started > SECONDS:
            break
        number += 1
        for process in running:
            epochs[process] += 1
            times = seconds[process.contestant.name].setdefault(str(process.threads), [])
            times.append(process.train_epoch(epochs[process])["seconds"])
        if number == BOTH_ROUNDS:
            running = [process for process in field if _is_near_the_best(process, seconds)]
        fastest = {name: min(min(times) for times in by_threads.values()) for name, by_threads in seconds.items()}
        notice(f"  round {number}: " + ", ".join(f"{name} {best:.3f}" for name, best in fastest.items()))
    return seconds


def _is_near_the_best(process: Process, seconds: dict[str, dict[str, list[float]]]) -> bool:
    """Tell whether a process takes at most SLOWER times as long as the contestant's best number of threads."""
    by_threads = seconds[process.contestant.name]
    best = min(min(times) for times in by_threads.values())
    return min(by_threads[str(process.threads)]) <= SLOWER * best
