"""Cache folders of a test run, and the fixtures of the tests of the commands.

Every run compiles its kernels into a new folder: a kernel kept from an earlier run could hide a mistake of today, and a
test must not touch the user's own caches. The first process of a run makes the folder and names it in the environment.
The workers of pytest-xdist and the commands that tests start inherit it, so each kernel is compiled once a run. The
fixtures import the package inside their functions, after the environment is set.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile

import numpy as np
import pytest

if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker has the variables of the process that started it
    _fresh = tempfile.TemporaryDirectory(prefix="fastmlp-tests-")  # removed when this process ends
    os.environ["NUMBA_CACHE_DIR"] = os.path.join(_fresh.name, "numba")  # noqa: PTH118 (before any import of the package)
    os.environ["XDG_CACHE_HOME"] = os.path.join(_fresh.name, "cache")  # noqa: PTH118


_found = importlib.util.find_spec("sklearn")
if _found is not None and _found.origin is None:  # the folder tests/sklearn, where scikit-learn is not installed
    sys.modules["sklearn"] = None


@pytest.fixture
def interrupts():
    """Python's own handling of Ctrl-C, which a job in a shell's background lacks."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A folder of 2,000 training and 300 test digits, drawn by code, as IDX files."""
    from fastmlp.datasets import write_idx
    from fastmlp.datasets.drawn.dataset import draw_digits

    folder = tmp_path_factory.mktemp("digits")
    for stream, prefix, n in (("train", "train", 2000), ("test", "t10k", 300)):
        X, y = draw_digits(n, stream=stream)
        write_idx(folder / f"{prefix}-images-idx3-ubyte", X.reshape(-1, 28, 28))
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", y.astype(np.uint8))
    return folder


@pytest.fixture
def on_disk(monkeypatch, tmp_path):
    """A function that saves an array and returns it mapped read-only; every such array counts as large from then on.

    `window` and `block` are the bytes of a window and of a block.
    """

    def write(array, window=1200, block=60, name="X.npy"):
        monkeypatch.setattr("fastmlp.system.file_arrays.LARGE", 0)
        monkeypatch.setattr("fastmlp.inputs.block_shuffle.WINDOW_BYTES", window)
        monkeypatch.setattr("fastmlp.inputs.block_shuffle.BLOCK_BYTES", block)
        np.save(tmp_path / name, array)
        return np.load(tmp_path / name, mmap_mode="r")

    return write


@pytest.fixture
def fastmlp(monkeypatch, tmp_path, capsys):
    """A function that runs the command in a new folder and returns status, standard output and standard error.

    The line that announces compiling is left out: whether a kernel is compiled depends on the tests that ran before.
    """
    from fastmlp.cli import main as cli

    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["fastmlp", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.run_command()
        out = capsys.readouterr()
        lines = out.err.splitlines(keepends=True)
        return (
            end.value.code or 0,
            out.out,
            "".join(line for line in lines if not line.startswith("Compiling the kern")),
        )

    return call


@pytest.fixture(scope="session")
def trained(digits, tmp_path_factory):
    """A folder with the results of a short training, and the finished process with its output."""
    folder = tmp_path_factory.mktemp("trained")
    options = ["--epochs", "8", "--batch-size", "5", "--json"]
    command = [sys.executable, "-m", "fastmlp", "train", "--data", digits, "--out", folder, *options]
    return folder, subprocess.run(command, capture_output=True, text=True, check=True)
