"""The readable NumPy twin of every kernel, in float64: written from the book, imports nothing that it judges."""

from dataclasses import dataclass

import numpy as np


def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


ACTIVATE = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
}

DERIVATIVE = {  # of the activation's output
    "identity": lambda a: np.ones_like(a),
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0).astype(float),
}


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def one_hot(y, n):
    return np.eye(n)[y]


@dataclass
class Twin:
    """A network of plain float64 arrays."""

    weights: list
    biases: list
    activation: str
    loss: str

    @classmethod
    def of(cls, network):
        as_float = [np.array(W, np.float64) for W in network.weights], [np.array(b, np.float64) for b in network.biases]
        return cls(*as_float, network.activation, network.loss)

    def forward(self, X):
        """All activations, the inputs first; the outputs last."""
        A = [X / 255 if X.dtype == np.uint8 else X.astype(np.float64)]
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            Z = A[-1] @ W + b
            if layer < len(self.weights) - 1:
                A.append(ACTIVATE[self.activation](Z))
            else:
                A.append(softmax(Z) if self.loss == "cross_entropy" else sigmoid(Z))
        return A

    def costs(self, X, y):
        """The loss of each sample."""
        outputs = self.forward(X)[-1]
        if self.loss == "cross_entropy":
            return -np.log(outputs[np.arange(len(y)), y])
        return 0.5 * ((outputs - one_hot(y, outputs.shape[1])) ** 2).sum(axis=1)

    def gradient(self, X, y):
        """The gradient of the mean loss: W then b, layer by layer, in one vector."""
        A = self.forward(X)
        delta = (A[-1] - one_hot(y, A[-1].shape[1])) / len(y)
        if self.loss == "squared_error":
            delta = delta * A[-1] * (1 - A[-1])
        parts = []
        for layer in reversed(range(len(self.weights))):
            parts = [(A[layer].T @ delta).ravel(), delta.sum(axis=0), *parts]
            if layer:
                delta = delta @ self.weights[layer].T * DERIVATIVE[self.activation](A[layer])
        return np.concatenate(parts)

    def step(self, X, y, optimizer):
        """One step of an optimizer, a function of the gradient; returns the mean loss before it."""
        loss, change = self.costs(X, y).mean(), optimizer(self.gradient(X, y))
        for array in (array for pair in zip(self.weights, self.biases, strict=True) for array in pair):
            array += change[: array.size].reshape(array.shape)
            change = change[array.size :]
        return loss


def sgd(learning_rate):
    """The change of the parameters, as a function of the gradient."""
    return lambda gradient: -learning_rate * gradient


def momentum(learning_rate, momentum):
    """Nielsen, chapter 3, with the velocity as a sum of gradients."""
    velocity = 0

    def change(gradient):
        nonlocal velocity
        velocity = momentum * velocity + gradient
        return -learning_rate * velocity

    return change


def adam(learning_rate, beta_1, beta_2, epsilon):
    """Kingma and Ba, algorithm 1."""
    t = m = v = 0

    def change(gradient):
        nonlocal t, m, v
        t += 1
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        return -learning_rate * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)

    return change
