"""The section `small`: interleaved runs of every contestant on small data, on one thread."""

import importlib.util
import json
import subprocess
import sys
from typing import Any

from benchmarks.arena import ContestantError, environment_of
from benchmarks.results import Options, heading
from benchmarks.small_data import CONTESTANTS, TASKS, Task
from fastmlp.system.terminal import notice

ROUNDS, FITS, CALLS = 3, 3, 2000
WORSE = 0.03
"""A contestant whose training accuracy is lower than the best one's by more has not done the same work."""


def run(options: Options) -> dict[str, Any]:
    """Return the result: for each task and contestant, the seconds of every fit, and the median of a row each round."""
    missing = {name: package for name, (_, package) in CONTESTANTS.items() if not _is_installed(package)}
    skipped = {name: f"{package} is not installed" for name, package in missing.items()}
    tasks = [task for task in TASKS.values() if task.needs is None or _is_installed(task.needs)]
    skipped |= {
        task.name: f"its data is in {task.needs}, which is not installed"
        for task in TASKS.values()
        if task not in tasks
    }
    result = heading("small", options, "none") | {"skipped": skipped, "tasks": {}}
    rounds, fits, calls = (1, 1, 50) if options.quick else (ROUNDS, FITS, CALLS)
    for task in tasks:
        found: dict[str, dict[str, list[float]]] = {}
        for _ in range(rounds):
            for contestant in CONTESTANTS:
                if contestant in missing:
                    continue
                notice(f"{task.name}: {CONTESTANTS[contestant][0]}")
                answer = _measured(contestant, task, 0 if contestant == "onnxruntime" else fits, calls)
                result["versions"] |= answer["versions"]
                own = found.setdefault(contestant, {"fit": [], "row": [], "accuracy": []})
                own["fit"] += answer["fit"]
                own["row"].append(answer["row"])
                own["accuracy"].append(answer["accuracy"])
        _check(task, found)
        result["tasks"][task.name] = {"epochs": task.epochs, "contestants": found}
    return result


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _measured(contestant: str, task: Task, fits: int, calls: int) -> dict[str, Any]:
    """Return the answer of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.small_data.worker", contestant, task.name, str(fits), str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment_of(1))
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no error message"])[-1]
        raise ContestantError(f"The process of {CONTESTANTS[contestant][0]} on {task.name} ended: {last}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _check(task: Task, found: dict[str, dict[str, list[float]]]) -> None:
    """Raise ContestantError if one of the contestants has learned less than the others."""
    reached = {contestant: min(each["accuracy"]) for contestant, each in found.items()}
    worst = min(reached, key=lambda contestant: reached[contestant])
    if reached[worst] < max(reached.values()) - WORSE:
        raise ContestantError(
            f"{CONTESTANTS[worst][0]} reaches {reached[worst]:.1%} of the rows of {task.name}, and another "
            f"{max(reached.values()):.1%}: this is not the same training."
        )
