"""A network as a notebook shows it: its layers as a drawing, and what is known about it as a table."""

from typing import Any, Protocol
from xml.etree.ElementTree import Element

import numpy as np

from fastmlp.inputs.schema import Schema
from fastmlp.plots.layer_drawing import Layer, layer_drawing
from fastmlp.plots.markup import add, add_table, element

OUTPUTS = {
    "squared_error": "sigmoid",
    "cross_entropy": "softmax",
    "binary_cross_entropy": "sigmoid",
    "regression": "identity",
}
"""The activation of the outputs by the name of the loss."""
MOST_NAMES = 12
"""Names of outputs in the table."""


class AnyNetwork(Protocol):
    """A Network, whose file imports this one."""

    sizes: tuple[int, ...]
    activation: str
    loss: str
    weight_init: str
    dtype: np.dtype[Any]
    classes: tuple[str, ...]
    schema: Schema | None

    @property
    def n_params(self) -> int:
        """The number of weights and biases."""


def network_element(network: AnyNetwork) -> Element:
    """Return an HTML element with the drawing and the table."""
    block = element("div", style="display: flex; flex-wrap: wrap; align-items: center; gap: 0.5em 2em")
    block.append(layer_drawing(_layers(network)))
    add_table(add(block, "div", style="max-width: 36em"), _rows(network))
    return block


def _layers(network: AnyNetwork) -> list[Layer]:
    inputs, *hidden, outputs = network.sizes
    are_named = _is_named(network) or network.loss != "regression"
    return [
        Layer(inputs, "inputs"),
        *(Layer(size, network.activation) for size in hidden),
        Layer(outputs, OUTPUTS[network.loss], network.classes if are_named else ()),
    ]


def _rows(network: AnyNetwork) -> list[list[str]]:
    """Return the table: each row a name and a text."""
    rows = [["network", "-".join(map(str, network.sizes))]]
    if len(network.sizes) > 2:
        rows.append(["activation", network.activation])
    rows += [
        ["loss", network.loss],
        ["parameters", f"{network.n_params:,}, {network.dtype}"],
        ["initial weights", network.weight_init],
    ]
    if network.schema is not None:
        rows.append(["samples", str(network.schema)])
    if _is_named(network):
        more = f", ... ({len(network.classes):,} in all)" if len(network.classes) > MOST_NAMES else ""
        kind = "targets" if network.loss == "regression" else "classes"
        rows.append([kind, ", ".join(network.classes[:MOST_NAMES]) + more])
    return rows


def _is_named(network: AnyNetwork) -> bool:
    """Return whether the outputs have other names than their numbers."""
    return network.classes != tuple(map(str, range(len(network.classes))))
