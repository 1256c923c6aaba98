"""NumPy: the script, run on its own."""

import runpy
import subprocess
import sys

import numpy as np
import pytest
from helpers.exchange import (
    CASES,
    KINDS,
    SOME_KINDS,
    STRANGE_NAMES,
    assert_labels_equal,
    assert_outputs_equal,
    images,
    network_of,
)

from fastmlp.errors import InputError
from fastmlp.inputs.schema import Column, Schema

pytestmark = pytest.mark.slow


def check(network, X, path, **options):
    exported = network.export(path, **options)
    script = runpy.run_path(str(path))
    with np.errstate(all="raise", under="ignore"):
        assert_outputs_equal(network, X, script["outputs"](X))
        predicted = script["predict"](X)
    if network.loss == "regression":
        assert_outputs_equal(network, X, predicted)
    else:
        assert_labels_equal(network, X, predicted)
    assert script["classes"] == list(network.classes)
    return exported


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "loss"), SOME_KINDS)
def test_each_activation_and_each_loss(tmp_path, activation, loss):
    check(network_of(activation, loss), images(500), tmp_path / "a.py")


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_each_activation_with_each_loss(tmp_path, activation, loss):
    check(network_of(activation, loss), images(), tmp_path / "a.py")
    check(network_of(activation, loss, dtype="float64"), images(), tmp_path / "a.py", dtype="float64")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_inputs(tmp_path, name):
    network, X, _ = CASES[name]
    check(network, X, tmp_path / "a.py")


def test_bytes_and_light_are_told_apart(tmp_path):
    network = CASES["pixels"].network
    network.export(tmp_path / "a.py")
    outputs = runpy.run_path(str(tmp_path / "a.py"))["outputs"]
    np.testing.assert_allclose(outputs(images(9)), outputs(images(9) / 255), rtol=1e-6)
    with pytest.raises(InputError, match="takes bytes and other numbers alike: leave inputs out"):
        network.export(tmp_path / "a.py", inputs="uint8")


def test_large_weighted_sums_give_no_warning(tmp_path):
    network = network_of("sigmoid", "squared_error", (3, 4, 2))
    network.params[:] *= 1e4
    for activation in ("sigmoid", "silu", "softplus", "elu", "gelu"):
        network.activation = activation
        network.export(tmp_path / "a.py")
        with np.errstate(all="raise", under="ignore"):
            outputs = runpy.run_path(str(tmp_path / "a.py"))["outputs"](np.array([[1.0, -1.0, 1.0]]))
        assert np.isfinite(outputs).all()


def test_strange_names_of_classes_and_columns(tmp_path):
    columns = tuple(Column(name or "x") for name in STRANGE_NAMES)
    schema = Schema(scale="as it is", low=0.0, high=1.0, columns=columns)
    n = len(STRANGE_NAMES)
    network = network_of("relu", "cross_entropy", (n, 4, n), classes=STRANGE_NAMES, schema=schema)
    check(network, np.random.default_rng(0).random((50, n)).astype(np.float32), tmp_path / "a.py")
    assert (tmp_path / "a.py").read_bytes().isascii()


def test_the_script_is_short_and_says_what_goes_in(tmp_path):
    exported = CASES["table with texts"].network.export(tmp_path / "trees.py")
    text = (tmp_path / "trees.py").read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= 30
    assert max(map(len, text.splitlines())) <= 120
    assert '# The columns of X, 1 for the text and else 0: "age", "city=Bern", "city=Rome"' in text
    assert "X: numbers in the units of the training, standardized inside." in text
    assert exported.files == (tmp_path / "trees.py", tmp_path / "trees.npz")
    assert exported.inputs == "X (n, 3): numbers in the units of the training, standardized inside"
    with np.load(tmp_path / "trees.npz") as arrays:  # without pickle
        assert {"W0", "b0", "W1", "b1", "classes", "mean", "deviation"} <= set(arrays)


@pytest.mark.parametrize("name", ["digits.py", "my digits.py", "class.py"])
def test_the_usage_runs(tmp_path, name):
    network, X, _ = CASES["pixels"]
    exported = network.export(tmp_path / name)
    np.save(tmp_path / "X.npy", X)
    code = "\n".join(["import runpy", "import numpy as np", "X = np.load('X.npy')", *exported.usage, "print(*labels)"])
    printed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert_labels_equal(network, X, np.array(printed.stdout.split(), int))


def test_another_npz_file_is_kept(tmp_path):
    np.savez(tmp_path / "wine.npz", X=np.zeros(3))
    with pytest.raises(InputError, match=r"wine\.npz' that is no export"):
        network_of().export(tmp_path / "wine.py")
    assert [path.name for path in tmp_path.iterdir()] == ["wine.npz"]
    (tmp_path / "wine.npz").unlink()
    for _ in range(2):
        network_of().export(tmp_path / "wine.py")
