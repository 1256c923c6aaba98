"""The estimators in skl2onnx, so that a whole Pipeline that ends in one becomes an ONNX file.

>>> from fastmlp.sklearn.onnx_converter import register_onnx_converters
>>> register_onnx_converters()
>>> skl2onnx.to_onnx(pipeline, X[:1])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.kernels.activations import SLOPE
from fastmlp.sklearn.classifier import MLPClassifier
from fastmlp.sklearn.regressor import MLPRegressor

OPERATORS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softplus": "Softplus", "identity": "Identity"}
"""Activations that are one operator without attributes."""
CLASSIFIER_OPTIONS = {"zipmap": [True, False, "columns"], "nocl": [True, False], "output_class_labels": [False, True]}


def register_onnx_converters() -> None:
    """Tell skl2onnx how to convert MLPClassifier and MLPRegressor; another call changes nothing.

    Raises
    ------
    InputError
        skl2onnx is not installed.
    """
    try:
        from skl2onnx import update_registered_converter
        from skl2onnx.common.shape_calculator import (
            calculate_linear_classifier_output_shapes,
            calculate_linear_regressor_output_shapes,
        )
    except ModuleNotFoundError:
        raise InputError("Pipelines become ONNX files with skl2onnx: pip install skl2onnx.") from None
    update_registered_converter(
        MLPClassifier,
        "FastmlpMLPClassifier",
        calculate_linear_classifier_output_shapes,
        _convert_classifier,
        options=CLASSIFIER_OPTIONS,
    )
    update_registered_converter(
        MLPRegressor, "FastmlpMLPRegressor", calculate_linear_regressor_output_shapes, _convert_regressor
    )


class _Nodes:
    """Adds nodes to a graph of skl2onnx, each with a new name for its output."""

    def __init__(self, scope: Any, operator: Any, container: Any) -> None:
        from skl2onnx.common.data_types import guess_proto_type
        from skl2onnx.proto import onnx_proto

        self._scope, self._container, self.types = scope, container, onnx_proto.TensorProto
        is_double = guess_proto_type(operator.inputs[0].type) == self.types.DOUBLE
        self.type, self._dtype = (self.types.DOUBLE, "float64") if is_double else (self.types.FLOAT, "float32")
        self.network = operator.raw_operator.network_
        self._input = operator.inputs[0].full_name

    def add(self, kind: str, inputs: Sequence[str], output: str | None = None, **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        name = output or self._scope.get_unique_variable_name(kind.lower())
        title = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, list(inputs), name, name=title, **attributes)
        return name

    def constant(self, values: NDArray[Any], kind: int | None = None) -> str:
        """Add an array of the graph's numbers, or of another type; return its name."""
        name: str = self._scope.get_unique_variable_name("constant")
        content = values.astype(self._dtype).ravel() if kind is None else values
        self._container.add_initializer(name, self.type if kind is None else kind, list(values.shape), content)
        return name

    def outputs(self) -> str:
        """Add the layers; return the name of the network's outputs."""
        last, name = len(self.network.weights) - 1, self.add("Cast", [self._input], to=self.type)
        for layer, (W, b) in enumerate(zip(self.network.weights, self.network.biases, strict=True)):
            name = self.add("Gemm", [name, self.constant(W), self.constant(b)])
            if layer < last:
                name = self._activate(self.network.activation, name)
        if self.network.loss == "cross_entropy":
            return self.add("Softmax", [name], axis=1)
        return self.add("Identity" if self.network.loss == "regression" else "Sigmoid", [name])

    def _activate(self, activation: str, Z: str) -> str:
        if activation == "silu":
            return self.add("Mul", [Z, self.add("Sigmoid", [Z])])
        if activation == "leaky_relu":
            return self.add("Max", [Z, self.add("Mul", [Z, self.constant(np.array([SLOPE]))])])
        if activation == "elu":
            zero, one = self.constant(np.array([0.0])), self.constant(np.array([1.0]))
            below = self.add("Sub", [self.add("Exp", [self.add("Min", [Z, zero])]), one])
            return self.add("Add", [self.add("Max", [Z, zero]), below])
        if activation == "gelu":
            half, root = self.constant(np.array([0.5])), self.constant(np.array([2**0.5]))
            share = self.add("Add", [self.add("Erf", [self.add("Div", [Z, root])]), self.constant(np.array([1.0]))])
            return self.add("Mul", [self.add("Mul", [Z, half]), share])
        return self.add(OPERATORS[activation], [Z])


def _convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    nodes = _Nodes(scope, operator, container)
    nodes.add("Identity", [nodes.outputs()], operator.outputs[0].full_name)


def _convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    nodes, classes = _Nodes(scope, operator, container), operator.raw_operator.classes_
    label, probabilities = (each.full_name for each in operator.outputs)
    outputs = nodes.outputs()
    if nodes.network.loss == "binary_cross_entropy" and nodes.network.sizes[-1] > 1:  # several labels for a sample
        nodes.add("Identity", [outputs], probabilities)
        above = nodes.add("Greater", [outputs, nodes.constant(np.array([0.5]))])
        nodes.add("Cast", [above], label, to=nodes.types.INT64)
        return
    if len(classes) == 2:
        rest = nodes.add("Sub", [nodes.constant(np.array([1.0])), outputs])
        nodes.add("Concat", [rest, outputs], probabilities, axis=1)
    elif len(classes) == 1:
        one = nodes.constant(np.array([1.0]))
        nodes.add("Max", [one, outputs], probabilities)
    else:
        nodes.add("Identity", [outputs], probabilities)
    number = nodes.add("ArgMax", [probabilities], axis=1, keepdims=0)
    if classes.dtype.kind in "OU":
        kind, values = nodes.types.STRING, np.array([str(each).encode() for each in classes])
    else:
        kind, values = nodes.types.INT64, classes.astype(np.int64)
    nodes.add("Gather", [nodes.constant(values, kind), number], label)
