"""The contestants' processes: start, one command at a time, end.

Every contestant on every number of threads is a separate process, so that thread pools, flags and memory don't disturb
each other. Only one of them works at any time.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants import CONTESTANTS, Contestant
from benchmarks.workloads import Workload
from fastmlp import Dataset, Network, load_dataset
from fastmlp.datasets import find_dataset
from fastmlp.errors import InputError
from fastmlp.system.machine import cores

ROOT = Path(__file__).parents[1]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Environment variables that set the number of threads of a library's pool."""
REST = 0.05
"""Seconds between two contestants: the threads of a pool spin for a moment before they sleep."""


def environment_of(threads: int | None = None) -> dict[str, str]:
    """Return the environment of a process that imports this working copy, with `threads` in its thread pools."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    pools = {} if threads is None else dict.fromkeys(THREAD_VARIABLES, str(threads))
    return os.environ | pools | {"PYTHONPATH": path}


class ContestantError(InputError):
    """The process of a contestant ended, or trained something other than the workload."""


def digits_here() -> Dataset:
    """Return MNIST if it is on this machine, else the drawn digits."""
    return load_dataset("mnist" if find_dataset("mnist") else "drawn")


class Process:
    """A process that trains workloads as one contestant.

    Parameters
    ----------
    contestant : Contestant
    threads : int
    folder : Path
        Folder with the data, which also serves to exchange initial weights and results.
    environment : dict of str
        Environment variables that are added to those of this process.

    Attributes
    ----------
    import_seconds : float
        Time of the imports, measured inside the process.
    start_seconds : float
        Time from before the process was started until it accepted a command.
    versions : dict of str
        Versions of the packages that it uses.
    """

    def __init__(
        self, contestant: Contestant, threads: int, folder: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.contestant, self.threads, self.folder = contestant, threads, folder
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by `close`)
        command = [sys.executable, "-m", "benchmarks.worker", contestant.name, str(threads), str(folder)]
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment_of(threads) | (environment or {}),
        )
        about = self._answer()
        self.start_seconds = time.perf_counter() - started
        self.import_seconds, self.versions = about["import_seconds"], about["versions"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            last = (self._errors.read().strip().splitlines() or ["no error message"])[-1]
            raise ContestantError(f"The process of {self.contestant.title} on {self.threads} threads ended: {last}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """Send a command (see `worker`) and return the answer; raise ContestantError if the process has ended."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # `_answer` reports the reason
            self._process.stdin.write(json.dumps({"do": do} | values) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def prepare(self, workload: Workload, seed: int = 0, samples: int | None = None) -> float:
        """Start a new training of this contestant's version of the workload; return the seconds that this took."""
        version = self.contestant.version_of(workload)
        start = initial_weights(workload, seed, self.folder)
        seconds: float = self.ask("prepare", workload=version.to_dict(), seed=seed, samples=samples, start=str(start))[
            "seconds"
        ]
        return seconds

    def train_epoch(self, number: int) -> dict[str, Any]:
        """Train epoch `number`, in order from 1; return `seconds`, `loss`, and the `wall` time of the call."""
        time.sleep(REST)
        return self.ask("epoch", number=number)

    def parameters(self) -> list[tuple[Any, Any]]:
        """Return the weights (n_in, n_out) and biases (n_out,) of each layer."""
        path = self.folder / f"{self.contestant.name}-{self.threads}.npz"
        self.ask("parameters", path=str(path))
        with np.load(path) as arrays:
            return [(arrays[f"W{layer}"], arrays[f"b{layer}"]) for layer in range(len(arrays.files) // 2)]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the process has already ended, and a command was pending
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()


def initial_weights(workload: Workload, seed: int, folder: Path) -> Path:
    """Return a file with the initial weights of all contestants: those of `Network(sizes, activation, loss, seed)`."""
    shape = "-".join(map(str, workload.sizes))
    path = folder / f"start-{shape}-{workload.activation}-{seed}.npz"
    if not path.exists():
        network = Network(workload.sizes, workload.activation, workload.loss, seed=seed)
        arrays = {f"W{layer}": W for layer, W in enumerate(network.weights)}
        arrays |= {f"b{layer}": b for layer, b in enumerate(network.biases)}
        np.savez(path, allow_pickle=False, **arrays)
    return path


@contextmanager
def data_folder(data: Dataset) -> Iterator[Path]:
    """Yield a temporary folder from which the processes read the training samples."""
    with tempfile.TemporaryDirectory(prefix="fastmlp-bench-") as name:
        folder = Path(name)
        np.save(folder / "X.npy", data.train.X)
        np.save(folder / "y.npy", data.train.y)
        yield folder


@contextmanager
def processes(contestants: list[Contestant], folder: Path) -> Iterator[list[Process]]:
    """Yield a process for each contestant and number of threads (1, and all cores), in the order of timing."""
    with ExitStack() as stack:
        started = []
        for contestant in contestants:
            for threads in sorted({1, cores()} if contestant.threads else {1}):
                process = Process(contestant, threads, folder)
                stack.callback(process.close)
                started.append(process)
        yield started


def installed(names: tuple[str, ...] = ()) -> tuple[list[Contestant], dict[str, str]]:
    """Return the installed contestants among `names` (empty: all), and the reason for each that is left out."""
    chosen = [CONTESTANTS[name] for name in names or CONTESTANTS]
    skipped = {each.name: f"{each.needs} is not installed" for each in chosen if not each.is_installed}
    return [each for each in chosen if each.is_installed], skipped


def title(process: Process) -> str:
    """Return the contestant and its number of threads in words."""
    return f"{process.contestant.title}, {process.threads} thread{'s' if process.threads > 1 else ''}"
