"""The lecture's network, fastmlp beside the NumPy baseline: `pytest benchmarks --benchmark-only`.

An epoch of 60,000 digits in memory: MNIST where it is on this machine, else the drawn digits. Both start from the same
weights and take the same batches; that they agree is checked before anything is timed.
"""

from typing import Any

import numpy as np
import pytest

from benchmarks.numpy_baseline import NumpyNetwork
from fastmlp import Network, Trainer, load_dataset
from fastmlp.data import find_dataset

SIZES, LEARNING_RATE, SEED = (784, 16, 16, 10), 1.0, 0


@pytest.fixture(scope="module")
def digits() -> Any:
    return load_dataset("mnist" if find_dataset("mnist") else "drawn")


def order_of_epoch(epoch: int, n: int) -> Any:
    """Return the order in which a Trainer takes the samples."""
    return np.random.default_rng((SEED, epoch)).permutation(n)


def numpy_training(digits: Any, network: Network, batch_size: int, epochs: int) -> Any:
    """Return a function that trains the baseline and returns it; the data is converted outside of it."""
    X, targets = (digits.train.X / 255).astype(np.float32), np.eye(10, dtype=np.float32)[digits.train.y]

    def train() -> NumpyNetwork:
        baseline = NumpyNetwork(network.weights, network.biases, batch_size)
        for epoch in range(1, epochs + 1):
            baseline.train_epoch(X, targets, order_of_epoch(epoch, len(X)), LEARNING_RATE)
        return baseline

    return train


def fastmlp_training(digits: Any, batch_size: int, epochs: int) -> Any:
    """Return a function that trains fastmlp's network and returns it."""

    def train() -> Network:
        network = Network(SIZES, seed=SEED)
        Trainer(network, learning_rate=LEARNING_RATE, batch_size=batch_size, seed=SEED).fit(
            digits.train.X, digits.train.y, epochs
        )
        return network

    return train


@pytest.mark.parametrize("batch_size", [10, 32])
@pytest.mark.parametrize("contestant", ["numpy", "fastmlp"])
def test_epoch(benchmark: Any, digits: Any, contestant: str, batch_size: int) -> None:
    fast, slow = (
        fastmlp_training(digits, batch_size, 1),
        numpy_training(digits, Network(SIZES, seed=SEED), batch_size, 1),
    )
    ours, theirs = fast(), slow()
    for W, V in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(W, V, atol=2e-3)
    benchmark.group = f"epoch of 60,000, batches of {batch_size}"
    benchmark.pedantic(slow if contestant == "numpy" else fast, rounds=7, warmup_rounds=1)


@pytest.mark.parametrize("contestant", ["numpy", "fastmlp"])
def test_final_accuracy(benchmark: Any, digits: Any, contestant: str) -> None:
    """Ten epochs, the preset `lecture`: the accuracy stands in the table's extra column of the JSON, and is checked."""
    train = (
        numpy_training(digits, Network(SIZES, seed=SEED), 10, 10)
        if contestant == "numpy"
        else fastmlp_training(digits, 10, 10)
    )
    trained = benchmark.pedantic(train, rounds=1)
    X = (digits.test.X / 255).astype(np.float32) if contestant == "numpy" else digits.test.X
    accuracy = float(np.mean(trained.predict(X) == digits.test.y))
    benchmark.group = "preset lecture to the end"
    benchmark.extra_info["test_accuracy"] = accuracy
    print(f"\n{contestant}: test accuracy {accuracy:.2%}")
    assert 0.94 <= accuracy <= 0.98
