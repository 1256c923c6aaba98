"""Compiling ahead: afterwards nothing is compiled for trainings of any of these kinds."""

import subprocess
import sys

import pytest

from fastmlp.training.warm_up import all_forms

LATER = """
import numpy as np
from fastmlp import Network, Regularization, Trainer, kernels

compiled = []
kernels.compile_listeners.append(lambda: compiled.append(1))
rng = np.random.default_rng(0)
for share in (0.1, 0.9):
    X = (rng.integers(1, 256, (300, 100)) * (rng.random((300, 100)) < share)).astype(np.uint8)
    y = rng.integers(0, 3, 300)
    for values in (X, np.float32(X / 255), np.float64(X / 255), X.astype(bool), X.tolist()):
        for hidden, batch_size in (((16, 16), 10), ((64,), 32), ((300, 20, 20), 50), ((), 4)):
            network = Network((100, *hidden, 3), "tanh", "squared_error", seed=0)
            for optimizer in ("sgd", "momentum", "rmsprop", "adamw"):
                more = {"regularization": Regularization(l1=0.1, max_norm=3.0, clip_norm=1.0), "averaging": 0.9}
                for options in ({}, more):
                    trainer = Trainer(network, optimizer, 0.01, batch_size, threads=2, **options)
                    trainer.fit(values, y, validation=0.2)
            network.predict(values), network.predict_proba(values[:1]), network.evaluate(values, y)
assert not compiled
"""


def test_the_forms_differ():
    forms = list(all_forms())
    assert len(set(forms)) == len(forms) == len(set(map(str, forms))) == 25


@pytest.mark.slow
def test_nothing_is_compiled_after_warming_up(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    warm = [sys.executable, "-m", "fastmlp", "warmup"]
    ended = subprocess.run(warm, capture_output=True, text=True, check=True)
    assert "25 of 25: bytes, many zeros, wide, adam, augmented" in ended.stderr
    assert f"The kernels are in {tmp_path}" in ended.stdout
    subprocess.run([sys.executable, "-c", LATER], check=True)
