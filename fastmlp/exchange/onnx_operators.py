"""Operators of ONNX and the tensors that they make, as far as a perceptron needs them.

A tensor is known by what it is: an affine function of the samples or of the activations below, or a function of such a
tensor, of which the values at some points are computed. So it does not matter in how many operators a graph says it: an
activation is recognized by its values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import erf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
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
UNKNOWN = object()
"""A constant that was not followed."""
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


def refused(node: str, why: str) -> InputError:
    """Return the error for a node that is no part of a perceptron."""
    return InputError(f"The node {node} of the graph {why}.")


def followed(operator: str, inputs: Sequence[Any], given: dict[str, Any]) -> Flow | Label | None:
    """Return what an operator makes of flows and constants, or None if that is not known.

    Parameters
    ----------
    operator : str
    inputs : sequence
        Flows, at least one; arrays; None for an input that is left out; UNKNOWN.
    given : dict
        The operator's attributes.
    """
    flows = [each for each in inputs if isinstance(each, Flow)]
    with np.errstate(all="ignore"):  # of functions that are none of ours
        if operator == "Concat":
            return _pair(flows) if len(inputs) == len(flows) and given["axis"] in (1, -1) else None
        return _combined(operator, flows, inputs) if len(flows) > 1 else _of_one(operator, flows[0], inputs, given)


def _of_one(operator: str, flow: Flow, inputs: Sequence[Any], given: dict[str, Any]) -> Flow | Label | None:
    """Return what an operator makes of one flow and constants, or None if that is not known."""
    constants = [each for each in inputs if isinstance(each, np.ndarray)]
    if operator in UNCHANGING:
        return flow if operator != "Flatten" or given.get("axis", 1) == 1 else None
    if operator == "Cast":
        return _cast(flow, given["to"] in FLOATS)
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


def _ended(operator: str, flow: Flow, given: dict[str, Any]) -> Flow | Label | None:
    """Return the probabilities or the labels of a flow; None if they are not those of its rows."""
    if operator == "Binarizer":
        return _threshold(flow, flow.values > given.get("threshold", 0.0))
    if given.get("axis", 0 if operator == "ArgMax" else -1) not in (1, -1):
        return None
    if operator == "ArgMax":
        rises = (np.diff(flow.values[np.argsort(POINTS)]) >= 0).all() and not given.get("select_last_index", 0)
        return Label(flow, True) if rises else None
    sums = settled(flow)
    return replace(sums, function="softmax") if sums.is_affine else None


def _cast(flow: Flow, to_float: bool) -> Flow | Label | None:
    """Return numbers that stay as they are, or the whole numbers of comparisons, which are labels."""
    if flow.values.dtype.kind == "b":
        return None if to_float else _threshold(flow, flow.values)
    return flow if to_float else None


def _threshold(flow: Flow, is_above: Array) -> Label | None:
    """Return the labels of weighted sums above 0, that is, of sigmoids above 1/2; None for other bounds."""
    is_usual = (is_above == (POINTS > 0))[POINTS != 0].all()
    return Label(flow, False) if is_usual and not flow.function else None


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
        if len(inputs) > 2 and inputs[2] is not None:
            if not isinstance(inputs[2], np.ndarray) or not _is_row(inputs[2], W.shape[1]):
                return None
            offset = inputs[2].reshape(-1) if given.get("beta", 1.0) == 1 else inputs[2].reshape(-1) * given["beta"]
    return Flow(Affine(flow, W, np.ones(1, W.dtype), offset), POINTS, "")


def _is_row(constant: Array, width: int) -> bool:
    """Return whether a constant is one number, or one for each of `width` units, and not one for each sample."""
    return constant.size == 1 or (constant.size == width and constant.shape[-1] == width)


def _with_constant(operator: str, flow: Flow, constant: Array, is_first: bool) -> Flow | None:
    """Return what an operator makes of a flow and a constant.

    One number for each unit changes the affine tensor. One number for all is part of the function, such as the root of
    2 in a gelu.
    """
    width = 1 if flow.affine.W is None else flow.affine.W.shape[1]
    is_of_units = constant.size > 1 or (constant.ndim > 0 and flow.affine.W is not None and width == 1)
    if is_of_units and flow.is_affine and operator in AFFINE and _is_row(constant, constant.size):
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
    if not all(isinstance(each, Flow) or (isinstance(each, np.ndarray) and each.size == 1) for each in inputs):
        return None
    values = [each.values if isinstance(each, Flow) else each.reshape(-1) for each in inputs]
    if operator == "Where":
        return replace(flows[0], values=np.where(values[0].astype(bool), *values[1:]))
    return replace(flows[0], values=BINARY[operator](*values)) if operator in BINARY and len(inputs) == 2 else None


def _pair(flows: Sequence[Flow]) -> Flow | None:
    """Return the two columns 1 - s and s, with s the sigmoid of one output; they are two classes' probabilities."""
    if len(flows) != 2 or flows[0].affine is not flows[1].affine or any(each.function for each in flows):
        return None
    wanted = _sigmoid(POINTS)
    is_pair = np.allclose(flows[0].values, 1 - wanted) and np.allclose(flows[1].values, wanted)
    W = flows[0].affine.W
    return replace(flows[1], function="pair") if is_pair and W is not None and W.shape[1] == 1 else None


def settled(flow: Flow) -> Flow:
    """Return a flow whose affine tensor has taken over a function a * x + c of it."""
    if flow.values is POINTS or flow.function:
        return flow
    with np.errstate(all="ignore"):
        c, a = flow.values[0], flow.values[1] - flow.values[0]
        is_line = np.allclose(flow.values, a * POINTS + c, rtol=1e-12, atol=1e-12)
    if not is_line:
        return flow
    scale, offset = flow.affine.scale * a, flow.affine.offset * a + c
    return replace(flow, affine=replace(flow.affine, scale=scale, offset=offset), values=POINTS)


def recognized(flow: Flow, names: Sequence[str]) -> str:
    """Return the name of the activation that a flow is, or raise InputError."""
    if not flow.function:
        for name in names:
            if np.allclose(flow.values, ACTIVATIONS[name](POINTS), rtol=1e-5, atol=1e-6):
                return name
    raise refused(flow.node, f"ends a function that is none of {', '.join(names)}")
