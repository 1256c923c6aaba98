"""The perceptron in an ONNX graph, found by following the samples through its nodes.

A graph says the same thing in many ways: a layer is a Gemm, or a MatMul and an Add; an activation is one operator, or
several. So a tensor is known by what it is: an affine function of the samples or of the activations below, or a
function of one, of which the values at some points are computed and compared with those of each activation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import erf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown
from fastmlp.kernels.activations import SLOPE

Array = NDArray[Any]

POINTS = np.concatenate([[0.0, 1.0], np.linspace(-6, 6, 37), [-50.0, -10.0, 10.0, 50.0]])
"""Weighted sums at which functions are compared: the first two tell a straight line; far ones, bounds such as 6."""
ERF = np.vectorize(erf, otypes=[np.float64])


def _sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def _gelu(z: Array) -> Array:
    return np.asarray(z * (1 + ERF(z / 2**0.5)) / 2)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z < 0, SLOPE * z, z),
    "elu": lambda z: np.where(z < 0, np.expm1(z), z),
    "softplus": lambda z: np.logaddexp(0, z),
    "silu": lambda z: z * _sigmoid(z),
    "gelu": _gelu,
}
"""The activations as functions of NumPy arrays."""
UNARY: dict[str, Callable[[Array, dict[str, Any]], Array]] = {
    "Relu": lambda z, _: np.maximum(z, 0),
    "Sigmoid": lambda z, _: _sigmoid(z),
    "Tanh": lambda z, _: np.tanh(z),
    "LeakyRelu": lambda z, given: np.where(z < 0, given.get("alpha", 0.01) * z, z),
    "Elu": lambda z, given: np.where(z < 0, given.get("alpha", 1.0) * np.expm1(z), z),
    "Softplus": lambda z, _: np.logaddexp(0, z),
    "Gelu": lambda z, given: _gelu(z) if given.get("approximate", b"none") == b"none" else np.full_like(z, np.nan),
    "Swish": lambda z, given: z * _sigmoid(given.get("alpha", 1.0) * z),
    "Erf": lambda z, _: ERF(z),
    "Exp": lambda z, _: np.exp(z),
    "Log": lambda z, _: np.log(z),
    "Abs": lambda z, _: np.abs(z),
    "Neg": lambda z, _: -z,
}
"""Operators on each number, given its attributes."""
BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
}
"""Operators on each pair of numbers; comparisons are part of a function, or labels in the end."""
AFFINE = ("Add", "Sub", "Mul", "Div")
UNCHANGING = ("Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "ZipMap")
"""Operators that change at most the form of a tensor, or nothing when a trained network is used."""
RENAMING = ("ArrayFeatureExtractor", "Cast")
"""Operators that change the names of labels."""
FLOATS = (1, 10, 11)
"""Numbers of ONNX's float, float16 and double, to which a Cast changes nothing."""


@dataclass(frozen=True, eq=False)
class Affine:
    """A tensor scale * (A W) + offset, with A the tensor `below`; without W scale * X + offset, of the samples X.

    `scale` and `offset` are (width,), or (1,) while the width of the samples is not known.
    """

    below: "Flow | None" = None
    W: Array | None = None
    scale: Array = field(default_factory=lambda: np.ones(1))
    offset: Array = field(default_factory=lambda: np.zeros(1))


@dataclass(frozen=True, eq=False)
class Flow:
    """A tensor that is a function of an affine one, the same for every unit: `values` are those at POINTS.

    `function` is "softmax" after a Softmax, and "pair" for the two columns 1 - s and s of one sigmoid; else "".
    """

    affine: Affine
    values: Array
    node: str
    function: str = ""

    @property
    def is_affine(self) -> bool:
        """True if the tensor is the affine one itself."""
        return self.values is POINTS and not self.function


class Label(NamedTuple):
    """A tensor of labels, made of `flow` by an ArgMax, or by comparing each output with a number."""

    flow: Flow
    is_largest: bool


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
        if any(each.affine is not flow.affine for each in flows):
            raise InputError("The graph has outputs of several layers: a plain perceptron has those of the last one.")
        return self._found(flow, label)

    def _found(self, flow: Flow, label: Label | None) -> Found:
        """Return the perceptron that ends with `flow`."""
        function = flow.function
        if not function:
            flow = _settled(flow)
            function = _recognized(flow, ("identity", "sigmoid"))
        layers: list[tuple[Array, Array]] = []
        hidden: list[tuple[str, str]] = []
        affine, dtype = flow.affine, np.dtype(np.float32)
        while affine.W is not None and affine.below is not None:
            dtype, shape = affine.W.dtype, (affine.W.shape[1],)
            layers.insert(0, (affine.W * affine.scale, np.broadcast_to(affine.offset, shape)))
            below = _settled(affine.below)
            if below.affine.W is not None:
                hidden.insert(0, (_recognized(below, tuple(ACTIVATIONS)), below.node))
            elif not below.is_affine:
                raise _refused(below.node, "changes the samples in a way that fastmlp does not know")
            affine = below.affine
        if not layers:
            raise InputError("The graph has no Gemm or MatMul with constant weights: it is no perceptron.")
        for activation, node in hidden:
            if activation != hidden[0][0]:
                raise _refused(node, f"is {activation} after {hidden[0][0]}: fastmlp has one activation in all layers")
        n_in = (layers[0][0].shape[0],)
        scale, offset = np.broadcast_to(affine.scale, n_in), np.broadcast_to(affine.offset, n_in)
        activation = hidden[0][0] if hidden else "identity"
        return Found(layers, dtype, activation, function, scale, offset, label, self._names)

    # ---- nodes -------------------------------------------------------------------------------------------------------

    def _follow(self, node: Any) -> None:
        """Find what a node computes, and keep it under the names of its outputs."""
        title = f"{shown(node.name or node.output[0])} ({node.op_type})"
        given = {each.name: self._attribute(each) for each in node.attribute}
        inputs = [self._values.get(name) for name in node.input]
        flows = [each for each in inputs if isinstance(each, Flow)]
        label = next((each for each in inputs if isinstance(each, Label)), None)
        result: Any
        if label is not None:
            is_known = not flows and node.op_type in (*UNCHANGING, *RENAMING)
            result = label if is_known else None
            self._note_names(node.op_type, inputs, given)
        elif not flows:
            result = self._constant(node.op_type, inputs, given)
            if result is None:  # whoever needs it is refused
                return
        elif node.op_type == "Concat":
            result = _pair(flows)
        elif len(flows) > 1:
            result = _combined(node.op_type, flows, inputs)
        else:
            result = self._followed(node.op_type, flows[0], inputs, given)
        if result is None:
            raise _refused(title, "is no part of a plain perceptron as fastmlp has them")
        if isinstance(result, Flow):
            result = replace(result, node=title)
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

    def _followed(self, operator: str, flow: Flow, inputs: Sequence[Any], given: dict[str, Any]) -> Any:
        """Return what an operator makes of one flow and constants, or None if that is not known."""
        constants = [each for each in inputs if isinstance(each, np.ndarray)]
        if operator in UNCHANGING:
            self._note_names(operator, inputs, given)
            return flow
        if operator == "Cast":
            if given["to"] in FLOATS:
                return flow if flow.values.dtype.kind == "f" else None
            return Label(flow, False) if flow.values.dtype.kind == "b" else None
        if operator in ("Gemm", "MatMul"):
            return _linear(operator, flow, inputs, given)
        if operator in ("Softmax", "LogSoftmax", "ArgMax", "Binarizer"):
            return _ended(operator, flow, given)
        if flow.function:
            return None
        if operator == "Scaler" and flow.is_affine:
            offset, scale = (np.asarray(given[each], np.float64) for each in ("offset", "scale"))
            moved = replace(flow.affine, scale=flow.affine.scale * scale, offset=(flow.affine.offset - offset) * scale)
            return replace(flow, affine=moved)
        if operator in UNARY and len(inputs) == 1:
            return replace(flow, values=UNARY[operator](flow.values, given))
        if operator in BINARY and len(constants) == 1 and len(inputs) == 2:
            return _with_constant(operator, flow, constants[0].astype(np.float64), inputs[0] is constants[0])
        return None

    def _note_names(self, operator: str, inputs: Sequence[Any], given: dict[str, Any]) -> None:
        """Keep the names of the classes, if a node has them: those of scikit-learn's converter do."""
        names: Any = None
        if operator == "ZipMap":
            names = given.get("classlabels_strings") or given.get("classlabels_int64s")
        elif operator == "ArrayFeatureExtractor" and isinstance(inputs[0], np.ndarray):
            names = inputs[0].reshape(-1).tolist()
        if names and self._names is None:
            self._names = [name.decode(errors="replace") if isinstance(name, bytes) else str(name) for name in names]


def _refused(node: str, why: str) -> InputError:
    return InputError(f"The node {node} of the graph {why}.")


def _ended(operator: str, flow: Flow, given: dict[str, Any]) -> Flow | Label | None:
    """Return the probabilities or the labels of a flow; None if they are not those of its rows."""
    if operator == "Binarizer":
        return Label(flow, False)
    if given.get("axis", 0 if operator == "ArgMax" else -1) not in (1, -1):
        return None
    if operator == "ArgMax":
        return Label(flow, True)
    settled = _settled(flow)
    return replace(settled, function="softmax") if settled.is_affine else None


def _linear(operator: str, flow: Flow, inputs: Sequence[Any], given: dict[str, Any]) -> Flow | None:
    """Return the weighted sums that a Gemm or a MatMul makes of a flow."""
    if inputs[0] is not flow or not isinstance(inputs[1], np.ndarray) or inputs[1].ndim != 2 or flow.function:
        return None
    W, offset = inputs[1], np.zeros(1)
    if operator == "Gemm":
        if given.get("transA", 0):
            return None
        W = W.T if given.get("transB", 0) else W
        W = W if given.get("alpha", 1.0) == 1 else W * given["alpha"]
        if len(inputs) > 2 and isinstance(inputs[2], np.ndarray):
            if inputs[2].size not in (1, W.shape[1]):
                return None
            offset = inputs[2].reshape(-1) if given.get("beta", 1.0) == 1 else inputs[2].reshape(-1) * given["beta"]
    return Flow(Affine(flow, W, np.ones(1, W.dtype), offset), POINTS, "")


def _with_constant(operator: str, flow: Flow, constant: Array, is_first: bool) -> Flow | None:
    """Return what an operator makes of a flow and a constant.

    One number for each unit changes the affine tensor. One number for all is part of the function, such as the root of
    2 in a gelu.
    """
    width = 1 if flow.affine.W is None else flow.affine.W.shape[1]
    is_of_units = constant.size > 1 or (constant.ndim > 0 and flow.affine.W is not None and width == 1)
    if is_of_units and flow.is_affine and operator in AFFINE:
        return _affine(flow, operator, constant.reshape(-1), is_first)
    if constant.size != 1:
        return None
    pair = (constant.reshape(()), flow.values) if is_first else (flow.values, constant.reshape(()))
    return replace(flow, values=BINARY[operator](*pair))


def _affine(flow: Flow, operator: str, constant: Array, is_first: bool) -> Flow | None:
    """Return constant + flow, and the like, for an affine flow."""
    scale, offset = flow.affine.scale, flow.affine.offset
    if operator == "Add":
        offset = offset + constant
    elif operator == "Sub":
        scale, offset = (-scale, constant - offset) if is_first else (scale, offset - constant)
    elif operator == "Mul":
        scale, offset = scale * constant, offset * constant
    elif is_first:
        return None
    else:
        scale, offset = scale / constant, offset / constant
    return replace(flow, affine=replace(flow.affine, scale=scale, offset=offset))


def _combined(operator: str, flows: Sequence[Flow], inputs: Sequence[Any]) -> Flow | None:
    """Return what an operator makes of several functions of the same tensor."""
    if any(each.affine is not flows[0].affine or each.function for each in flows):
        return None
    values = [each.values if isinstance(each, Flow) else np.asarray(each) for each in inputs]
    if operator == "Where" and all(each.size == 1 or each.shape == POINTS.shape for each in values):
        return replace(flows[0], values=np.where(values[0].astype(bool), *(each.reshape(-1) for each in values[1:])))
    return replace(flows[0], values=BINARY[operator](*values)) if operator in BINARY and len(flows) == 2 else None


def _pair(flows: Sequence[Flow]) -> Flow | None:
    """Return the two columns 1 - s and s, with s the sigmoid of one output; they are two classes' probabilities."""
    if len(flows) != 2 or flows[0].affine is not flows[1].affine or any(each.function for each in flows):
        return None
    wanted = _sigmoid(POINTS)
    is_pair = np.allclose(flows[0].values, 1 - wanted) and np.allclose(flows[1].values, wanted)
    W = flows[0].affine.W
    return replace(flows[1], function="pair") if is_pair and W is not None and W.shape[1] == 1 else None


def _settled(flow: Flow) -> Flow:
    """Return a flow whose affine tensor has taken over a function a * x + c of it."""
    c, a = flow.values[0], flow.values[1] - flow.values[0]
    if flow.values is POINTS or flow.function or not np.allclose(flow.values, a * POINTS + c, rtol=1e-12, atol=1e-12):
        return flow
    scale, offset = flow.affine.scale * a, flow.affine.offset * a + c
    return replace(flow, affine=replace(flow.affine, scale=scale, offset=offset), values=POINTS)


def _recognized(flow: Flow, names: Sequence[str]) -> str:
    """Return the name of the activation that a flow is, or raise InputError."""
    if not flow.function:
        for name in names:
            if np.allclose(flow.values, ACTIVATIONS[name](POINTS), rtol=1e-5, atol=1e-6):
                return name
    raise _refused(flow.node, f"ends a function that is none of {', '.join(names)}")
