"""The contestants: for each, a function that returns a network and a function that trains it for an epoch.

All start from the weights of `Network(SIZES, seed=SEED)` and take the samples in the order of a Trainer with that seed.
The data is converted before the training function is returned, so that it is outside of every timer.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.numpy_baseline import NumpyNetwork
from fastmlp import Dataset, Network, Trainer, load_dataset
from fastmlp.data import find_dataset

SIZES, LEARNING_RATE, SEED = (784, 16, 16, 10), 1.0, 0


def digits_here() -> Dataset:
    """Return MNIST where it is on this machine, else the drawn digits."""
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
    return network, lambda epoch: network.train_epoch(X, targets, order_of_epoch(epoch, len(X)), LEARNING_RATE)


def fastmlp_trainer(digits: Dataset, batch_size: int) -> tuple[Network, Callable[[int], None]]:
    """Return fastmlp's network and a function that trains it for an epoch."""
    network = Network(SIZES, seed=SEED)
    trainer = Trainer(network, learning_rate=LEARNING_RATE, batch_size=batch_size, seed=SEED, threads=1)

    def train(epoch: int) -> None:
        trainer.fit(*digits.train)

    return network, train


TRAINERS: dict[str, Callable[[Dataset, int], Any]] = {"numpy": numpy_trainer, "fastmlp": fastmlp_trainer}
