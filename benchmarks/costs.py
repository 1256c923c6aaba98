"""What a training costs beside its steady speed: starting, compiling, preparing the data, memory; as whole processes.

Every contestant trains two epochs of one workload in a fresh process, twice: `cold`, with an empty cache of compiled
code, and `warm`, with what the first one left there. Then whole commands, from the shell's point of view.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.arena import ROOT, Process, data_folder, digits_here, installed
from benchmarks.contestants import Contestant
from benchmarks.results import Options, heading
from benchmarks.workloads import WORKLOADS, Workload
from fastmlp.machine import cores
from fastmlp.terminal import notice

WORKLOAD = "tweak"
REPEATS = 3
CACHES = ("NUMBA_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR")
IMPORTS = {"numpy": "numpy", "torch": "torch", "jax": "jax", "sklearn": "sklearn.neural_network"}


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
    """Train two epochs in a fresh process; return what that took, and the versions.

    The costs, in seconds: `start` (the process and its imports), `prepare` (converting the data; for fastmlp packing it
    too), `first` (the first epoch, compiling included), `epoch` (the second), `compile` (their difference, never below
    0), `total` (from the start of the process to the end of its first epoch); and `memory` in bytes, its peak.
    """
    started = time.perf_counter()
    process = Process(contestant, cores(), folder, dict.fromkeys(CACHES, cache))
    try:
        prepare = process.prepare(workload)
        first = process.train_epoch(1)
        total = time.perf_counter() - started
        second = process.train_epoch(2)
        packing = second["wall"] - second["seconds"]  # of an epoch, all but its training: fastmlp packs there
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
    """Return the seconds of whole processes, interleaved: an epoch by `fastmlp train`, and rivals' imports alone."""
    with tempfile.TemporaryDirectory(prefix="fastmlp-train-") as out:
        train = [sys.executable, "-m", "fastmlp", "train", "--epochs", "1", "--out", out]
        imports = {
            f"import {module}": [sys.executable, "-c", f"import {module}"]
            for name, module in IMPORTS.items()
            if name in names
        }
        chosen = {"fastmlp train --epochs 1": train} | imports
        seconds: dict[str, list[float]] = {name: [] for name in chosen}
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        for number in range(repeats + 1):
            for name, command in chosen.items():
                started = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": path})
                if number:  # the first time fills the caches
                    seconds[name].append(time.perf_counter() - started)
    return seconds
