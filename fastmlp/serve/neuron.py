"""A neuron's own picture: its weights, what it adds to the answer, and the images that excite it most."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown
from fastmlp.explore.forward import effect_on_outputs, forward, unit_gradient
from fastmlp.network.network import Network
from fastmlp.serve.image_data import ImageData
from fastmlp.serve.wire import Scaled, as_int8, is_whole

EXCITES, STRONGEST = 8, 8
"""How many images and how many weights from the layer below are shown."""


def check_neuron(network: Network, layer: Any, unit: Any) -> tuple[int, int]:
    """Return layer (1 for the first hidden one) and unit; raise InputError if there is no such neuron."""
    layers = len(network.sizes) - 1
    if not (is_whole(layer) and is_whole(unit) and 1 <= layer <= layers):
        raise InputError(f"There is no neuron {shown(unit)} in layer {shown(layer)}: the layers go from 1 to {layers}.")
    if not 0 <= unit < network.sizes[layer]:
        raise InputError(f"Layer {layer} has the neurons 0 to {network.sizes[layer] - 1}, and {unit} was asked for.")
    return layer, unit


def describe_neuron(
    network: Network, data: ImageData, layer: int, unit: int, x: NDArray[Any] | None
) -> tuple[dict[str, Any], dict[str, NDArray[Any] | Scaled]]:
    """Return header and arrays of the message about a neuron.

    Parameters
    ----------
    network : Network
        Nobody else may change it meanwhile.
    data : ImageData
    layer, unit : int
    x : (n_in,) floats or None
        The image that is shown, as light. Without one, the mean of the test images stands for it.
    """
    image = data.well_known.mean(axis=0) if x is None else x
    Z, A = forward(network, image[None])
    W, b = network.weights[layer - 1], network.biases[layer - 1]
    is_first, is_output = layer == 1, layer == len(network.sizes) - 1
    picture = W[:, unit] if is_first else unit_gradient(network, image[None], layer, unit)[0]
    sums = forward(network, data.well_known)[0][layer - 1][:, unit]
    best = np.argsort(-sums, kind="stable")[:EXCITES]
    below = [] if is_first else np.argsort(-np.abs(W[:, unit]), kind="stable")[:STRONGEST].tolist()
    activations = _activations(network, data.well_known[best], layer, unit)
    about = {
        "layer": layer,
        "unit": unit,
        "bias": float(b[unit]),
        "activation": float(A[layer][0, unit]),
        "weighted_sum": float(Z[layer - 1][0, unit]),
        "picture_is": "weights" if is_first else "gradient",
        "adds": None if is_output else effect_on_outputs(network, image[None], layer, unit)[0].tolist(),
        "adds_is": "exact" if layer == len(network.sizes) - 2 else "gradient",
        "excites": [
            {"index": int(row), "label": int(data.labels[row]), "activation": activation}
            for row, activation in zip(best, activations, strict=True)
        ],
        "strongest": [[each, float(W[each, unit])] for each in below],
    }
    weights = data.as_weights(np.ascontiguousarray(picture)[None])[0]
    return about, {"picture": as_int8(weights), "images": data.pictures(best)}


def _activations(network: Network, X: NDArray[Any], layer: int, unit: int) -> list[float]:
    activations: list[float] = forward(network, X)[1][layer][:, unit].tolist()
    return activations
