"""The lecture's network, fastmlp beside the NumPy baseline: `pytest benchmarks --benchmark-only`.

Epochs of 60,000 digits in memory: MNIST where it is on this machine, else the drawn digits. That both contestants train
the same network is checked before anything is timed. For a comparison in interleaved rounds: `python -m benchmarks`.
"""

from typing import Any

import numpy as np
import pytest

from benchmarks.contestants import LEARNING_RATE, SEED, SIZES, TRAINERS, digits_here, fastmlp_trainer
from fastmlp import Dataset, Network, Trainer
from fastmlp.packing import pack_if_sparse
from fastmlp.presets import preset

LECTURE = preset("lecture")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return digits_here()


@pytest.mark.parametrize("batch_size", [10, 32])
@pytest.mark.parametrize("contestant", TRAINERS)
def test_epoch(benchmark: Any, digits: Dataset, contestant: str, batch_size: int) -> None:
    ours, theirs = (TRAINERS[name](digits, batch_size) for name in ("fastmlp", "numpy"))
    for _, train in (ours, theirs):
        train(1)
    for W, V in zip(ours[0].weights, theirs[0].weights, strict=True):
        np.testing.assert_allclose(W, V, atol=2e-3)
    benchmark.group = f"epoch of 60,000, batches of {batch_size}"
    benchmark.pedantic(TRAINERS[contestant](digits, batch_size)[1], args=(1,), rounds=15, warmup_rounds=2)


def test_packing(benchmark: Any, digits: Dataset) -> None:
    benchmark.group = "packing the data, once a fit"
    benchmark.pedantic(pack_if_sparse, args=(digits.train.X, SIZES[1]), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("contestant", TRAINERS)
def test_final_accuracy(benchmark: Any, digits: Dataset, contestant: str) -> None:
    """Train the preset `lecture` to its end; the accuracy is printed, stands in the JSON, and is checked."""
    network, train = TRAINERS[contestant](digits, LECTURE.batch_size)
    train_all = lambda: [train(epoch) for epoch in range(1, LECTURE.epochs + 1)]  # noqa: E731
    benchmark.group = "preset lecture to its end"
    benchmark.pedantic(train_all, rounds=1)
    X = digits.test.X.astype(np.float32) / 255
    accuracy = float(np.mean(network.predict(X) == digits.test.y))
    benchmark.extra_info["test_accuracy"] = accuracy
    print(f"\n{contestant}: test accuracy {accuracy:.2%}")
    assert 0.94 <= accuracy <= 0.98


def test_fastmlps_epoch_is_the_trainers(digits: Dataset) -> None:
    network, train = fastmlp_trainer(digits, 32)
    train(1)
    trained = Network(SIZES, seed=SEED)
    Trainer(trained, learning_rate=LEARNING_RATE, batch_size=32, seed=SEED).fit(*digits.train)
    np.testing.assert_array_equal(network.params, trained.params)
