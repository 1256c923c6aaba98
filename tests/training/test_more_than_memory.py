"""A file of 10 GB, sparse on the disk, is trained on in a few hundred megabytes."""

import subprocess
import sys

import pytest

MEGABYTES = 300
"""The most that the resident set may grow by, above a process that has trained the same network on few samples."""

PROGRAM = """
import re, struct, sys, time
from pathlib import Path

import numpy as np

from fastmlp import Network, Trainer
from fastmlp.datasets import read_idx

path, n = Path(sys.argv[1]), 10 * 10**9 // 784


def resident(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def fit(X, y):
    trainer = Trainer(Network((784, 16, 10), "relu", "cross_entropy"), learning_rate=0.1, batch_size=100, threads=1)
    trainer.fit(X, y, 1, validation=(X[-len(X) // 10 :], y[-len(X) // 10 :]))
    return trainer


few = np.ones((1000, 784), np.uint8)
fit(few, np.zeros(1000, np.uint8))
before = resident("VmRSS")
if path.suffix == ".npy":
    np.lib.format.open_memmap(path, "w+", np.uint8, (n, 784))
    X = np.load(path, mmap_mode="r")
else:
    with path.open("wb") as file:
        file.write(bytes((0, 0, 8, 3)) + struct.pack(">III", n, 28, 28))
        file.truncate(16 + n * 784)
    X = read_idx(path).reshape(-1, 784)
assert path.stat().st_blocks * 512 < 1e6, "not sparse"
trainer = fit(X, (np.arange(n) % 2).astype(np.uint8))
assert trainer.state.step == -(-n // 100)
assert trainer.network.accuracy(X, np.zeros(n, np.uint8)) in (0.0, 1.0)
print(resident("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sparse files, and the resident set in /proc")
@pytest.mark.parametrize("name", ["X.npy", "train-images-idx3-ubyte"])
def test_ten_gigabytes_take_little_memory(tmp_path, name):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / name], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < MEGABYTES
