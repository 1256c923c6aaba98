"""The NumPy baseline takes the steps of the equations."""

import numpy as np
import pytest
from helpers.twin import Twin

from benchmarks.contestants import order_of_epoch
from benchmarks.numpy_baseline import NumpyNetwork, with_ones
from fastmlp import Network


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_baseline_trains_as_the_book_says(drawn, activation, loss, optimizer):
    network = Network((784, 16, 12, 10), activation, loss, seed=1)
    rate = 0.001 if optimizer == "adam" else 0.1
    baseline = NumpyNetwork(network.weights, network.biases, activation, loss, optimizer, rate, 32)
    twin = Twin.of(network)
    X, y = drawn.train.X[:100], drawn.train.y[:100]
    order = order_of_epoch(0, 1, 100)
    mean = baseline.train_epoch(with_ones(X), np.eye(10, dtype=np.float32)[y], order)
    m = v = total = 0.0
    for step, batch in enumerate(np.split(order, [32, 64, 96]), start=1):
        total += twin.costs(X[batch], y[batch]).sum()
        gradient = twin.gradient(X[batch], y[batch])
        change = rate * gradient
        if optimizer == "adam":
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            change = rate * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        for array in (array for pair in zip(twin.weights, twin.biases, strict=True) for array in pair):
            array -= change[: array.size].reshape(array.shape)
            change = change[array.size :]
    assert mean == pytest.approx(total / 100, rel=1e-5)
    for ours, right in ((baseline.weights, twin.weights), (baseline.biases, twin.biases)):
        for a, b in zip(ours, right, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4 if optimizer == "adam" else 1e-6)


def test_each_step_has_its_own_factor_of_the_learning_rate(drawn):
    X1, targets = with_ones(drawn.train.X[:64]), np.eye(10, dtype=np.float32)[drawn.train.y[:64]]
    network = Network((784, 8, 10), "relu", "cross_entropy", seed=0)
    start = network.weights, network.biases, "relu", "cross_entropy"
    varied = NumpyNetwork(*start, "sgd", 0.1, 32)
    varied.train_epoch(X1, targets, np.arange(64), np.array([1.0, 0.5]))
    plain = NumpyNetwork(*start, "sgd", 0.1, 32)
    plain.train_epoch(X1, targets, np.arange(32))
    half = NumpyNetwork(plain.weights, plain.biases, "relu", "cross_entropy", "sgd", 0.05, 32)
    half.train_epoch(X1, targets, np.arange(32, 64))
    np.testing.assert_allclose(varied.params, half.params, rtol=1e-6)
