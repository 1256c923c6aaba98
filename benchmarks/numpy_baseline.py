"""The baseline: the same network and the same training in plain NumPy, vectorised over the batch.

As its own users would write it well: float32 throughout, the data set converted once and outside the timer, every
array of a step allocated once and written with `out=`, the weights as (n_in, n_out) so that no product is transposed.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class NumpyNetwork:
    """A perceptron with sigmoid layers and squared error, trained by gradient descent on mini-batches.

    Parameters
    ----------
    weights, biases : sequences of arrays (n_in, n_out) and (n_out,)
        Copied.
    batch_size : int
        Every batch has this size: samples that fill no batch are left out of the epoch.
    """

    def __init__(self, weights: Any, biases: Any, batch_size: int) -> None:
        self.weights = [np.array(W, np.float32) for W in weights]
        self.biases = [np.array(b, np.float32) for b in biases]
        self.batch_size = batch_size
        sizes = [len(self.weights[0]), *(len(b) for b in self.biases)]
        self.inputs = np.empty((batch_size, sizes[0]), np.float32)
        self.activations = [np.empty((batch_size, n), np.float32) for n in sizes[1:]]
        self.deltas = [np.empty_like(A) for A in self.activations]
        self.slopes = [np.empty_like(A) for A in self.activations]
        self.gradients = [np.empty((n_in, n_out), np.float32) for n_in, n_out in pairwise(sizes)]

    def train_epoch(self, X: Floats, targets: Floats, order: NDArray[np.int64], learning_rate: float) -> None:
        """Take a step for every batch of `order`.

        Parameters
        ----------
        X : (n, n_in) float32
            Values from 0 to 1.
        targets : (n, n_out) float32
            1 for the label, 0 elsewhere.
        order : (m,) int64
            Rows of X in the order of training.
        learning_rate : float
        """
        for start in range(0, len(order) - self.batch_size + 1, self.batch_size):
            batch = order[start : start + self.batch_size]
            np.take(X, batch, axis=0, out=self.inputs)
            self._forward()
            np.subtract(self.activations[-1], targets[batch], out=self.deltas[-1])
            self._step(np.float32(learning_rate / self.batch_size))

    def _forward(self) -> None:
        A = self.inputs
        for W, b, Z in zip(self.weights, self.biases, self.activations, strict=True):
            np.dot(A, W, out=Z)
            Z += b
            np.negative(Z, out=Z)
            np.exp(Z, out=Z)
            Z += 1
            np.reciprocal(Z, out=Z)
            A = Z

    def _step(self, rate: np.float32) -> None:
        for layer in reversed(range(len(self.weights))):
            A, delta, slope = self.activations[layer], self.deltas[layer], self.slopes[layer]
            np.subtract(1, A, out=slope)
            slope *= A
            delta *= slope
            if layer:
                np.dot(delta, self.weights[layer].T, out=self.deltas[layer - 1])
            np.dot((self.activations[layer - 1] if layer else self.inputs).T, delta, out=self.gradients[layer])
            self.gradients[layer] *= rate
            self.weights[layer] -= self.gradients[layer]
            self.biases[layer] -= rate * delta.sum(axis=0)

    def predict(self, X: Floats) -> NDArray[np.int64]:
        """Return the label of each row of `X` (n, n_in)."""
        A = X
        for W, b in zip(self.weights, self.biases, strict=True):
            A = 1 / (1 + np.exp(-(A @ W + b)))
        labels: NDArray[np.int64] = A.argmax(axis=1)
        return labels
