"""The baseline: NumPy, vectorised over the batch (see `benchmarks/numpy_baseline.py`)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants import Epoch, TimedTraining
from benchmarks.numpy_baseline import NumpyNetwork, with_ones


def versions() -> dict[str, str]:
    return {"numpy": np.__version__}


class Training(TimedTraining):
    """The baseline's network on converted data; the environment sets the number of threads of the BLAS library."""

    def prepare(self, X: NDArray[np.uint8], y: NDArray[np.int64], weights: list[Any], biases: list[Any]) -> None:
        workload = self.workload
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
        self.factors = None
        if self.workload.schedule == "cosine":
            assert self.workload.epochs is not None, "a cosine has an end"
            steps = self.workload.steps(self.samples)
            progress = (np.arange(steps) + (number - 1) * steps) / (steps * self.workload.epochs)
            self.factors = (1 + np.cos(np.pi * progress)) / 2
        return super().train_epoch(number)

    def train(self, order: NDArray[np.int64]) -> float:
        return self.network.train_epoch(self.X1, self.targets, order, self.factors)

    def parameters(self) -> list[tuple[Any, Any]]:
        return list(zip(self.network.weights, self.network.biases, strict=True))
