"""The baseline: the same networks and the same training in plain NumPy, vectorised over the batch.

It is as fast as we could make NumPy with its public functions alone. Everything is float32, the data is converted once
outside of the timer, and every array of a step is allocated beforehand and written with `out=`. The rest of its speed:

* A call costs at least half a microsecond, more than the work of a small layer. So a layer's biases are one more column
  of its weights, and every activation has a row of ones below it: the biases need no call, forward or backward.
* All parameters lie in one vector and all gradients in another. A step of SGD is one subtraction, since the learning
  rate is multiplied into the outputs' error, which is small.
* Activations are (units, batch), so that the maximum and the sum of a softmax run along contiguous rows.
* `np.take` with mode="clip" writes to `out` directly; with the default it goes through a buffer.
* Adam keeps its averages scaled, which saves a pass over the parameters for each. (Blocks of parameters that stay in
  the cache were no faster: they take more calls.)

The equations are those of M. Nielsen, Neural Networks and Deep Learning, chapter 2, and of D. Kingma and J. Ba, Adam,
2015.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def with_ones(X: NDArray[np.uint8]) -> Floats:
    """Return the inputs (n, n_in) divided by 255, followed by a column of ones: (n, n_in + 1) float32."""
    X1 = np.ones((len(X), X.shape[1] + 1), np.float32)
    np.divide(X, np.float32(255), out=X1[:, :-1])
    return X1


class NumpyNetwork:
    """A multilayer perceptron trained on mini-batches.

    Parameters
    ----------
    weights, biases : sequences of arrays (n_in, n_out) and (n_out,)
        Initial parameters; they are copied.
    activation : {"sigmoid", "relu"}
        Activation of the hidden layers.
    loss : {"squared_error", "cross_entropy"}
        "squared_error": sigmoid outputs, half the sum of squares; "cross_entropy": softmax outputs.
    optimizer : {"sgd", "adam"}
    learning_rate : float
    batch_size : int
        The last batch of an epoch may be shorter.
    smoothed : bool
        Whether targets of "cross_entropy" differ from 0 and 1. That takes one more logarithm per output.
    """

    def __init__(
        self,
        weights: Sequence[Any],
        biases: Sequence[Any],
        activation: str,
        loss: str,
        optimizer: str,
        learning_rate: float,
        batch_size: int,
        smoothed: bool = False,
    ) -> None:
        self.activation, self.loss, self.optimizer, self.smoothed = activation, loss, optimizer, smoothed
        self.learning_rate, self.batch_size = learning_rate, batch_size
        self.sizes = [len(weights[0]), *map(len, biases)]
        n_params = sum((n_in + 1) * n_out for n_in, n_out in pairwise(self.sizes))
        self.params, self.gradient = np.empty(n_params, np.float32), np.empty(n_params, np.float32)
        self.layers, self.gradients = self._views(self.params), self._views(self.gradient)
        for V, W, b in zip(self.layers, weights, biases, strict=True):
            V[:, :-1], V[:, -1] = np.asarray(W).T, b
        self.adam = Adam(self.params, self.gradient) if optimizer == "adam" else None
        self.workspaces: dict[int, Workspace] = {}

    def _views(self, vector: Floats) -> list[Floats]:
        """Return a view of each layer in a vector of parameters: (n_out, n_in + 1), biases in the last column."""
        views, start = [], 0
        for n_in, n_out in pairwise(self.sizes):
            stop = start + n_out * (n_in + 1)
            views.append(vector[start:stop].reshape(n_out, n_in + 1))
            start = stop
        return views

    @property
    def weights(self) -> list[Floats]:
        """The weights of each layer, (n_in, n_out)."""
        return [V[:, :-1].T for V in self.layers]

    @property
    def biases(self) -> list[Floats]:
        """The biases of each layer, (n_out,)."""
        return [V[:, -1] for V in self.layers]

    def train_epoch(
        self, X1: Floats, targets: Floats, order: NDArray[np.int64], factors: NDArray[np.float64] | None = None
    ) -> float:
        """Train for one epoch: take a step for every batch of `order`.

        Parameters
        ----------
        X1 : (n, n_in + 1) float32
            Inputs, from `with_ones`.
        targets : (n, n_out) float32
            1 for the label and 0 elsewhere, or smoothed.
        order : (m,) int64
            Rows of X1, in the order of training.
        factors : (steps,) float64, optional
            Factor of the learning rate at each step.

        Returns
        -------
        float
            Mean loss; each batch's loss is taken before its step.
        """
        losses = np.zeros(len(order), np.float32)
        backwards = self._step_squared_error if self.loss == "squared_error" else self._step_cross_entropy
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            rows = len(batch)
            if rows not in self.workspaces:
                self.workspaces[rows] = Workspace(self, rows)
            work, rate = self.workspaces[rows], self.learning_rate
            if factors is not None:
                rate *= float(factors[start // self.batch_size])
                if self.adam is None:
                    work.scale = np.float32(rate / rows)
            X1.take(batch, axis=0, out=work.inputs, mode="clip")
            targets.take(batch, axis=0, out=work.targets, mode="clip")
            self._forward(work)
            backwards(work, losses[start : start + rows])
            if self.adam is None:
                np.subtract(self.params, self.gradient, out=self.params)
            else:
                self.adam.step(rate)
        if self.loss == "cross_entropy":
            np.log(losses, out=losses)
            return -float(losses.mean(dtype=np.float64))
        return float(losses.mean(dtype=np.float64)) / 2

    def _forward(self, work: "Workspace") -> None:
        A1 = work.inputs.T
        for V, Z, Z1 in work.forward:
            np.dot(V, A1, out=Z)
            is_last = Z is work.outputs
            if is_last and self.loss == "cross_entropy":
                np.maximum.reduce(Z, axis=0, out=work.row)
                np.subtract(Z, work.row, out=Z)
                np.exp(Z, out=Z)
                np.add.reduce(Z, axis=0, out=work.row)
                np.divide(Z, work.row, out=Z)
            elif not is_last and self.activation == "relu":
                np.maximum(Z, 0, out=Z)
            else:
                np.negative(Z, out=Z)
                np.exp(Z, out=Z)
                np.add(Z, 1, out=Z)
                np.reciprocal(Z, out=Z)
            A1 = Z1

    def _step_squared_error(self, work: "Workspace", losses: Floats) -> None:
        """Compute the batch's gradient, and write twice its summed loss into the first of `losses`."""
        delta = work.output_delta
        np.subtract(work.outputs, work.targets_t, out=delta)
        np.dot(work.flat_delta, work.flat_delta, out=losses[:1].reshape(()))
        np.multiply(delta, work.scale, out=delta)
        _multiply_by_slope(delta, work.outputs, work.output_slope, "sigmoid")
        self._backward(work)

    def _step_cross_entropy(self, work: "Workspace", losses: Floats) -> None:
        """Compute the batch's gradient, and write exp(-loss) of each sample, its label's probability, into `losses`."""
        delta = work.output_delta
        if self.smoothed:
            np.log(work.outputs, out=delta)
            np.multiply(delta, work.targets_t, out=delta)
        else:
            np.multiply(work.outputs, work.targets_t, out=delta)
        np.add.reduce(delta, axis=0, out=losses)
        if self.smoothed:
            np.exp(losses, out=losses)
        np.subtract(work.outputs, work.targets_t, out=delta)
        np.multiply(delta, work.scale, out=delta)
        self._backward(work)

    def _backward(self, work: "Workspace") -> None:
        for G, delta, A1_below_t, W_t, delta_below, A_below, slope_below in work.backward:
            np.dot(delta, A1_below_t, out=G)
            if delta_below is not None:
                np.dot(W_t, delta, out=delta_below)
                _multiply_by_slope(delta_below, A_below, slope_below, self.activation)


def _multiply_by_slope(delta: Floats, A: Floats, slope: Any, activation: str) -> None:
    """Multiply `delta` in place by the derivative of the activation whose output is `A`; `slope` is overwritten."""
    if activation == "relu":
        np.greater(A, 0, out=slope)
    else:
        np.subtract(1, A, out=slope)
        np.multiply(slope, A, out=slope)
    np.multiply(delta, slope, out=delta)


class Workspace:
    """All arrays that a step on `rows` samples writes, and the views that it needs."""

    def __init__(self, network: NumpyNetwork, rows: int) -> None:
        sizes = network.sizes
        self.inputs = np.empty((rows, sizes[0] + 1), np.float32)
        self.targets = np.empty((rows, sizes[-1]), np.float32)
        self.targets_t = self.targets.T
        with_ones_below = [np.ones((n + 1, rows), np.float32) for n in sizes[1:]]
        activations = [A1[:-1] for A1 in with_ones_below]
        deltas = [np.empty((n, rows), np.float32) for n in sizes[1:]]
        kind = np.bool_ if network.activation == "relu" else np.float32
        slopes: list[Any] = [np.empty((n, rows), kind) for n in sizes[1:-1]]
        self.output_slope = np.empty((sizes[-1], rows), np.float32)
        self.outputs, self.output_delta = activations[-1], deltas[-1]
        self.flat_delta = self.output_delta.reshape(-1)
        self.row = np.empty(rows, np.float32)
        self.scale = np.float32((network.learning_rate if network.optimizer == "sgd" else 1) / rows)
        self.forward = list(zip(network.layers, activations, with_ones_below, strict=True))
        self.backward: list[tuple[Any, ...]] = []
        for layer in reversed(range(len(deltas))):
            G, delta = network.gradients[layer], deltas[layer]
            if layer:
                W_t = network.layers[layer][:, :-1].T
                below = (with_ones_below[layer - 1].T, W_t, deltas[layer - 1], activations[layer - 1])
                self.backward.append((G, delta, *below, slopes[layer - 1]))
            else:
                self.backward.append((G, delta, self.inputs, None, None, None, None))


class Adam:
    """Adam on one vector of parameters.

    The averages are stored divided by (1 - beta). Adding the gradient then needs no factor; the rate of a step and its
    epsilon make up for it.
    """

    def __init__(self, params: Floats, gradient: Floats) -> None:
        self.vectors = params, gradient, np.zeros_like(params), np.zeros_like(params)
        self.steps = 0

    def step(self, learning_rate: float) -> None:
        """Update the parameters in place; the gradient is overwritten."""
        self.steps += 1
        correction = np.sqrt((1 - BETA2**self.steps) / (1 - BETA2))
        rate = np.float32(learning_rate * (1 - BETA1) / (1 - BETA1**self.steps) * correction)
        epsilon, beta1, beta2 = np.float32(EPSILON * correction), np.float32(BETA1), np.float32(BETA2)
        p, g, m, v = self.vectors
        np.multiply(m, beta1, out=m)
        np.add(m, g, out=m)
        np.multiply(v, beta2, out=v)
        np.multiply(g, g, out=g)
        np.add(v, g, out=v)
        np.sqrt(v, out=g)
        np.add(g, epsilon, out=g)
        np.divide(m, g, out=g)
        np.multiply(g, rate, out=g)
        np.subtract(p, g, out=p)
