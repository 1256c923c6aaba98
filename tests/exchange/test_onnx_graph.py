"""The perceptron in an ONNX graph: forms that mean the same, and graphs that are something else."""

import numpy as np
import pytest

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.exchange import from_onnx
from fastmlp.exchange.onnx_operators import ACTIVATIONS, POINTS

pytestmark = pytest.mark.slow  # onnx comes with the extra "dev"

RNG = np.random.default_rng(0)
W0, b0 = RNG.normal(size=(3, 4)).astype("f"), RNG.normal(size=4).astype("f")
W1, b1 = RNG.normal(size=(4, 2)).astype("f"), RNG.normal(size=2).astype("f")
X = RNG.normal(size=(30, 3)).astype("f")


def model_of(*steps, constants=None, dtype="float32", inputs=("X",), outputs=("Y",), opset=20):
    """A ModelProto of nodes, each an operator, its inputs, its output, and its attributes."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    nodes = []
    for operator, taken, given, *attributes in steps:
        domain = "ai.onnx.ml" if operator in ("ZipMap", "Scaler", "Binarizer", "ArrayFeatureExtractor") else ""
        nodes.append(helper.make_node(operator, taken.split(), given.split(), domain=domain, **(attributes or [{}])[0]))
    known = {"W0": W0, "b0": b0, "W1": W1, "b1": b1} | (constants or {})
    tensors = [onnx.numpy_helper.from_array(np.asarray(each), name) for name, each in known.items()]
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, kind, [None, 3]) for name in inputs],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, None]) for name in outputs],
        tensors,
    )
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


FIRST, LAST = ("Gemm", "X W0 b0", "Z"), ("Gemm", "A W1 b1", "Y")


def wanted(activation, x=X):
    return ACTIVATIONS[activation](x.astype(float) @ W0 + b0) @ W1 + b1


def check(network, outputs, activation):
    np.testing.assert_allclose(network.predict_proba(X), outputs, rtol=1e-4, atol=1e-5)
    assert network.activation == activation


def test_the_activations_are_those_of_the_kernels():
    for name, function in ACTIVATIONS.items():
        Z = POINTS.copy()
        kernels.activate(kernels.ACTIVATIONS[name], Z)
        np.testing.assert_allclose(function(POINTS), Z, rtol=1e-12, atol=1e-12)
    assert ACTIVATIONS.keys() == kernels.ACTIVATIONS.keys()
    values = [function(POINTS) for function in ACTIVATIONS.values()]  # which are told apart
    for i, one in enumerate(values):
        assert not any(np.allclose(one, other, rtol=1e-5, atol=1e-6) for other in values[:i])


ROOT, HALF, ONE = (np.array(each, "f") for each in (2**0.5, 0.5, 1.0))
FORMS = {
    "Swish": ("silu", [("Swish", "Z", "A")]),
    "sigmoid times": ("silu", [("Sigmoid", "Z", "S"), ("Mul", "S Z", "A")]),
    "erf of PyTorch": (
        "gelu",
        [("Div", "Z root", "D"), ("Erf", "D", "E"), ("Add", "E one", "F"), ("Mul", "Z F", "G"), ("Mul", "G half", "A")],
    ),
    "erf of TensorFlow": (
        "gelu",
        [("Div", "Z root", "D"), ("Erf", "D", "E"), ("Add", "one E", "F"), ("Mul", "half F", "G"), ("Mul", "Z G", "A")],
    ),
    "softplus with a bound": (
        "softplus",
        [("Softplus", "Z", "S"), ("Greater", "Z twenty", "G"), ("Where", "G Z S", "A")],
    ),
    "relu as a maximum": ("relu", [("Max", "Z zero", "A")]),
    "relu by a comparison": ("relu", [("Less", "Z zero", "N"), ("Where", "N zero Z", "A")]),
    "sigmoid by exp": ("sigmoid", [("Neg", "Z", "N"), ("Exp", "N", "E"), ("Add", "E one", "F"), ("Div", "one F", "A")]),
    "dropout": ("tanh", [("Tanh", "Z", "T"), ("Dropout", "T", "A")]),
    "attributes": ("leaky_relu", [("LeakyRelu", "Z", "A", {"alpha": 0.01})]),
}
CONSTANTS = {"root": ROOT, "half": HALF, "one": ONE, "twenty": np.array(20, "f"), "zero": np.array(0, "f")}


@pytest.mark.parametrize("form", FORMS)
def test_activations_in_many_forms(form):
    activation, steps = FORMS[form]
    opset = 24 if form == "Swish" else 20
    model = model_of(FIRST, *steps, LAST, constants=CONSTANTS, opset=opset)
    model.ir_version = 11 if form == "Swish" else 10
    check(from_onnx(model), wanted(activation), activation)


LAYERS = {
    "transposed": [("Gemm", "X T0 b0", "Z", {"transB": 1})],
    "a product and a sum": [("MatMul", "X W0", "M"), ("Add", "M b0", "Z")],
    "the sum the other way": [("MatMul", "X W0", "M"), ("Add", "b0 M", "Z")],
    "biases of a row": [("MatMul", "X W0", "M"), ("Add", "M row", "Z")],
    "alpha and beta": [("Gemm", "X half_W0 double_b0", "Z", {"alpha": 2.0, "beta": 0.5})],
    "a constant node": [("Transpose", "T0", "W"), ("MatMul", "X W", "M"), ("Add", "M b0", "Z")],
    "batch normalization": [("MatMul", "X half_W0", "M"), ("Mul", "M twos", "N"), ("Add", "N b0", "Z")],
    "scaled and shifted": [
        *[("Sub", "X shift", "S"), ("Div", "S deviation", "D"), ("Gemm", "D W0 b0", "Z")],
    ],
    "casts": [("Cast", "X", "C", {"to": 11}), ("Cast", "C", "D", {"to": 1}), ("Gemm", "D W0 b0", "Z")],
    "flattened": [("Flatten", "X", "F"), ("Gemm", "F W0 b0", "Z")],
}
FORMS_OF_WEIGHTS = {
    "T0": np.ascontiguousarray(W0.T),
    "row": b0[None],
    "half_W0": W0 / 2,
    "double_b0": 2 * b0,
    "twos": np.full(4, 2, "f"),
    "shift": np.zeros(3, "f"),
    "deviation": np.ones(3, "f"),
}


@pytest.mark.parametrize("form", LAYERS)
def test_layers_in_many_forms(form):
    network = from_onnx(model_of(*LAYERS[form], ("Relu", "Z", "A"), LAST, constants=FORMS_OF_WEIGHTS))
    check(network, wanted("relu"), "relu")
    assert network.dtype == "float32"


SAMPLES = {
    "standardized": ([("Sub", "X mean", "S"), ("Div", "S deviation", "P")], "standardized"),
    "by a scaler": ([("Scaler", "X", "P", {"offset": [1.0, 2.0, 3.0], "scale": [0.5, 0.25, 2.0]})], "standardized"),
    "a product and a sum": ([("Mul", "X scale", "S"), ("Add", "S offset", "P")], "standardized"),
    "one number": ([("Sub", "X one", "S"), ("Mul", "S half", "P")], "standardized"),
    "reversed": ([("Sub", "one X", "P")], "as it is"),
    "reversed from numbers of their own": ([("Sub", "mean X", "P")], "as it is"),
    "some reversed": ([("Mul", "X signs", "P")], "as it is"),
}
OF_SAMPLES = {
    "mean": np.array([1, 2, 3], "f"),
    "deviation": np.array([2, 4, 0.5], "f"),
    "scale": np.array([0.5, 0.25, 2], "f"),
    "offset": np.array([-0.5, -0.5, -6], "f"),
    "one": ONE,
    "half": HALF,
    "signs": np.array([1, -1, 2], "f"),
}


@pytest.mark.parametrize("form", SAMPLES)
def test_what_stands_before_the_first_layer(form):
    steps, scale = SAMPLES[form]
    model = model_of(*steps, ("Gemm", "P W0 b0", "Z"), ("Elu", "Z", "A"), LAST, constants=OF_SAMPLES)
    network = from_onnx(model)
    assert network.schema.scale == scale
    prepared = {
        "one number": (X - 1) / 2,
        "reversed": 1 - X,
        "reversed from numbers of their own": [1, 2, 3] - X,
        "some reversed": X * OF_SAMPLES["signs"],
    }.get(form, (X - [1, 2, 3]) / [2, 4, 0.5])
    check(network, wanted("elu", prepared), "elu")


def test_bytes():
    pixels = RNG.integers(0, 256, (20, 3), np.uint8)
    layers = (("Gemm", "P W0 b0", "Z"), ("Relu", "Z", "A"), LAST)
    cast, white = ("Cast", "X", "C", {"to": 1}), {"white": np.array(255, "f")}
    light = from_onnx(model_of(cast, ("Div", "C white", "P"), *layers, constants=white, dtype="uint8"))
    assert light.schema is None
    np.testing.assert_allclose(light.predict_proba(pixels), wanted("relu", pixels / 255), rtol=1e-4, atol=1e-5)
    numbers = from_onnx(model_of(("Cast", "X", "P", {"to": 1}), *layers, dtype="uint8"))
    np.testing.assert_allclose(numbers.predict_proba(pixels), wanted("relu", pixels), rtol=1e-4, atol=1e-3)


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


BODY = (FIRST, ("Tanh", "Z", "A"), ("Gemm", "A W1 b1", "O"))
SUMS = wanted("tanh")
LARGEST = ("ArgMax", "O", "label", {"axis": 1, "keepdims": 0})
ENDS = {
    "regression": ([("Identity", "O", "Y")], ["Y"], "regression", SUMS),
    "softmax": ([("Softmax", "O", "Y")], ["Y"], "cross_entropy", softmax(SUMS)),
    "softmax of another axis number": ([("Softmax", "O", "Y", {"axis": 1})], ["Y"], "cross_entropy", softmax(SUMS)),
    "logarithms": ([("LogSoftmax", "O", "Y")], ["Y"], "cross_entropy", softmax(SUMS)),
    "labels alone": ([LARGEST], ["label"], "cross_entropy", softmax(SUMS)),
    "sums and labels": ([LARGEST, ("Identity", "O", "Y")], ["Y", "label"], "cross_entropy", softmax(SUMS)),
    "sigmoid": ([("Sigmoid", "O", "Y")], ["Y"], "binary_cross_entropy", 1 / (1 + np.exp(-SUMS))),
    "sigmoid and labels": ([LARGEST, ("Sigmoid", "O", "Y")], ["label", "Y"], "squared_error", 1 / (1 + np.exp(-SUMS))),
    "sigmoid and bounds": (
        [("Sigmoid", "O", "Y"), ("Greater", "O zero", "G"), ("Cast", "G", "label", {"to": 7})],
        ["label", "Y"],
        "binary_cross_entropy",
        1 / (1 + np.exp(-SUMS)),
    ),
    "sums and probabilities": ([("Softmax", "O", "Y")], ["O", "Y"], "cross_entropy", softmax(SUMS)),
    "units": ([("Mul", "O thousand", "P"), ("Add", "P one", "Y")], ["Y"], "regression", 1000 * SUMS + 1),
}


@pytest.mark.parametrize("end", ENDS)
def test_ends(end):
    steps, outputs, loss, results = ENDS[end]
    constants = {"zero": np.array(0, "f"), "thousand": np.array(1000, "f"), "one": ONE}
    network = from_onnx(model_of(*BODY, *steps, outputs=outputs, constants=constants))
    assert network.loss == loss
    np.testing.assert_allclose(network.predict_proba(X), results, rtol=1e-4, atol=1e-5)


def test_one_output_of_two_classes():
    steps = [
        *(FIRST, ("Tanh", "Z", "A"), ("Gemm", "A column", "O"), ("Sigmoid", "O", "S")),
        *(("Sub", "one S", "N"), ("Concat", "N S", "P", {"axis": 1})),
        ("ZipMap", "P", "Y", {"classlabels_strings": ["no", "é"]}),
        ("ArgMax", "P", "L", {"axis": 1}),
        ("ArrayFeatureExtractor", "names L", "label"),
    ]
    constants = {"column": W1[:, :1], "one": ONE, "names": np.array(["no", "é"], object)}
    network = from_onnx(model_of(*steps, outputs=["label", "Y"], constants=constants))
    assert (network.loss, network.classes, network.sizes) == ("cross_entropy", ("no", "é"), (3, 4, 2))
    s = 1 / (1 + np.exp(-(np.tanh(X @ W0 + b0) @ W1[:, 0])))
    np.testing.assert_allclose(network.predict_proba(X), np.stack([1 - s, s], axis=1), atol=1e-5)


RELU = ("Relu", "Z", "A")
OTHERS = {
    "another operator": ([FIRST, ("Softsign", "Z", "A"), LAST], r"'A' \(Softsign\) of the graph is no part"),
    "a bound": ([FIRST, ("Min", "Z six", "M"), ("Relu", "M", "A"), LAST], r"'A' \(Relu\) of the graph ends a function"),
    "another slope": ([FIRST, ("LeakyRelu", "Z", "A", {"alpha": 0.2}), LAST], "ends a function that is none of ident"),
    "a gelu by tanh": ([FIRST, ("Gelu", "Z", "A", {"approximate": "tanh"}), LAST], r"'A' \(Gelu\) .* ends a function"),
    "two activations": (
        [FIRST, ("Tanh", "Z", "A"), ("Gemm", "A square", "H"), ("Relu", "H", "R"), ("Gemm", "R W1", "Y")],
        r"'R' \(Relu\) of the graph is relu after tanh",
    ),
    "a residual": (
        [FIRST, RELU, ("Gemm", "A square", "H"), ("Add", "H A", "R"), ("Gemm", "R W1", "Y")],
        r"'R' \(Add\) of the graph is no part of a plain perceptron",
    ),
    "a convolution": ([("Conv", "X kernel", "Y")], r"'Y' \(Conv\) of the graph is no part"),
    "samples changed": (
        [("Relu", "X", "P"), ("Gemm", "P W0 b0", "Y")],
        r"'P' \(Relu\) .* changes the samples in a way",
    ),
    "no layer": ([("Relu", "X", "Y")], r"'Y' \(Relu\) .* none of identity, sigmoid"),
    "nothing": ([("Identity", "X", "Y")], "has no Gemm or MatMul with constant weights"),
    "an end": ([("Gemm", "X W0 b0", "O"), ("Relu", "O", "Y")], r"'Y' \(Relu\) .* none of identity, sigmoid"),
    "a softmax of columns": ([("Gemm", "X W0 b0", "O"), ("Softmax", "O", "Y", {"axis": 0})], "is no part of a plain"),
    "weights of the samples": ([("Transpose", "X", "T"), ("MatMul", "X T", "Y")], r"'T' \(Transpose\)"),
    "samples transposed": ([("Gemm", "X W0", "Y", {"transA": 1})], r"'Y' \(Gemm\)"),
    "whole numbers": ([FIRST, RELU, ("Cast", "A", "C", {"to": 7}), ("Gemm", "C W1 b1", "Y")], r"'C' \(Cast\)"),
    "labels that go on": (
        [FIRST, ("ArgMax", "Z", "L", {"axis": 1}), ("Cast", "L", "A", {"to": 1}), ("Gemm", "A W1", "Y")],
        r"'Y' \(Gemm\) of the graph is no part",
    ),
    "a column chosen by its label": (
        [FIRST, ("ArgMax", "Z", "L", {"axis": 1}), ("ArrayFeatureExtractor", "Z L", "Y")],
        r"'Y' \(ArrayFeatureExtractor\) of the graph is no part",
    ),
    "a comparison that goes on": (
        [FIRST, ("Greater", "Z six", "G"), ("Cast", "G", "A", {"to": 1}), LAST],
        r"'A' \(Cast\) of the graph is no part",
    ),
    "a choice by another layer": (
        [
            FIRST,
            RELU,
            ("Gemm", "A square", "H"),
            ("Greater", "Z six", "G"),
            ("Where", "G H A", "R"),
            ("Gemm", "R W1", "Y"),
        ],
        r"'R' \(Where\) of the graph is no part",
    ),
    "a bias that was computed": (
        [("Sqrt", "b0", "c"), ("Gemm", "X W0 c", "Z"), RELU, LAST],
        r"'Z' \(Gemm\) of the graph is no part",
    ),
    "a choice that was computed": (
        [FIRST, ("Sqrt", "six", "c"), ("Cast", "c", "G", {"to": 9}), ("Neg", "Z", "N"), ("Where", "G Z N", "A"), LAST],
        r"'A' \(Where\) of the graph is no part",
    ),
    "a choice of other numbers": (
        [FIRST, ("Greater", "Z six", "G"), ("Where", "G points Z", "A"), LAST],
        r"'A' \(Where\) of the graph is no part",
    ),
    "an exponential of an exponential": ([FIRST, ("Exp", "Z", "E"), ("Exp", "E", "A"), LAST], r"'A' \(Exp\) .* ends"),
    "a logarithm": ([FIRST, ("Log", "Z", "A"), LAST], r"'A' \(Log\) .* ends a function"),
    "three columns": (
        [
            *(("MatMul", "X three_one", "O"), ("Sigmoid", "O", "S"), ("Sub", "unit S", "N")),
            ("Concat", "N S column", "Y", {"axis": 1}),
        ],
        r"'Y' \(Concat\)",
    ),
    "two rows": (
        [
            *(("MatMul", "X three_one", "O"), ("Sigmoid", "O", "S"), ("Sub", "unit S", "N")),
            ("Concat", "N S", "Y", {"axis": 0}),
        ],
        r"'Y' \(Concat\)",
    ),
    "rows in two": (
        [("Reshape", "X shape", "P"), ("Gemm", "P six_rows", "Y")],
        "takes 3 numbers a sample, and its first layer 6",
    ),
    "everything in one row": ([("Flatten", "X", "P", {"axis": 0}), ("MatMul", "P W0", "Y")], r"'P' \(Flatten\)"),
    "a number for each sample": ([("MatMul", "X W0", "M"), ("Add", "M column", "Z"), RELU, LAST], r"'Z' \(Add\)"),
    "a bias for each sample": ([("Gemm", "X W0 column", "Z"), RELU, LAST], r"'Z' \(Gemm\)"),
    "the least likely": (
        [("Gemm", "X W0", "O"), ("Neg", "O", "N"), ("ArgMax", "N", "Y", {"axis": 1})],
        r"'Y' \(ArgMax",
    ),
    "the last of several": (
        [("Gemm", "X W0", "O"), ("ArgMax", "O", "Y", {"axis": 1, "select_last_index": 1})],
        r"'Y' \(ArgMax\)",
    ),
    "another bound": (
        [("Gemm", "X W0", "O"), ("Sigmoid", "O", "S"), ("Greater", "S three", "G"), ("Cast", "G", "Y", {"to": 7})],
        r"'Y' \(Cast\)",
    ),
    "another bound of a binarizer": (
        [("Gemm", "X W0", "O"), ("Sigmoid", "O", "S"), ("Binarizer", "S", "Y", {"threshold": 0.3})],
        r"'Y' \(Binarizer\)",
    ),
    "after a softmax": ([("Gemm", "X W0", "S"), ("Softmax", "S", "A"), LAST], r"'Y' \(Gemm\) of the graph is no part"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_graphs_are_refused(name):
    steps, message = OTHERS[name]
    constants = {
        "six": np.array(6, "f"),
        "three": np.array(0.3, "f"),
        "square": np.eye(4, dtype="f"),
        "kernel": np.ones((1, 1, 1), "f"),
        "column": np.ones((4, 1), "f"),
        "shape": np.array([-1, 6]),
        "points": np.ones(len(POINTS), "f"),
        "unit": ONE,
        "three_one": np.ones((3, 1), "f"),
        "six_rows": np.ones((6, 2), "f"),
    }
    with pytest.raises(InputError, match=message):
        from_onnx(model_of(*steps, constants=constants))


def test_operators_of_another_domain_are_refused():
    model = model_of(FIRST, ("Relu", "Z", "A"), LAST)
    model.graph.node[1].domain = "com.example"
    model.opset_import.append(pytest.importorskip("onnx").helper.make_opsetid("com.example", 1))
    with pytest.raises(InputError, match=r"'A' \(Relu\) of the graph is of the domain 'com.example'"):
        from_onnx(model)


def test_labels_of_another_layer_are_refused():
    label = ("ArgMax", "Z", "label", {"axis": 1})
    with pytest.raises(InputError, match="has outputs of several layers"):
        from_onnx(model_of(FIRST, label, ("Relu", "Z", "A"), LAST, outputs=["Y", "label"]))


def test_several_inputs_and_outputs_of_several_layers():
    with pytest.raises(InputError, match="has 2 inputs: a plain perceptron takes one matrix"):
        from_onnx(model_of(("MatMul", "X W0", "Y"), inputs=["X", "V"]))
    with pytest.raises(InputError, match="has outputs of several layers"):
        from_onnx(model_of(FIRST, ("Relu", "Z", "A"), LAST, outputs=["Y", "Z"]))
    with pytest.raises(InputError, match="has no output that depends on its input"):
        from_onnx(model_of(("Identity", "b0", "Y")))
