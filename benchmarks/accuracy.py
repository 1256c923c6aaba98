"""Accuracy that training reaches: at the end of fastmlp's presets, and over time.

Every schedule is fixed beforehand. Test accuracy is computed after each epoch, outside of the timer, and decides
nothing but when to stop measuring. Every value is kept.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import agreement
from benchmarks.arena import Process, data_folder, digits_here, installed, processes, title
from benchmarks.results import Options, heading
from benchmarks.workloads import WORKLOADS, Workload
from fastmlp.presets.presets import mnist_presets
from fastmlp.system.terminal import notice
from fastmlp.training.hyperparameters import Hyperparameters

TARGETS = (0.90, 0.95, 0.96, 0.97, 0.98)
WORKLOAD = "tweak"
MOST_EPOCHS = 20
SEEDS = 10
IN_WORKLOAD = (
    "hidden",
    "activation",
    "loss",
    "optimizer",
    "learning_rate",
    "batch_size",
    "epochs",
    "schedule",
    "label_smoothing",
)
"""Hyperparameters that a Workload has."""
IN_BASELINE = {"activation": ("sigmoid", "relu"), "optimizer": ("sgd", "adam"), "schedule": ("constant", "cosine")}
"""Values of these that the NumPy baseline supports."""


def run(options: Options) -> dict[str, Any]:
    """Return the result: `presets` {name: {contestant: [accuracy for each seed]}}, and `curves`."""
    data = digits_here()
    test = data.test.X.astype(np.float32) / 255, data.test.y
    contestants, skipped = installed(options.contestants)
    seeds = options.seeds or (2 if options.quick else SEEDS)
    workloads, left_out = preset_workloads()
    workloads = {name: each for name, each in workloads.items() if name in (options.presets or workloads)}
    result = heading("accuracy", options, data.name) | {"skipped": skipped, "seeds": seeds, "targets": list(TARGETS)}
    result["presets_left_out"] = left_out
    with data_folder(data) as folder:
        both = [each for each in contestants if each.name in ("fastmlp", "numpy")]
        with processes(both, folder) as field:
            result["presets"] = _presets(field, workloads, test, seeds, options.quick)
        result["curves"] = {}
        for name in options.workloads or (WORKLOAD,):
            with processes([each for each in contestants if each.takes(WORKLOADS[name])], folder) as field:
                for process in field:
                    result["versions"] |= process.versions
                result["curves"][name] = curves(
                    field, WORKLOADS[name], test, seeds, 3 if options.quick else MOST_EPOCHS
                )
    return result


def preset_workloads() -> tuple[dict[str, Workload], dict[str, str]]:
    """Return fastmlp's presets as workloads, and the reason for each that the baseline can't train, both by name."""
    found, left_out = {}, {}
    for name, preset in mnist_presets().items():
        given = preset.to_dict()
        known = {field: given[field] for field in IN_WORKLOAD}
        rest = given | Hyperparameters(**known).to_dict()
        reasons = [f"{field} {given[field]}" for field, values in IN_BASELINE.items() if given[field] not in values]
        reasons += [f"{field} {value}" for field, value in given.items() if rest[field] != value]
        if reasons:
            left_out[name] = ", ".join(reasons)
        else:
            hidden = known.pop("hidden")
            found[name] = Workload(name, (784, *hidden, 10), **known)
    return found, left_out


def _presets(
    field: list[Process], workloads: dict[str, Workload], test: tuple[Any, Any], seeds: int, quick: bool
) -> dict[str, Any]:
    """Train presets to their end for every seed, each contestant with its faster number of threads."""
    found: dict[str, Any] = {}
    for name, workload in workloads.items():
        epochs = min(workload.epochs or 1, 2) if quick else workload.epochs or 1
        workload = replace(workload, epochs=epochs)
        best = fastest(field, replace(workload, schedule="constant"))
        found[name] = {"workload": workload.to_dict(), "epochs": epochs}
        for process in best:
            accuracies, seconds = [], []
            for seed in range(seeds):
                process.prepare(workload, seed)
                trained = [process.train_epoch(number + 1) for number in range(epochs)]
                seconds.append(sum(epoch["seconds"] for epoch in trained))
                accuracies.append(agreement.accuracy(process.parameters(), workload, *test))
                notice(f"preset {name}, seed {seed}, {title(process)}: {accuracies[-1]:.2%} in {seconds[-1]:.2f} s")
            found[name][process.contestant.name] = {
                "threads": process.threads,
                "accuracy": accuracies,
                "seconds": seconds,
            }
    return found


def fastest(field: list[Process], workload: Workload) -> list[Process]:
    """Return one process of each contestant: the one with the faster number of threads, by the better of two epochs."""
    best: dict[str, tuple[float, Process]] = {}
    for process in field:
        process.prepare(workload)
        seconds = [process.train_epoch(number)["seconds"] for number in (1, 2, 3)][1:]
        name = process.contestant.name
        if name not in best or min(seconds) < best[name][0]:
            best[name] = min(seconds), process
    return [process for _, process in best.values()]


def curves(
    field: list[Process], workload: Workload, test: tuple[Any, Any], seeds: int, most_epochs: int
) -> dict[str, Any]:
    """Return seconds and test accuracy of every epoch, for each contestant and seed, as {name: ...}.

    Epochs are interleaved: the first of every contestant, then the second. A contestant's run ends when it reaches the
    last of the targets, or after `most_epochs`.
    """
    notice(f"time to an accuracy, {workload.name}: {workload.title}")
    best = fastest(field, workload)
    found: dict[str, Any] = {
        process.contestant.name: {"threads": process.threads, "seconds": [], "accuracy": []} for process in best
    }
    for seed in range(seeds):
        for process in best:
            process.prepare(workload, seed)
            for values in ("seconds", "accuracy"):
                found[process.contestant.name][values].append([])
        running = list(best)
        for number in range(1, most_epochs + 1):
            for process in list(running):
                mine = found[process.contestant.name]
                mine["seconds"][seed].append(process.train_epoch(number)["seconds"])
                version = process.contestant.version_of(workload)
                mine["accuracy"][seed].append(agreement.accuracy(process.parameters(), version, *test))
                if mine["accuracy"][seed][-1] >= max(TARGETS):
                    running.remove(process)
        ends = (
            f"{name} {sum(mine['seconds'][seed]):.2f} s to {max(mine['accuracy'][seed]):.2%}"
            for name, mine in found.items()
        )
        notice(f"  seed {seed}: " + ", ".join(ends))
    return {"workload": workload.to_dict(), "epochs": most_epochs, "contestants": found}
