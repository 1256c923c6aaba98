"""The perceptron in an ONNX graph, found by following the samples through its nodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from fastmlp.errors import InputError, shown
from fastmlp.exchange.onnx_operators import (
    ACTIVATIONS,
    POINTS,
    RENAMING,
    UNCHANGING,
    UNKNOWN,
    Affine,
    Array,
    Flow,
    Label,
    followed,
    recognized,
    refused,
    settled,
)

DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
"""Domains of operators; others may have another operator of the same name."""


@dataclass(frozen=True, eq=False)
class Found:
    """A perceptron that was found in a graph.

    Attributes
    ----------
    layers : list of (W, b)
    dtype : float16, float32 or float64
        The type of the weights in the graph; what was computed here is float64.
    activation : str
        That of the hidden layers.
    function : {"softmax", "sigmoid", "identity", "pair"}
        That of the outputs.
    scale, offset : (n_in,) arrays
        The inputs of the first layer are scale * X + offset.
    label : Label or None
    names : list of str or None
        Names of the classes.
    """

    layers: list[tuple[Array, Array]]
    dtype: np.dtype[Any]
    activation: str
    function: str
    scale: Array
    offset: Array
    label: Label | None
    names: list[str] | None


class GraphReader:
    """The way of the samples through a graph.

    Parameters
    ----------
    graph : onnx.GraphProto
    to_array : function
        `onnx.numpy_helper.to_array`.
    attribute : function
        `onnx.helper.get_attribute_value`.
    """

    def __init__(self, graph: Any, to_array: Callable[[Any], Array], attribute: Callable[[Any], Any]) -> None:
        self._graph, self._to_array, self._attribute = graph, to_array, attribute
        self._values: dict[str, Any] = {each.name: to_array(each) for each in graph.initializer}
        self._names: list[str] | None = None

    def read(self) -> Found:
        """Return the perceptron.

        Raises
        ------
        InputError
            The graph is something else; the message names the node.
        """
        inputs = [each.name for each in self._graph.input if each.name not in self._values]
        if len(inputs) != 1:
            raise InputError(f"The graph has {len(inputs)} inputs: a plain perceptron takes one matrix of samples.")
        self._values[inputs[0]] = Flow(Affine(), POINTS, inputs[0])
        for node in self._graph.node:
            self._follow(node)
        results = [self._values[each.name] for each in self._graph.output]
        label = next((each for each in results if isinstance(each, Label)), None)
        flows = [each for each in results if isinstance(each, Flow)] or ([label.flow] if label else [])
        if not flows:
            raise InputError("The graph has no output that depends on its input.")
        flow = next((each for each in flows if not each.is_affine), flows[0])
        if any(each.affine is not flow.affine for each in [*flows, *([label.flow] if label else [])]):
            raise InputError("The graph has outputs of several layers: a plain perceptron has those of the last one.")
        return self._found(flow, label)

    def _found(self, flow: Flow, label: Label | None) -> Found:
        """Return the perceptron that ends with `flow`."""
        function = flow.function
        if not function:
            flow = settled(flow)
            function = recognized(flow, ("identity", "sigmoid"))
        layers: list[tuple[Array, Array]] = []
        hidden: list[tuple[str, str]] = []
        affine, dtype = flow.affine, np.dtype(np.float32)
        while affine.W is not None and affine.below is not None:
            dtype, shape = affine.W.dtype, (affine.W.shape[1],)
            layers.insert(0, (affine.W * affine.scale, np.broadcast_to(affine.offset, shape)))
            below = settled(affine.below)
            if below.affine.W is not None:
                hidden.insert(0, (recognized(below, tuple(ACTIVATIONS)), below.node))
            elif not below.is_affine:
                raise refused(below.node, "changes the samples in a way that fastmlp does not know")
            affine = below.affine
        if not layers:
            raise InputError("The graph has no Gemm or MatMul with constant weights: it is no perceptron.")
        for activation, node in hidden:
            if activation != hidden[0][0]:
                raise refused(node, f"is {activation} after {hidden[0][0]}: fastmlp has one activation in all layers")
        n_in = (layers[0][0].shape[0],)
        if self._width() not in (None, *n_in):
            raise InputError(f"The graph takes {self._width()} numbers a sample, and its first layer {n_in[0]}.")
        scale, offset = np.broadcast_to(affine.scale, n_in), np.broadcast_to(affine.offset, n_in)
        activation = hidden[0][0] if hidden else "identity"
        return Found(layers, dtype, activation, function, scale, offset, label, self._names)

    def _width(self) -> int | None:
        """Return how many numbers a sample has, None if the graph does not say it."""
        samples = next(each for each in self._graph.input if isinstance(self._values[each.name], Flow))
        sizes = [each.dim_value for each in samples.type.tensor_type.shape.dim[1:]]
        return prod(sizes) if all(sizes) and sizes else None

    # ---- nodes -------------------------------------------------------------------------------------------------------

    def _follow(self, node: Any) -> None:
        """Find what a node computes, and keep it under the names of its outputs."""
        title = f"{shown(node.name or node.output[0])} ({node.op_type})"
        given = {each.name: self._attribute(each) for each in node.attribute}
        if node.domain not in DOMAINS:
            raise refused(title, f"is of the domain {shown(node.domain)}, whose operators are not known")
        inputs = [self._values.get(name, UNKNOWN) if name else None for name in node.input]
        flows = [each for each in inputs if isinstance(each, Flow)]
        label = next((each for each in inputs if isinstance(each, Label)), None)
        result: Any
        if label is not None:
            is_known = not flows and node.op_type in (*UNCHANGING, *RENAMING)
            result = label if is_known else None
        elif not flows:
            result = self._constant(node.op_type, inputs, given)
            if result is None:  # whoever needs it is refused
                return
        else:
            result = followed(node.op_type, inputs, given)
        if result is None:
            raise refused(title, "is no part of a plain perceptron as fastmlp has them")
        if isinstance(result, Flow):
            result = replace(result, node=title)
        self._note_names(node.op_type, inputs, given)
        self._values[node.output[0]] = result

    def _constant(self, operator: str, inputs: Sequence[Any], given: dict[str, Any]) -> Array | None:
        """Return a constant made of constants, or None if the operator is not known."""
        if operator == "Constant" and len(given) == 1:
            (value,) = given.values()
            return self._to_array(value) if hasattr(value, "dims") else np.asarray(value)
        if len(inputs) != 1 or not isinstance(inputs[0], np.ndarray):
            return None
        if operator == "Transpose":
            return np.transpose(inputs[0], given.get("perm"))
        return inputs[0] if operator in ("Identity", "Cast") else None

    def _note_names(self, operator: str, inputs: Sequence[Any], given: dict[str, Any]) -> None:
        """Keep the names of the classes, if a node has them: those of scikit-learn's converter do."""
        names: Any = None
        if operator == "ZipMap":
            names = given.get("classlabels_strings") or given.get("classlabels_int64s")
        elif operator == "ArrayFeatureExtractor" and isinstance(inputs[0], np.ndarray):
            names = inputs[0].reshape(-1).tolist()
        if names and self._names is None:
            self._names = [name.decode(errors="replace") if isinstance(name, bytes) else str(name) for name in names]
