"""Networks from ONNX files: of Network.export, of PyTorch and of scikit-learn, and files that are damaged."""

import json
import sys
import warnings

import numpy as np
import pytest
from helpers.exchange import CASES, KINDS, assert_outputs_equal, network_of
from helpers.sklearn_models import KINDS as TASKS
from helpers.sklearn_models import assert_same, estimator, fit_quietly, table

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.exchange import from_onnx
from fastmlp.exchange.pytorch_writer import MODULES

pytestmark = pytest.mark.slow


def test_the_package_may_be_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"need the package onnx: install it with `pip install 'fastmlp\[onnx\]'`"):
        from_onnx("a.onnx")


@pytest.fixture
def onnx():
    return pytest.importorskip("onnx")


@pytest.mark.slow  # onnx comes with the extra "dev"
@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_what_was_exported_comes_back(tmp_path, onnx, activation, loss):
    network = network_of(activation, loss, classes=list("abcdefghij"))
    for dtype in ("float32", "float64") if activation != "gelu" else ("float32",):
        network.export(tmp_path / "a.onnx", dtype=dtype)
        again = from_onnx(tmp_path / "a.onnx")
        assert (again.activation, again.loss, again.classes) == (activation, loss, network.classes)
        assert (again.dtype, again.schema) == (dtype, None)
        np.testing.assert_array_equal(again.params, network.params)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_schemas_come_back(tmp_path, onnx, name):
    network, X, inputs = CASES[name]
    network.export(tmp_path / "a.onnx", inputs=inputs)
    again = from_onnx(tmp_path / "a.onnx")
    assert again.schema == network.schema
    np.testing.assert_allclose(again.params, network.params, rtol=1e-6, atol=1e-7)
    assert_outputs_equal(network, X, again.predict_proba(X))
    names = again.sizes[-1] * ["another"]
    assert from_onnx(tmp_path / "a.onnx", classes=names).classes == tuple(names)


@pytest.mark.slow
def test_names_of_classes_in_a_file_can_be_shown(tmp_path, onnx):
    network_of(sizes=(5, 2), classes=["\x1b[2J", "é"]).export(tmp_path / "a.onnx")
    assert from_onnx(tmp_path / "a.onnx").classes == (r"\x1b[2J", "é")


def change(onnx, path, **about):
    model = onnx.load(path)
    stored = {each.key: each.value for each in model.metadata_props} | about
    onnx.helper.set_model_props(model, stored)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pixels", "standardized", "targets", "dark on light"])
@pytest.mark.parametrize(
    "schema",
    [
        "",
        "{",
        "[]",
        '{"scale": "as it is", "low": 0, "high": 1}',
        '{"scale": "by guess"}',
        '{"scale": "standardized", "low": 0, "high": 1, "mean": [0, 0], "deviation": [1, 1]}',
    ],
)
def test_the_graph_counts_where_the_metadata_say_something_else(tmp_path, onnx, name, schema):
    network, X, inputs = CASES[name]
    network.export(tmp_path / "a.onnx", inputs=inputs)
    again = from_onnx(change(onnx, tmp_path / "a.onnx", schema=schema, classes="[3", loss="hinge", sizes="[]"))
    assert_outputs_equal(network, X, again.predict_proba(X))


@pytest.mark.slow
def test_other_standardizations_in_the_metadata_are_not_believed(tmp_path, onnx):
    network, X, _ = CASES["standardized"]
    network.export(tmp_path / "a.onnx")
    stored = network.schema.to_json() | {"mean": [5.1, -300.0, 0.01]}
    again = from_onnx(change(onnx, tmp_path / "a.onnx", schema=json.dumps(stored)))
    assert_outputs_equal(network, X, again.predict_proba(X))


@pytest.mark.slow
def test_paths_bytes_and_protos(tmp_path, onnx):
    network = network_of("relu", "cross_entropy")
    network.export(tmp_path / "a.onnx")
    for source in (
        str(tmp_path / "a.onnx"),
        (tmp_path / "a.onnx").read_bytes(),
        onnx.load(tmp_path / "a.onnx"),
    ):
        np.testing.assert_array_equal(from_onnx(source).params, network.params)
    for source, message in (
        (3, "An object of type int is no ONNX model: pass a path, bytes or an onnx.ModelProto"),
        (tmp_path / "b.onnx", r"There is no file .*: pass the path of an \.onnx file"),
        (tmp_path, "is not a file but a folder"),
        (b"", "can't be read as ONNX"),
        (b"PK\3\4" * 100, "The ONNX model can't be read as ONNX"),
    ):
        with pytest.raises(InputError, match=message):
            from_onnx(source)
    network_of().save(tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"model\.safetensors' can't be read as ONNX"):
        from_onnx(tmp_path / "model.safetensors")


@pytest.mark.slow
def test_a_loss_of_ones_own(tmp_path, onnx):
    network = network_of("relu", "regression")
    network.export(tmp_path / "a.onnx")
    assert from_onnx(tmp_path / "a.onnx", loss="cross_entropy").loss == "cross_entropy"
    network_of("relu", "squared_error").export(tmp_path / "a.onnx")
    assert from_onnx(tmp_path / "a.onnx", loss="binary_cross_entropy").loss == "binary_cross_entropy"
    with pytest.raises(InputError, match="The graph ends with sigmoid, and loss='regression' means identity"):
        from_onnx(tmp_path / "a.onnx", loss="regression")


@pytest.mark.slow
def test_damaged_files_are_refused_in_a_sentence(tmp_path, onnx):
    CASES["table with texts"].network.export(tmp_path / "a.onnx")
    content = (tmp_path / "a.onnx").read_bytes()
    rng = np.random.default_rng(0)
    read, messages = 0, []
    for _ in range(1500):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 4)):
            damaged[place] = rng.integers(0, 256)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                from_onnx(bytes(damaged[: rng.integers(1, len(content) * 4)]))
                read += 1
            except InputError as error:
                messages.append(str(error))
    assert min(read, len(messages)) > 100
    assert all(message.isprintable() for message in messages)


# ---- files of others -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
def test_files_of_pytorch(tmp_path, onnx, activation, new):
    torch = pytest.importorskip("torch")
    if new:
        pytest.importorskip("onnxscript")

    nn = torch.nn
    kind, X = getattr(nn, MODULES[activation].removesuffix("()")), torch.randn(20, 5)
    for end, loss in (
        ([], "regression"),
        ([nn.Softmax(dim=1)], "cross_entropy"),
        ([nn.Sigmoid()], "binary_cross_entropy"),
    ):
        layers = [nn.Flatten(), nn.Linear(5, 8), kind(), nn.Dropout(0.5), nn.Linear(8, 7), kind(), nn.Linear(7, 3)]
        module = nn.Sequential(*layers, *end).eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(module, (X,), tmp_path / "a.onnx", dynamo=new, verbose=False)
        network = from_onnx(tmp_path / "a.onnx")
        assert (network.activation, network.loss) == (activation, loss)
        with torch.no_grad():
            assert_outputs_equal(network, X.numpy(), module(X).numpy())


@pytest.mark.slow
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("zipmap", [False, True])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_files_of_scikit_learn(onnx, activation, zipmap, scaled):
    to_onnx = pytest.importorskip("skl2onnx").to_onnx
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for task in TASKS:
        X, y = table(task)
        model = estimator(task, activation=activation)
        model = make_pipeline(StandardScaler(), model) if scaled else model
        X = X if scaled else (X - X.mean(axis=0)) / X.std(axis=0)
        X = X.astype(np.float32)
        model = fit_quietly(model, X, y)
        if task in ("two targets", "two classes"):  # the converter puts them into one column, and makes True a 1
            continue
        options = {MLPClassifier: {"zipmap": zipmap}} if "target" not in task else None
        network = from_onnx(to_onnx(model, X[:1], options=options))
        assert_same(model, network, X, 1e-4)
        if task == "two names":
            assert network.classes == ("no", "é")
