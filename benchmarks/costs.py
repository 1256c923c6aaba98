"""Costs of a training beside its steady speed: start, compiling, data preparation and memory of whole processes.

Every contestant trains two epochs of one workload in a fresh process, twice: `cold`, with an empty cache of compiled
code, and `warm`, with the cache that the first process filled. Then whole commands are timed as a shell sees them.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.arena import Process, data_folder, digits_here, environment_of, installed
from benchmarks.contestants import Contestant
from benchmarks.results import Options, heading
from benchmarks.workloads import WORKLOADS, Workload
from fastmlp.system.machine import cores
from fastmlp.system.terminal import notice

WORKLOAD = "tweak"
REPEATS = 3
CACHES = ("NUMBA_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR")
"""Environment variables of the folders in which compiled code is cached."""
IMPORTS = {"numpy": "numpy", "torch": "torch", "jax": "jax", "sklearn": "sklearn.neural_network"}
"""The module whose import is timed, for each contestant."""


def run(options: Options) -> dict[str, Any]:
    """Return the result: `trainings` {contestant: {"cold" or "warm": [costs of each repeat]}}, and `commands`."""
    data = digits_here()
    contestants, skipped = installed(options.contestants)
    workload = WORKLOADS[(options.workloads or (WORKLOAD,))[0]]
    contestants = [each for each in contestants if each.takes(workload)]
    result = heading("costs", options, data.name) | {"skipped": skipped, "workload": workload.to_dict()}
    result |= {"threads": cores(), "samples": len(data.train.X), "trainings": {}}
    repeats = 1 if options.quick else REPEATS
    with data_folder(data) as folder:
        for _ in range(repeats):
            for contestant in contestants:
                with tempfile.TemporaryDirectory(prefix="fastmlp-cold-") as cache:
                    for state in ("cold", "warm"):
                        notice(f"{contestant.title}, {state} start")
                        costs, versions = training(contestant, workload, folder, cache)
                        result["versions"] |= versions
                        result["trainings"].setdefault(contestant.name, {}).setdefault(state, []).append(costs)
    result["commands"] = commands({each.name for each in contestants}, 2 if options.quick else 5)
    return result


def training(
    contestant: Contestant, workload: Workload, folder: Path, cache: str
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Train two epochs in a fresh process; return its costs, and the versions of its packages.

    The costs are in seconds: `start` (the process and its imports), `prepare` (converting the data; for fastmlp also
    packing it), `first` (the first epoch, with compiling), `epoch` (the second epoch), `compile` (their difference, at
    least 0), `total` (from the start of the process to the end of its first epoch). `memory` is the peak in bytes.
    """
    started = time.perf_counter()
    process = Process(contestant, cores(), folder, dict.fromkeys(CACHES, cache))
    try:
        prepare = process.prepare(workload)
        first = process.train_epoch(1)
        total = time.perf_counter() - started
        second = process.train_epoch(2)
        packing = second["wall"] - second["seconds"]  # everything but training: fastmlp packs there
        costs = {
            "start": process.start_seconds,
            "prepare": prepare + packing,
            "first": first["wall"],
            "epoch": second["seconds"],
            "compile": max(0.0, first["wall"] - second["wall"]),
            "total": total,
            "memory": process.ask("memory")["peak"],
        }
        return costs, process.versions
    finally:
        process.close()


def commands(names: set[str], repeats: int) -> dict[str, list[float]]:
    """Return the seconds of whole processes, interleaved: one epoch of `fastmlp train`, and the rivals' imports."""
    with tempfile.TemporaryDirectory(prefix="fastmlp-train-") as out:
        train = [sys.executable, "-m", "fastmlp", "train", "--epochs", "1", "--out", out]
        imports = {
            f"import {module}": [sys.executable, "-c", f"import {module}"]
            for name, module in IMPORTS.items()
            if name in names
        }
        chosen = {"fastmlp train --epochs 1": train} | imports
        seconds: dict[str, list[float]] = {name: [] for name in chosen}
        for number in range(repeats + 1):
            for name, command in chosen.items():
                started = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True, env=environment_of())
                if number:  # the first run fills the caches
                    seconds[name].append(time.perf_counter() - started)
    return seconds
