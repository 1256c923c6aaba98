"""The share of a network's hidden units that are above zero. The kernels skip the others in matrix products."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import Workload
from fastmlp import Network, Split, Trainer

EPOCHS, SAMPLES = 3, 2000
"""Epochs after which the units are looked at, and samples that they are looked at for."""


def densities(workload: Workload, train: Split, epochs: int = EPOCHS) -> list[list[float]]:
    """Return the share of each hidden layer, bottom up, after each epoch of a training by fastmlp."""
    network = Network(workload.sizes, workload.activation, workload.loss, seed=0)
    trainer = Trainer(network, workload.optimizer, workload.learning_rate, batch_size=workload.batch_size)
    found = []
    for _ in range(epochs):
        trainer.fit(train.X, train.y)
        found.append(shares(network, train.X[:SAMPLES]))
    return found


def shares(network: Network, X: NDArray[Any]) -> list[float]:
    """Return the share of the units of each hidden layer of a network with ReLU that are above zero."""
    A, found = X / np.float32(255), []
    for W, b in zip(network.weights[:-1], network.biases[:-1], strict=True):
        A = np.maximum(A @ W + b, 0)
        found.append(float((A > 0).mean()))
    return found
