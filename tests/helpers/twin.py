"""The readable NumPy twin of every kernel, in float64: written from the book, and importing nothing that it judges."""

import math
from dataclasses import dataclass

import numpy as np


def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def normal(z):
    return np.vectorize(lambda z: 0.5 * math.erfc(-z / math.sqrt(2)), otypes=[float])(z)


ACTIVATE = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "softplus": lambda z: np.logaddexp(0, z),
    "silu": lambda z: z * sigmoid(z),
    "gelu": lambda z: z * normal(z),
}

DERIVATIVE = {
    "identity": lambda z: np.ones_like(z),
    "sigmoid": lambda z: sigmoid(z) * (1 - sigmoid(z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0).astype(float),
    "leaky_relu": lambda z: np.where(z > 0, 1, 0.01),
    "elu": lambda z: np.where(z >= 0, 1, np.exp(np.minimum(z, 0))),
    "softplus": sigmoid,
    "silu": lambda z: sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z)),
    "gelu": lambda z: normal(z) + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi),
}


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


OUTPUTS = {
    "squared_error": sigmoid,
    "cross_entropy": softmax,
    "binary_cross_entropy": sigmoid,
    "regression": lambda z: z,
}

COSTS = {  # functions of the outputs a and the targets t
    "squared_error": lambda a, t: (a - t) ** 2 / 2,
    "cross_entropy": lambda a, t: -t * np.log(a),
    "binary_cross_entropy": lambda a, t: -t * np.log(a) - (1 - t) * np.log(1 - a),
    "regression": lambda a, t: (a - t) ** 2 / 2,
}


def one_hot(y, n):
    return np.eye(n)[y]


@dataclass
class Twin:
    """A network whose weights and biases are plain float64 arrays."""

    weights: list
    biases: list
    activation: str
    loss: str

    @classmethod
    def of(cls, network):
        as_float = [np.array(W, np.float64) for W in network.weights], [np.array(b, np.float64) for b in network.biases]
        return cls(*as_float, network.activation, network.loss)

    @property
    def params(self):
        pairs = zip(self.weights, self.biases, strict=True)
        return np.concatenate([array.ravel() for pair in pairs for array in pair])

    @property
    def are_weights(self):
        """A mask of `params`: True for weights, False for biases."""
        pairs = zip(self.weights, self.biases, strict=True)
        return np.concatenate([np.full(array.size, array.ndim == 2) for pair in pairs for array in pair])

    def add(self, change):
        """Add a vector, laid out as `params`, to the parameters."""
        for array in (array for pair in zip(self.weights, self.biases, strict=True) for array in pair):
            array += change[: array.size].reshape(array.shape)
            change = change[array.size :]

    def sums_and_activations(self, X, masks=None):
        """Return the weighted sums and the activations of all layers, the inputs first.

        `masks` has a factor for the inputs of each layer: dropout.
        """
        A, Z = [X / 255 if X.dtype == np.uint8 else X.astype(np.float64)], []
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if masks is not None:
                A[-1] = A[-1] * masks[layer]
            Z.append(A[-1] @ W + b)
            last = layer == len(self.weights) - 1
            A.append(OUTPUTS[self.loss](Z[-1]) if last else ACTIVATE[self.activation](Z[-1]))
        return Z, A

    def forward(self, X):
        """Return the activations of all layers: the inputs first, the outputs last."""
        return self.sums_and_activations(X)[1]

    def wanted(self, y, smoothing=0):
        """Return the target outputs (n, n_out) for labels (n,) or targets (n, n_out)."""
        n_out = self.biases[-1].size
        if y.ndim == 1:
            return (1 - smoothing) * one_hot(y, n_out) + smoothing / n_out
        return y if self.loss == "regression" else (1 - smoothing) * y + smoothing / 2

    def costs(self, X, y, smoothing=0, masks=None):
        """Return the loss of each sample."""
        outputs = self.sums_and_activations(X, masks)[1][-1]
        return COSTS[self.loss](outputs, self.wanted(y, smoothing)).sum(axis=1)

    def gradient(self, X, y, smoothing=0, masks=None, sample_weights=1):
        """Return the gradient of the mean loss in one vector: W, then b, layer by layer."""
        Z, A = self.sums_and_activations(X, masks)
        delta = (A[-1] - self.wanted(y, smoothing)) / len(y) * np.reshape(sample_weights, (-1, 1))
        if self.loss == "squared_error":
            delta = delta * A[-1] * (1 - A[-1])
        pieces = []
        for layer in reversed(range(len(self.weights))):
            pieces = [(A[layer].T @ delta).ravel(), delta.sum(axis=0), *pieces]
            if layer:
                mask = 1 if masks is None else masks[layer]
                delta = delta @ self.weights[layer].T * mask * DERIVATIVE[self.activation](Z[layer - 1])
        return np.concatenate(pieces)

    def step(self, X, y, optimizer):
        """Take one step of an optimizer, a function of the gradient; return the mean loss before the step."""
        loss = self.costs(X, y).mean()
        self.add(optimizer(self.gradient(X, y)))
        return loss


def sgd(learning_rate):
    """Return the change of the parameters as a function of the gradient, as the optimizers below do."""
    return lambda gradient: -learning_rate * gradient


def momentum(learning_rate, momentum, nesterov=False):
    """Momentum as in Nielsen, chapter 3, the velocity being a sum of gradients; Nesterov's in Sutskever's form."""
    velocity = 0

    def change(gradient):
        nonlocal velocity
        velocity = momentum * velocity + gradient
        return -learning_rate * (gradient + momentum * velocity if nesterov else velocity)

    return change


def rmsprop(learning_rate, alpha, epsilon):
    """RMSprop, from Hinton's lecture 6e."""
    v = 0

    def change(gradient):
        nonlocal v
        v = alpha * v + (1 - alpha) * gradient**2
        return -learning_rate * gradient / (np.sqrt(v) + epsilon)

    return change


def adam(learning_rate, beta_1, beta_2, epsilon):
    """Adam: algorithm 1 of Kingma and Ba."""
    t = m = v = 0

    def change(gradient):
        nonlocal t, m, v
        t += 1
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        return -learning_rate * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)

    return change


def mix32(x, shifts, factors):
    """Mix 32 bits: rounds of x = (x ^ x >> shift) * factor, and a last shift."""
    for shift, factor in zip(shifts, (*factors, 1), strict=True):
        x = (x ^ x >> shift) * factor % 2**32
    return x


def split_mix(key, counter):
    """SplitMix64 of Steele et al., in Python's integers."""
    x = (key + (counter + 1) * 0x9E3779B97F4A7C15) % 2**64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return x ^ x >> 31


def dropout_mask(fraction, shape, seed, step, layer):
    """Return the factors of dropout for a layer of a batch: 0 for the fraction dropped, else 1 / (1 - fraction)."""
    key = split_mix(split_mix(split_mix(seed, 0), step), layer)
    bits = []
    for counter in range(math.prod(shape)):
        x = counter * 0x9E3779B9 % 2**32 ^ key % 2**32
        x = mix32(x, (16, 15, 16), (0x7FEB352D, 0x846CA68B)) ^ key >> 32
        bits.append(mix32(x, (16, 15, 16), (0x7FEB352D, 0x846CA68B)))
    return np.where(np.array(bits).reshape(shape) < fraction * 2**32, 0, 1 / (1 - fraction))


@dataclass
class Methods:
    """The methods that a training may add to gradient descent; each is off by default."""

    weight_decay: float = 0
    l1: float = 0
    l2: float = 0
    clip_norm: float = 0
    max_norm: float = 0
    dropout: float = 0
    input_dropout: float = 0
    label_smoothing: float = 0
    averaging: float = 0
    seed: int = 0

    def train(self, twin, X, y, order, batch_size, optimizer, rates, sample_weights=None):
        """Train a twin; return the summed loss of each batch, and the average of the parameters over the steps."""
        losses, past = [], []
        sample_weights = np.ones(len(X)) if sample_weights is None else np.asarray(sample_weights, float)
        for number, rate in enumerate(rates):
            batch = order[number * batch_size : (number + 1) * batch_size]
            widths = [W.shape[0] for W in twin.weights]
            fractions = [self.input_dropout] + [self.dropout] * (len(widths) - 1)
            masks = [
                dropout_mask(fraction, (len(batch), width), self.seed, number, layer)
                for layer, (fraction, width) in enumerate(zip(fractions, widths, strict=True))
            ]
            common = X[batch], y[batch], self.label_smoothing, masks
            losses.append((twin.costs(*common) * sample_weights[batch]).sum())
            gradient = twin.gradient(*common, sample_weights[batch])
            norm = np.sqrt((gradient**2).sum())
            if 0 < self.clip_norm < norm:
                gradient *= self.clip_norm / norm
            w, are_weights = twin.params, twin.are_weights
            gradient += are_weights * (self.l1 * np.sign(w) + self.l2 * w)
            twin.add(rate * (optimizer(gradient) - self.weight_decay * are_weights * w))
            for W in twin.weights if self.max_norm else []:
                W *= np.minimum(1, self.max_norm / np.sqrt((W**2).sum(axis=0)))
            past.append(twin.params)
        ages = self.averaging ** np.arange(len(past))[::-1] if self.averaging else np.eye(len(past))[-1]
        return np.array(losses), np.average(past, axis=0, weights=ages)
