"""ONNX: a network as a graph of the package onnx, with the preparation of the inputs inside it."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.exchange.exported import MADE_BY, Export
from fastmlp.exchange.preparation import Preparation
from fastmlp.exchange.trained import OUTPUT_FUNCTIONS, OUTPUTS, Trained
from fastmlp.inputs.schema import BRIGHTEST
from fastmlp.kernels.activations import SLOPE
from fastmlp.system.files import write_bytes

OPSET, IR_VERSION = 20, 10
"""Versions of the operators and of the file; the operator Gelu came with the first, ONNX Runtime 1.17 reads both."""
LARGEST = 2**31 - 2**20
"""Bytes of weights that one file can hold: Protocol Buffers end at 2 GiB."""
OPERATORS = {
    "identity": "Identity",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "leaky_relu": "LeakyRelu",
    "elu": "Elu",
    "softplus": "Softplus",
    "gelu": "Gelu",
}
"""The operator of each activation; silu is made of two."""
COMPOSED: dict[str, list[tuple[str, tuple[str, ...], str]]] = {
    "silu": [("Sigmoid", ("Z",), "S"), ("Mul", ("Z", "S"), "A")],
    "leaky_relu": [("Mul", ("Z", "slope"), "S"), ("Max", ("Z", "S"), "A")],
    "elu": [
        ("Min", ("Z", "zero"), "N"),
        ("Exp", ("N",), "E"),
        ("Sub", ("E", "one"), "S"),
        ("Max", ("Z", "zero"), "P"),
        ("Add", ("P", "S"), "A"),
    ],
    "softplus": [
        ("Abs", ("Z",), "B"),
        ("Neg", ("B",), "N"),
        ("Exp", ("N",), "E"),
        ("Add", ("E", "one"), "S"),
        ("Log", ("S",), "L"),
        ("Max", ("Z", "zero"), "P"),
        ("Add", ("P", "L"), "A"),
    ],
}
"""Activations made of basic operators: operator, inputs, output; Z are the weighted sums, A the activations.

ONNX Runtime has no LeakyRelu, Elu and Softplus for float64.
"""
SCALARS = {"zero": 0.0, "one": 1.0, "slope": SLOPE, "white": BRIGHTEST}


def write_onnx(path: Path, trained: Trained, preparation: Preparation) -> Export:
    """Write an ONNX file, whole or not at all.

    The graph takes "X" and gives "label", unless the network is a regression, and "outputs".

    Raises
    ------
    InputError
        The package onnx is missing, or ONNX Runtime could not run the graph, or the weights are too large for a file.
    OSError
        The file can't be written.
    """
    onnx = _package()
    if sum(each.nbytes for each in (*trained.weights, *trained.biases)) > LARGEST:
        raise InputError("The network has more than 2 GB of weights, which no ONNX file holds: export another format.")
    if trained.dtype == "float64" and trained.activation == "gelu":
        raise InputError("ONNX Runtime has no gelu for float64: leave dtype='float64' out, or export another format.")
    graph = _Graph(onnx, trained.dtype)
    graph.add_network(trained, preparation)
    write_bytes(path, _model(onnx, graph, trained, preparation).SerializeToString())
    names = [*(["label"] if trained.loss != "regression" else []), "outputs"]
    labels = f"label {_label_shape(trained)} int64; " if len(names) == 2 else ""
    return Export(
        to="onnx",
        files=(path,),
        inputs=f"X (n, {trained.sizes[0]}) {preparation.dtype}: {preparation}",
        outputs=f"{labels}outputs (n, {trained.sizes[-1]}) {trained.dtype}: {OUTPUTS[trained.loss]}",
        usage=(
            f"session = onnxruntime.InferenceSession({str(path)!r})",
            f"{', '.join(names)}{'' if len(names) == 2 else ','} = session.run(None, {{'X': X}})",
        ),
    )


def _package() -> ModuleType:
    try:
        import onnx
    except ImportError:
        raise InputError("ONNX files need the package onnx: install it with `pip install 'fastmlp[onnx]'`.") from None
    module: ModuleType = onnx
    return module


def _label_shape(trained: Trained) -> str:
    return "(n,)" if trained.has_labels else f"(n, {trained.sizes[-1]})"


def _model(onnx: Any, graph: "_Graph", trained: Trained, preparation: Preparation) -> Any:
    """Return the ModelProto of a graph."""
    helper = onnx.helper
    n_in, n_out = trained.sizes[0], trained.sizes[-1]
    X = helper.make_tensor_value_info("X", graph.type_of(preparation.dtype), ["n", n_in], str(preparation))
    outputs = helper.make_tensor_value_info(
        "outputs", graph.type_of(trained.dtype), ["n", n_out], OUTPUTS[trained.loss]
    )
    results = [outputs]
    if trained.loss != "regression":
        shape = ["n"] if trained.has_labels else ["n", n_out]
        results.insert(0, helper.make_tensor_value_info("label", onnx.TensorProto.INT64, shape))
    model = helper.make_model(
        helper.make_graph(graph.nodes, "network", [X], results, graph.constants, trained.title),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="fastmlp",
        doc_string=MADE_BY,
    )
    schema = {} if trained.schema is None else {"schema": json.dumps(trained.schema.to_json())}
    helper.set_model_props(model, trained.facts() | {"inputs": str(preparation)} | schema)
    return model


class _Graph:
    """The nodes and constants of a graph that is being built; every node is named after its output."""

    def __init__(self, onnx: Any, dtype: str) -> None:
        self._onnx, self._dtype = onnx, dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._names: set[str] = set()

    def type_of(self, dtype: str) -> int:
        """Return ONNX's number of a NumPy dtype."""
        number: int = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return number

    def add_network(self, trained: Trained, preparation: Preparation) -> None:
        """Add everything between "X" and "label" and "outputs"."""
        name, last = self._prepare(preparation), len(trained.weights) - 1
        for layer, (W, b) in enumerate(zip(trained.weights, trained.biases, strict=True)):
            weights = self._constant(f"W{layer}", W), self._constant(f"b{layer}", b)
            name = self._node("Gemm", (name, *weights), f"Z{layer}")
            if layer < last:
                name = self._activate(trained.activation, name, f"A{layer}")
        if trained.has_labels:
            self._node("ArgMax", (name,), "label", axis=1, keepdims=0)
        elif trained.loss == "binary_cross_entropy":
            above = self._node("Greater", (name, self._scalar("zero")), "above_half")
            self._node("Cast", (above,), "label", to=self._onnx.TensorProto.INT64)
        self._finish(trained, name)

    def _prepare(self, preparation: Preparation) -> str:
        """Add the nodes that make the inputs of the first layer; return the name of the last one's output."""
        if preparation.mean is not None and preparation.deviation is not None:  # in float64, as fastmlp itself
            name = self._cast("X", preparation.dtype, "float64", "X_float64")
            name = self._node("Sub", (name, self._constant("mean", preparation.mean)), "centred")
            name = self._node("Div", (name, self._constant("deviation", preparation.deviation)), "standardized")
            return self._cast(name, "float64", self._dtype, "inputs")
        name = self._cast("X", preparation.dtype, self._dtype, f"X_{self._dtype}")
        if preparation.is_divided:
            name = self._node("Div", (name, self._scalar("white")), "light")
        if preparation.is_inverted:
            name = self._node("Sub", (self._scalar("one"), name), "inverted")
        return name

    def _activate(self, activation: str, Z: str, A: str) -> str:
        """Add the nodes of an activation."""
        if activation not in COMPOSED or (activation in OPERATORS and self._dtype == "float32"):
            attributes = {"alpha": SLOPE} if activation == "leaky_relu" else {}
            return self._node(OPERATORS[activation], (Z,), A, **attributes)
        names = {"Z": Z, "A": A}
        for operator, inputs, output in COMPOSED[activation]:
            taken = [self._scalar(each) if each in SCALARS else names[each] for each in inputs]
            names.setdefault(output, f"{A}_{output}")
            self._node(operator, taken, names[output])
        return A

    def _finish(self, trained: Trained, name: str) -> None:
        """Add the nodes between the last weighted sums and the outputs."""
        if trained.target_scale is not None:
            deviation, mean = trained.target_scale
            name = self._cast(name, self._dtype, "float64", "scaled_targets")
            name = self._node("Mul", (name, self._constant("target_deviation", deviation)), "targets_from_mean")
            name = self._node("Add", (name, self._constant("target_mean", mean)), "targets")
            self._node("Cast", (name,), "outputs", to=self.type_of(self._dtype))
            return
        function = OUTPUT_FUNCTIONS[trained.loss]
        attributes = {"axis": 1} if function == "softmax" else {}
        self._node({"softmax": "Softmax"}.get(function) or OPERATORS[function], (name,), "outputs", **attributes)

    def _node(self, operator: str, inputs: Any, output: str, **attributes: Any) -> str:
        self.nodes.append(self._onnx.helper.make_node(operator, list(inputs), [output], output, **attributes))
        return output

    def _cast(self, name: str, dtype: str, wanted: str, output: str) -> str:
        return name if dtype == wanted else self._node("Cast", (name,), output, to=self.type_of(wanted))

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        if name not in self._names:
            self._names.add(name)
            self.constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _scalar(self, name: str) -> str:
        return self._constant(name, np.array(SCALARS[name], self._dtype))
