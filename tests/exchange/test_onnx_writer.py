"""ONNX: the graph, checked and run with ONNX Runtime where it is installed."""

import json
import sys

import numpy as np
import pytest
from helpers.exchange import (
    CASES,
    KINDS,
    STRANGE_NAMES,
    assert_labels_equal,
    assert_outputs_equal,
    images,
    network_of,
)

from fastmlp.errors import InputError

pytestmark = pytest.mark.slow


def test_the_package_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"need the package onnx: install it with `pip install 'fastmlp\[onnx\]'`"):
        network_of().export(tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


def run(path, X):
    """The results of ONNX Runtime by name, after the full check of the file."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return dict(zip([each.name for each in session.get_outputs()], session.run(None, {"X": X}), strict=True))


def check(network, X, path, **options):
    exported = network.export(path, **options)
    results = run(path, X)
    assert_outputs_equal(network, X, results["outputs"])
    assert results["outputs"].dtype == options.get("dtype", "float32")
    assert ("label" in results) == (network.loss != "regression")
    if "label" in results:
        assert results["label"].dtype == np.int64
        assert_labels_equal(network, X, results["label"])
    return exported


@pytest.mark.slow  # onnx and onnxruntime come with the extra "dev"
@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_each_activation_with_each_loss(tmp_path, activation, loss):
    check(network_of(activation, loss), images(), tmp_path / "a.onnx")


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "loss"), [kind for kind in KINDS if kind[0] != "gelu"])
def test_float64_is_exact(tmp_path, activation, loss):
    network, X = network_of(activation, loss, dtype="float64"), images(500)
    network.export(tmp_path / "a.onnx", dtype="float64")
    outputs = run(tmp_path / "a.onnx", X)["outputs"]
    np.testing.assert_allclose(outputs, network.predict_proba(X), rtol=1e-12, atol=1e-13)


@pytest.mark.slow
def test_gelu_in_float64_is_refused(tmp_path):
    pytest.importorskip("onnx")
    with pytest.raises(InputError, match="ONNX Runtime has no gelu for float64: leave dtype='float64' out"):
        network_of("gelu").export(tmp_path / "a.onnx", dtype="float64")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_inputs(tmp_path, name):
    network, X, inputs = CASES[name]
    check(network, X, tmp_path / "a.onnx", inputs=inputs)
    if network.activation != "gelu":
        check(network, X, tmp_path / "a.onnx", inputs=str(X.dtype), dtype="float64")


@pytest.mark.slow
def test_columns_far_from_zero_keep_their_digits(tmp_path):
    """Standardized in float64, as fastmlp does; in float64 inputs nothing is lost."""
    network, X, _ = CASES["standardized"]
    check(network, X.astype(np.float64), tmp_path / "a.onnx", inputs="float64")


@pytest.mark.slow
def test_any_number_of_samples(tmp_path):
    network, X, _ = CASES["pixels"]
    network.export(tmp_path / "a.onnx")
    for n in (1, 7):
        assert_outputs_equal(network, X[:n], run(tmp_path / "a.onnx", X[:n])["outputs"])


@pytest.mark.slow
def test_names_types_and_metadata(tmp_path):
    onnx = pytest.importorskip("onnx")
    network = network_of("relu", "cross_entropy", (784, 5, len(STRANGE_NAMES)), classes=STRANGE_NAMES)
    network.schema = CASES["pixels"].network.schema
    check(network, images(500), tmp_path / "a.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    about = {each.key: each.value for each in model.metadata_props}
    assert json.loads(about["classes"]) == list(STRANGE_NAMES)
    assert (about["activation"], about["loss"], about["sizes"]) == ("relu", "cross_entropy", "[784, 5, 11]")
    assert about["inputs"] == "pixels from 0 to 255 (28x28, row by row), divided by 255 inside"
    assert json.loads(about["schema"]) == json.loads(json.dumps(network.schema.to_json()))
    assert [node.op_type for node in model.graph.node] == [
        *("Cast", "Div", "Gemm", "Relu", "Gemm", "ArgMax", "Softmax"),
    ]
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    CASES["table with texts"].network.export(tmp_path / "b.onnx")
    about = {each.key: each.value for each in onnx.load(tmp_path / "b.onnx").metadata_props}
    assert json.loads(about["input_names"]) == ["age", "city=Bern", "city=Rome"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pixels", "targets"])
def test_the_usage_runs(tmp_path, name):
    network, X, _ = CASES[name]
    names = {"onnxruntime": pytest.importorskip("onnxruntime"), "X": X}
    pytest.importorskip("onnx")
    exec("\n".join(network.export(tmp_path / "a.onnx").usage), names)
    assert_outputs_equal(network, X, names["outputs"])
    assert ("label" in names) == (name == "pixels")


@pytest.mark.slow
def test_more_weights_than_a_file_holds_are_refused(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setattr("fastmlp.exchange.onnx_writer.LARGEST", 1000)
    with pytest.raises(InputError, match="more than 2 GB of weights, which no ONNX file holds"):
        network_of().export(tmp_path / "a.onnx")


@pytest.mark.slow
def test_an_earlier_export_is_replaced_by_the_same_bytes(tmp_path):
    pytest.importorskip("onnx")
    network_of(classes=["a name of a class " * 1000] * 10).export(tmp_path / "a.onnx")
    network_of().export(tmp_path / "a.onnx")
    first = (tmp_path / "a.onnx").read_bytes()
    network_of().export(tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == first
