"""NetworkView: the network as the page draws it, made from a copy of its parameters.

A training thread writes the parameters while the copy is made, so that a picture may show weights from the middle of a
step. Nobody can see that, and nobody waits.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.forward import Floats, forward
from fastmlp.network.network import Network
from fastmlp.serve.image_data import ImageData
from fastmlp.serve.wire import Scaled, as_int8

SHOWN, IN_GALLERY = 16, 32
"""Units of a layer that are drawn, and first-layer units whose weights are shown as images."""
SIGNED = {"tanh": 1.0}
"""Activations between -1 and 1. Those of RANGED are between 0 and 1, the others have no upper limit."""
RANGED = ("sigmoid",)


class NetworkView:
    """A copy of a network for drawing it.

    Parameters
    ----------
    network : Network
        Its sizes, activation and loss stay; `update` copies its parameters.
    data : ImageData

    Attributes
    ----------
    network : Network
        The copy. It takes inputs as they are: light from 0 to 1, or bytes.
    units : list of lists of int
        The units of each hidden layer and of the outputs that are drawn.
    gallery : list of int
        Units of the first layer whose weights are shown.
    """

    def __init__(self, network: Network, data: ImageData) -> None:
        self._source, self._data = network, data
        self.network = Network(network.sizes, network.activation, network.loss, seed=None, dtype=network.dtype)
        self.units: list[list[int]] = []
        self.gallery: list[int] = []
        self.update()
        self.choose_units()

    def update(self) -> None:
        """Copy the parameters of the network as they are now."""
        np.copyto(self.network.params, self._source.params)

    def own_copy(self) -> Network:
        """Return a copy of the network that nobody changes, for a thread."""
        copy = Network(
            self.network.sizes, self.network.activation, self.network.loss, seed=None, dtype=self.network.dtype
        )
        np.copyto(copy.params, self.network.params)
        return copy

    def choose_units(self) -> None:
        """Choose the units that are drawn: all if they are few, else those with the largest outgoing weights."""
        sizes, weights = self.network.sizes[1:], self.network.weights
        strengths = [np.abs(W).sum(axis=1) for W in weights[1:]] + [np.zeros(sizes[-1])]
        self.units = [_strongest(strength, SHOWN) for strength in strengths]
        gallery = _strongest(strengths[0], IN_GALLERY)
        self.gallery = self.units[0] + [unit for unit in gallery if unit not in self.units[0]]

    def picture(self) -> tuple[dict[str, Any], dict[str, NDArray[Any] | Scaled]]:
        """Return header and arrays of the network's picture, as a frame has them."""
        weights, biases = self.network.weights, self.network.biases
        first = weights[0][:, self.gallery]
        arrays: dict[str, NDArray[Any] | Scaled] = {
            "first_layer": as_int8(self._data.as_weights(np.ascontiguousarray(first.T)), each=True)
        }
        for layer, (below, above) in enumerate(zip(self.units, self.units[1:], strict=False), start=1):
            arrays[f"edges_{layer}"] = as_int8(weights[layer][np.ix_(below, above)])
        for layer, (units, b) in enumerate(zip(self.units, biases, strict=True), start=1):
            arrays[f"biases_{layer}"] = b[units].astype(np.float32)
        layers = [
            {"size": size, "units": units} for size, units in zip(self.network.sizes[1:], self.units, strict=True)
        ]
        about = {"layers": layers, "gallery": self.gallery, "low": float(first.min()), "high": float(first.max())}
        return about, arrays

    def activations(self, x: NDArray[Any]) -> list[Floats]:
        """Return the activations (n,) of each layer, the outputs included, for one image (n_in,) of light."""
        return [A[0] for A in forward(self.network, x[None])[1][1:]]

    def brightness(self, activations: list[Floats]) -> list[NDArray[np.uint8]]:
        """Return activations as the page draws them: 0 to 255 within the range that they can have.

        Those without an upper limit are shown within the largest of their layer, negative ones as 0; those of tanh
        from -1 to 1.
        """
        last = len(activations) - 1
        return [_bright(A, "sigmoid" if k == last else self.network.activation) for k, A in enumerate(activations)]


def _strongest(strength: NDArray[Any], most: int) -> list[int]:
    """Return the units with the largest values, in their order; of equal ones the first."""
    if len(strength) <= most:
        return list(range(len(strength)))
    return sorted(np.argsort(-strength, kind="stable")[:most].tolist())


def _bright(A: Floats, activation: str) -> NDArray[np.uint8]:
    if activation in SIGNED:
        A = (A + 1) / 2
    elif activation not in RANGED:
        A = A / max(float(A.max()), 1e-12)
    return np.rint(np.clip(A, 0, 1) * 255).astype(np.uint8)
