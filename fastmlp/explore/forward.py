"""Weighted sums and activations of every layer and gradients by the inputs, in plain NumPy.

A readable way for a few images at a time. Many images go through the network's own methods.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.kernels.activations import activate
from fastmlp.network.network import Network

Floats = NDArray[np.float64]


def forward(network: Network, x: NDArray[Any]) -> tuple[list[Floats], list[Floats]]:
    """Return the weighted sums Z and the activations A of every layer.

    Parameters
    ----------
    x : (n, n_in) floats
        Inputs as the network sees them: bytes divided by 255.

    Returns
    -------
    Z : list of (n, n_out) float64
        One array for each layer of weights.
    A : list of (n, n_out) float64
        The inputs, then one array for each layer.
    """
    Z, A = [], [np.asarray(x, np.float64)]
    for W, b in zip(network.weights, network.biases, strict=True):
        Z.append(A[-1] @ W.astype(np.float64) + b)
        A.append(_activation(network, Z[-1]))
    A[-1] = network.predict_proba(A[0]).astype(np.float64)
    return Z, A


def input_gradient(network: Network, x: NDArray[Any], outputs: NDArray[Any]) -> Floats:
    """Return the gradient of each row's weighted sum of one output by the row's inputs.

    Parameters
    ----------
    x : (n, n_in) floats
    outputs : (n,) integers
        The output of each row.

    Returns
    -------
    (n, n_in) float64
    """
    Z, _ = forward(network, x)
    return _back_to_inputs(network, Z, np.eye(network.sizes[-1])[outputs])


def unit_gradient(network: Network, x: NDArray[Any], layer: int, unit: int) -> Floats:
    """Return the gradient of one unit's weighted sum by the inputs.

    Parameters
    ----------
    x : (n, n_in) floats
    layer : int
        1 for the first hidden layer; the last one is that of the outputs.
    unit : int

    Returns
    -------
    (n, n_in) float64
    """
    Z, _ = forward(network, x)
    delta = np.zeros((len(x), network.sizes[layer]))
    delta[:, unit] = 1
    return _back_to_inputs(network, Z[:layer], delta)


def effect_on_outputs(network: Network, x: NDArray[Any], layer: int, unit: int) -> Floats:
    """Return what one hidden unit adds to the weighted sums of the outputs: its activation times their derivative.

    In the last hidden layer that is exact, activation times weight; in the layers before, it holds for small changes.

    Parameters
    ----------
    x : (n, n_in) floats
    layer : int
        1 for the first hidden layer.
    unit : int

    Returns
    -------
    (n, n_out) float64
    """
    Z, A = forward(network, x)
    change = A[layer][:, unit, None] * network.weights[layer][unit].astype(np.float64)
    for deeper in range(layer + 1, len(Z)):
        change = (change * _derivative(network, Z[deeper - 1])) @ network.weights[deeper].astype(np.float64)
    return np.asarray(change)


def _back_to_inputs(network: Network, Z: list[Floats], delta: Floats) -> Floats:
    """Propagate the derivatives (n, units) by the weighted sums of the last layer of Z back to the inputs."""
    for layer in range(len(Z) - 1, 0, -1):
        delta = (delta @ network.weights[layer].T) * _derivative(network, Z[layer - 1])
    return np.asarray(delta @ network.weights[0].T.astype(np.float64))


def neighbor_correlation(images: NDArray[Any]) -> float:
    """Return the correlation of neighbouring pixels: 1 for smooth images, 0 for noise.

    Parameters
    ----------
    images : (n, height, width) floats

    Returns
    -------
    float
        The correlation of the values of pixels beside or above each other, after subtracting the mean of each image.
    """
    centred = images - images.mean(axis=(1, 2), keepdims=True)
    pairs = (centred[:, :, 1:], centred[:, :, :-1]), (centred[:, 1:], centred[:, :-1])
    product = sum(float((a * b).sum()) for a, b in pairs)
    squares = [sum(float((pair[side] ** 2).sum()) for pair in pairs) for side in (0, 1)]
    return product / max(float(np.sqrt(squares[0] * squares[1])), 1e-300)


def shuffled_pixels(images: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Return each image (n, height, width) with its pixels in a random order of its own."""
    flat = images.reshape(len(images), -1)
    return rng.permuted(flat, axis=1).reshape(images.shape)


def _activation(network: Network, Z: Floats) -> Floats:
    """Return f(Z) of the hidden layers."""
    A = np.ascontiguousarray(Z, np.float64).copy()
    activate(kernels.ACTIVATIONS[network.activation], A.reshape(-1))
    return A


def _derivative(network: Network, Z: Floats) -> Floats:
    """Return f'(Z) of the hidden layers by central differences, so that every activation of the kernels works."""
    step = 1e-6
    return (_activation(network, Z + step) - _activation(network, Z - step)) / (2 * step)
