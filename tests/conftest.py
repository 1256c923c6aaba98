"""Every test run compiles its kernels anew, or it may judge yesterday's; and none touches the user's own cache.

And the fixtures of the tests of the commands. The package is imported inside of them, once the caches are set.
"""

import os
import signal
import subprocess
import sys
import tempfile

import numpy as np
import pytest

_fresh = tempfile.TemporaryDirectory(prefix="fastmlp-tests-")
os.environ["NUMBA_CACHE_DIR"] = os.path.join(_fresh.name, "numba")  # noqa: PTH118 (before any import of the package)
os.environ["XDG_CACHE_HOME"] = os.path.join(_fresh.name, "cache")  # noqa: PTH118


@pytest.fixture
def interrupts():
    """Python's own handling of Ctrl-C, which a shell's background job does not have."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A folder of 2,000 + 300 drawn digits as IDX files."""
    from fastmlp.data import write_idx
    from fastmlp.data.drawn import draw_digits

    folder = tmp_path_factory.mktemp("digits")
    for stream, prefix, n in (("train", "train", 2000), ("test", "t10k", 300)):
        X, y = draw_digits(n, stream=stream)
        write_idx(folder / f"{prefix}-images-idx3-ubyte", X.reshape(-1, 28, 28))
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", y.astype(np.uint8))
    return folder


@pytest.fixture
def fastmlp(monkeypatch, tmp_path, capsys):
    """Call the command in a folder of its own; returns status, standard output, standard error."""
    from fastmlp import cli

    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["fastmlp", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.run_command()
        out = capsys.readouterr()
        return end.value.code or 0, out.out, out.err

    return call


@pytest.fixture(scope="session")
def trained(digits, tmp_path_factory):
    """A folder with the results of a short training, and what was printed."""
    folder = tmp_path_factory.mktemp("trained")
    options = ["--epochs", "8", "--batch-size", "5", "--json"]
    command = [sys.executable, "-m", "fastmlp", "train", "--data", digits, "--out", folder, *options]
    return folder, subprocess.run(command, capture_output=True, text=True, check=True)
