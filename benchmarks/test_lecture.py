"""The lecture's network, fastmlp beside the NumPy baseline: `pytest benchmarks --benchmark-only`.

Epochs of 60,000 digits in memory: MNIST where it is on this machine, else the drawn digits. Both contestants start from
the same weights and take the same batches, which is checked before anything is timed. The data is converted outside of
the timer for both; what that takes fastmlp is a figure of its own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.numpy_baseline import NumpyNetwork
from fastmlp import Dataset, Network, Trainer, kernels, load_dataset
from fastmlp.data import find_dataset
from fastmlp.packing import pack_if_sparse
from fastmlp.presets import preset

SIZES, SEED = (784, 16, 16, 10), 0
LECTURE = preset("lecture")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("mnist" if find_dataset("mnist") else "drawn")


def order_of_epoch(epoch: int, n: int) -> Any:
    """Return the order in which a Trainer takes the samples."""
    return np.random.default_rng((SEED, epoch)).permutation(n)


def numpy_trainer(digits: Dataset, batch_size: int) -> tuple[NumpyNetwork, Callable[[int], None]]:
    """Return the baseline and a function that trains it for an epoch."""
    X: Any = digits.train.X.astype(np.float32) / 255
    targets = np.eye(10, dtype=np.float32)[digits.train.y]
    start = Network(SIZES, seed=SEED)
    network = NumpyNetwork(start.weights, start.biases, batch_size)
    return network, lambda epoch: network.train_epoch(X, targets, order_of_epoch(epoch, len(X)), LECTURE.learning_rate)


def fastmlp_trainer(digits: Dataset, batch_size: int) -> tuple[Network, Callable[[int], None]]:
    """Return fastmlp's network and a function that trains it for an epoch: what a Trainer calls, without its slices."""
    network = Network(SIZES, seed=SEED)
    packed, n = pack_if_sparse(digits.train.X), len(digits.train.X)
    assert packed is not None
    settings = (*network.codes, batch_size, LECTURE.learning_rate)
    scratch = np.empty(kernels.scratch_size(network.layout, batch_size), np.float32)
    memory = scratch, np.empty(network.n_params, np.float32), np.empty(-(-n // batch_size))

    def train(epoch: int) -> None:
        order = order_of_epoch(epoch, n)
        kernels.train_sgd_packed(*packed, digits.train.y, order, network.layout, network.params, *settings, *memory)

    return network, train


TRAINERS: dict[str, Callable[[Dataset, int], Any]] = {"numpy": numpy_trainer, "fastmlp": fastmlp_trainer}


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
    benchmark.pedantic(pack_if_sparse, args=(digits.train.X,), rounds=5, warmup_rounds=1)


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
    Trainer(trained, learning_rate=LECTURE.learning_rate, batch_size=32, seed=SEED).fit(*digits.train)
    np.testing.assert_array_equal(network.params, trained.params)
