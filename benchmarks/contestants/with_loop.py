"""Backpropagation one sample at a time, in the style of network.py of M. Nielsen's book, chapter 1.

Column vectors, lists of a matrix for each layer, the gradients of a batch summed in Python, float64, as there. It
computes no loss in training, as there.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants import Epoch, timed
from benchmarks.workloads import Workload

Matrix = NDArray[np.float64]


def versions() -> dict[str, str]:
    return {"numpy": np.__version__}


def sigmoid(z: Matrix) -> Matrix:
    return 1.0 / (1.0 + np.exp(-z))


class Training:
    """The book's `Network`, its SGD for one epoch."""

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
        assert (workload.activation, workload.loss, workload.optimizer) == ("sigmoid", "squared_error", "sgd")
        self.seed, self.eta, self.batch_size = seed, workload.learning_rate, workload.batch_size
        self.weights = [np.array(W.T, np.float64) for W in weights]
        self.biases = [np.array(b[:, None], np.float64) for b in biases]
        one_hot = np.eye(workload.sizes[-1])
        self.samples = [(row[:, None], one_hot[label][:, None]) for row, label in zip(X / 255, y, strict=True)]

    def train_epoch(self, number: int) -> Epoch:
        return timed(self._train, self.seed, number, len(self.samples))

    def _train(self, order: NDArray[np.int64]) -> None:
        shuffled = [self.samples[i] for i in order]
        for start in range(0, len(shuffled), self.batch_size):
            self._update_mini_batch(shuffled[start : start + self.batch_size])

    def _update_mini_batch(self, batch: list[tuple[Matrix, Matrix]]) -> None:
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in batch:
            delta_b, delta_w = self._backprop(x, y)
            nabla_b = [nb + db for nb, db in zip(nabla_b, delta_b, strict=True)]
            nabla_w = [nw + dw for nw, dw in zip(nabla_w, delta_w, strict=True)]
        rate = self.eta / len(batch)
        self.weights = [w - rate * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - rate * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def _backprop(self, x: Matrix, y: Matrix) -> tuple[list[Matrix], list[Matrix]]:
        activations = [x]
        for b, w in zip(self.biases, self.weights, strict=True):
            activations.append(sigmoid(np.dot(w, activations[-1]) + b))
        a = activations[-1]
        delta = (a - y) * a * (1 - a)
        nabla_b, nabla_w = [delta], [np.dot(delta, activations[-2].T)]
        for layer in range(2, len(activations)):
            a = activations[-layer]
            delta = np.dot(self.weights[-layer + 1].T, delta) * a * (1 - a)
            nabla_b.insert(0, delta)
            nabla_w.insert(0, np.dot(delta, activations[-layer - 1].T))
        return nabla_b, nabla_w

    def parameters(self) -> list[tuple[Any, Any]]:
        return [(w.T, b[:, 0]) for w, b in zip(self.weights, self.biases, strict=True)]
