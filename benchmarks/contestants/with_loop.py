"""Backpropagation one sample at a time, in the style of network.py of M. Nielsen's book, chapter 1.

As in the book, samples are column vectors, each layer has a matrix in a list, the gradients of a batch are summed in
Python, everything is float64, and training computes no loss.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants import TimedTraining

Matrix = NDArray[np.float64]


def versions() -> dict[str, str]:
    return {"numpy": np.__version__}


def sigmoid(z: Matrix) -> Matrix:
    return 1.0 / (1.0 + np.exp(-z))


class Training(TimedTraining):
    """The book's `Network` and its SGD."""

    def prepare(self, X: NDArray[np.uint8], y: NDArray[np.int64], weights: list[Any], biases: list[Any]) -> None:
        workload = self.workload
        assert (workload.activation, workload.loss, workload.optimizer) == ("sigmoid", "squared_error", "sgd")
        self.eta, self.batch_size = workload.learning_rate, workload.batch_size
        self.weights = [np.array(W.T, np.float64) for W in weights]
        self.biases = [np.array(b[:, None], np.float64) for b in biases]
        one_hot = np.eye(workload.sizes[-1])
        self.pairs = [(row[:, None], one_hot[label][:, None]) for row, label in zip(X / 255, y, strict=True)]

    def train(self, order: NDArray[np.int64]) -> None:
        shuffled = [self.pairs[i] for i in order]
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
