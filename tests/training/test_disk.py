"""Trainings on samples that stay on the disk: the bits, resuming, faults in the file; and 10 GB in little memory."""

import subprocess
import sys

import numpy as np
import pytest
from helpers.tasks import KillAfter, KilledError, outcome, task, training

from fastmlp import Augmentation, Callback, InputError, Network, Regularization, Trainer

METHODS = {
    "plain": {},
    "averaging": {"averaging": 0.9},
    "dropout": {"regularization": Regularization(dropout=0.2, input_dropout=0.1, label_smoothing=0.1)},
    "augmentation": {"augmentation": Augmentation(shift=1, rotation=10, elastic=2.0, shape=(4, 5))},
    "weights": {"class_weights": [1.0, 2.0, 1.0, 0.5]},
}


def fitted(X, y, threads=1, validation=0.2, **options):
    trainer = Trainer(Network((20, 16, 4), "relu", "cross_entropy", seed=1), "adam", 0.01, 7, 3, threads, **options)
    trainer.fit(X, y, 2, validation)
    return trainer


@pytest.mark.parametrize("methods", METHODS.values(), ids=METHODS)
def test_one_window_gives_the_bits_of_samples_in_memory(on_disk, methods):
    X, y = task()
    in_memory = outcome(fitted(X, y, **methods))
    assert outcome(fitted(on_disk(X, window=1 << 20), y, **methods)) == in_memory


@pytest.mark.parametrize("methods", METHODS.values(), ids=METHODS)
def test_threads_and_slices_do_not_matter(on_disk, monkeypatch, methods):
    X, y = task()
    mapped = on_disk(X)
    one = outcome(fitted(mapped, y, **methods))
    assert one != outcome(fitted(X, y, **methods))
    for threads in (2, 3):
        assert outcome(fitted(mapped, y, threads, **methods)) == one
    monkeypatch.setattr("fastmlp.training.loop.FIRST_SLICE_FLOP", 1)
    monkeypatch.setattr("fastmlp.training.loop.SLICE_SECONDS", 1e-9)
    assert outcome(fitted(mapped, y, 2, **methods)) == one


@pytest.mark.parametrize("methods", METHODS.values(), ids=METHODS)
def test_going_on_has_the_bits_of_an_undivided_run(on_disk, tmp_path, methods):
    X, y = task(200)
    changes = {"data": (on_disk(X), y), "epochs": 5, "stop": False} | methods
    whole, path = training(None, **changes), tmp_path / "c.safetensors"
    with pytest.raises(KilledError):
        training(path, callbacks=[KillAfter(3)], **changes)
    assert outcome(training(path, path, threads=2, **changes)) == outcome(whole)
    with pytest.raises(InputError, match="other data"):
        training(path, path, **changes | {"data": (X, y)})


def test_validation_samples_stay_on_the_disk_too(on_disk):
    (X, y), (X_held_out, y_held_out) = task(), task(50, seed=1)
    in_memory = fitted(X, y, validation=(X_held_out, y_held_out))
    held_out = on_disk(X_held_out, 1 << 20, name="held-out.npy")
    trainer = fitted(on_disk(X, 1 << 20), y, validation=(held_out, y_held_out))
    assert outcome(trainer) == outcome(in_memory)


@pytest.mark.parametrize("stored", [">f4", "<f8"])
def test_floats_of_any_kind(on_disk, stored):
    X, y = task()
    in_memory = fitted((X / 255).astype(stored), y)
    assert outcome(fitted(on_disk((X / 255).astype(stored), 1 << 20), y)) == outcome(in_memory)


def test_progress_goes_on_over_windows(on_disk):
    X, y = task()
    heard = []

    class Listen(Callback):
        def on_slice_end(self, epoch, done, total):
            heard.append((epoch, done, total))

    trainer = Trainer(Network((20, 4)), batch_size=7)
    trainer.fit(on_disk(X), y, 2, callbacks=[Listen()])
    assert [done for epoch, done, _ in heard if epoch == 2] == [56, 112, 168, 224, 280, 300]
    assert trainer.state.step == 2 * 43
    assert trainer.history[-1].accuracy > 0.5


def test_a_wrong_value_leaves_the_weights_from_before_the_epoch(on_disk):
    X, y = task()
    X = (X / 255).astype(np.float32)
    X[123, 7] = np.nan
    network = Network((20, 4), seed=1)
    before, trainer = network.params.copy(), Trainer(network, batch_size=7)
    with pytest.raises(InputError, match=r"^X\[123, 7\] is nan as float32: remove or replace such values"):
        trainer.fit(on_disk(X), y, 2)
    np.testing.assert_array_equal(network.params, before)
    assert (trainer.state.step, len(trainer.history)) == (0, 0)


MEGABYTES = 300
"""The most that the resident set may grow by, above a process that has trained the same network on few samples."""

PROGRAM = """
import contextlib, re, struct, sys
from pathlib import Path

import numpy as np

from fastmlp import Callback, Network, Trainer
from fastmlp.datasets import read_idx

path, n = Path(sys.argv[1]), 10 * 10**9 // 784
most = n if path.suffix == ".npy" else n // 10


class EnoughError(Exception):
    pass


class Enough(Callback):
    def on_slice_end(self, epoch, done, total):
        if most <= done < total:
            raise EnoughError


def resident(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def fit(X, y):
    trainer = Trainer(Network((784, 16, 10), "relu", "cross_entropy"), learning_rate=0.1, batch_size=100, threads=1)
    with contextlib.suppress(EnoughError):
        trainer.fit(X, y, 1, validation=(X[-len(X) // 5 :], y[-len(X) // 5 :]), callbacks=[Enough()])
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
assert trainer.state.step >= most // 100
if most == n:
    assert trainer.state.step == -(-n // 100)
    assert len(trainer.history) == 1
print(resident("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sparse files, and the resident set in /proc")
@pytest.mark.parametrize("name", ["X.npy", "train-images-idx3-ubyte"])
def test_ten_gigabytes_take_little_memory(tmp_path, name):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / name], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < MEGABYTES


def test_without_shuffling_windows_come_in_order(on_disk):
    X, y = task()
    in_memory = outcome(fitted(X, y, shuffle=False))
    assert outcome(fitted(on_disk(X), y, shuffle=False)) == in_memory
    assert in_memory != outcome(fitted(X, y))
