"""The baseline: NumPy, vectorised over the batch (`benchmarks/numpy_baseline.py`)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants import Epoch, timed
from benchmarks.numpy_baseline import NumpyNetwork, with_ones
from benchmarks.workloads import Workload


def versions() -> dict[str, str]:
    return {"numpy": np.__version__}


class Training:
    """The baseline's network on converted data. Its number of threads is the BLAS library's, set by the environment."""

    def __init__(
        self,
        workload: Workload,
        X: NDArray[np.uint8],
        y: NDArray[np.int64],
        weights: list[Any],
        biases: list[Any],
        seed: int,
        threads: int,
    ) -> None:
        self.seed, self.workload = seed, workload
        self.X1, self.targets = with_ones(X), np.eye(workload.sizes[-1], dtype=np.float32)[y]
        if workload.label_smoothing:
            self.targets *= np.float32(1 - workload.label_smoothing)
            self.targets += np.float32(workload.label_smoothing / workload.sizes[-1])
        self.network = NumpyNetwork(
            weights,
            biases,
            workload.activation,
            workload.loss,
            workload.optimizer,
            workload.learning_rate,
            workload.batch_size,
            workload.label_smoothing > 0,
        )

    def train_epoch(self, number: int) -> Epoch:
        factors = None
        if self.workload.schedule == "cosine":
            assert self.workload.epochs is not None, "a cosine has an end"
            steps = self.workload.steps(len(self.X1))
            share_done = (np.arange(steps) + (number - 1) * steps) / (steps * self.workload.epochs)
            factors = (1 + np.cos(np.pi * share_done)) / 2
        train = lambda order: self.network.train_epoch(self.X1, self.targets, order, factors)  # noqa: E731
        return timed(train, self.seed, number, len(self.X1))

    def parameters(self) -> list[tuple[Any, Any]]:
        return list(zip(self.network.weights, self.network.biases, strict=True))
