"""The process of one contestant: it reads commands from standard input and answers each with a line of JSON.

`arena` starts it as `python -m benchmarks.worker CONTESTANT THREADS FOLDER`, with the environment variables that thread
pools read. FOLDER holds the data. The timer runs in this process, around the epoch alone; between two commands the
process sleeps. It imports fastmlp only if fastmlp is the contestant.

Commands: `prepare` (workload, seed, samples, start), `epoch` (number), `parameters` (path), `memory`.
"""

import contextlib
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants import CONTESTANTS
from benchmarks.workloads import Workload


class Worker:
    """The commands: each is a method that takes the values of a command and returns those of the answer."""

    def __init__(self, contestant: str, threads: int, folder: Path) -> None:
        started = time.perf_counter()
        self.module = importlib.import_module(f"benchmarks.contestants.{CONTESTANTS[contestant].module}")
        self.import_seconds = time.perf_counter() - started
        self.threads, self.folder = threads, folder
        self.training: Any = None

    def ready(self) -> dict[str, Any]:
        """Return the seconds of the import, and the versions."""
        return {"import_seconds": self.import_seconds, "versions": self.module.versions()}

    def prepare(self, workload: dict[str, Any], seed: int, samples: int, start: str) -> dict[str, Any]:
        """Start a new training on the first `samples` samples, with the weights in the file `start`."""
        self.training = None  # frees its memory before the next one needs some
        X, y = (np.load(self.folder / f"{name}.npy")[:samples] for name in ("X", "y"))
        with np.load(start) as arrays:
            layers = range(len(arrays.files) // 2)
            weights, biases = ([arrays[f"{name}{layer}"] for layer in layers] for name in "Wb")
        started = time.perf_counter()
        self.training = self.module.Training(Workload.from_dict(workload), X, y, weights, biases, seed, self.threads)
        return {"seconds": time.perf_counter() - started}

    def epoch(self, number: int) -> dict[str, Any]:
        """Train an epoch; `wall` is the time of the call, `seconds` the time that the contestant reports."""
        started = time.perf_counter()
        epoch = self.training.train_epoch(number)
        return dict(epoch._asdict()) | {"wall": time.perf_counter() - started}

    def parameters(self, path: str) -> dict[str, Any]:
        """Write the weights and biases to a file."""
        layers = dict(enumerate(self.training.parameters()))
        arrays = {f"W{n}": W for n, (W, _) in layers.items()} | {f"b{n}": b for n, (_, b) in layers.items()}
        np.savez(path, allow_pickle=False, **arrays)
        return {}

    def memory(self) -> dict[str, Any]:
        """Return the peak memory of the process in bytes; None if the system does not provide it."""
        return {"peak": peak_memory()}


def peak_memory() -> int | None:
    """Return the largest resident size of this process. On Linux not from ru_maxrss, which starts at the parent's."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def main() -> None:
    """Answer commands until the input ends."""
    contestant, threads, folder = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the output of libraries must not mix with the answers
    if threads == "1" and contestant == "jax" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # JAX has no other switch for one thread
    worker = Worker(contestant, int(threads), Path(folder))
    answer = worker.ready()
    while True:
        print(json.dumps(answer), file=answers, flush=True)
        line = sys.stdin.readline()
        if not line:
            break
        command = json.loads(line)
        answer = getattr(worker, command.pop("do"))(**command)


if __name__ == "__main__":
    main()
