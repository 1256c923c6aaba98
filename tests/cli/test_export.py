"""The command `export`."""

import json
import runpy

import numpy as np
import pytest
from helpers.exchange import CASES
from PIL import Image

from fastmlp import Network, load_network
from fastmlp.exchange.export_file import FORMATS

WITHOUT_ONNX = {"c": "model.h", "pytorch": "model-pytorch.safetensors", "numpy": "model.py"}


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.safetensors"
    CASES["pixels"].network.save(path)
    return path


@pytest.mark.parametrize("to", WITHOUT_ONNX)
def test_export_writes_beside_the_model_and_says_what(fastmlp, model, to):
    status, out, err = fastmlp("export", model, "--to", to)
    path = model.with_name(WITHOUT_ONNX[to])
    assert (status, err) == (0, "")
    assert path.is_file()
    lines = {line[:9].strip(): line[9:] for line in out.splitlines()}
    assert lines["written"].startswith(str(path))
    assert lines["written"].endswith(" KB")
    assert "pixels" in lines["in"]
    assert "from 0 to 1" in lines["out"]
    assert {"load it", ""} <= set(lines)
    assert load_network(model).sizes == (784, 16, 16, 10)  # the model is as it was
    assert fastmlp("export", model, "--to", to)[0] == 0


def test_the_exported_script_predicts_what_the_model_does(fastmlp, model):
    status, out, err = fastmlp("export", model, "--out", "digits.py", "--json")
    result = json.loads(out)
    assert status == 0
    assert "load it" in err
    assert result["to"] == "numpy"
    assert result["files"] == ["digits.py", "digits.npz"]
    assert result["model"] == str(model)
    assert result["usage"] == ["from digits import classes, outputs, predict", "labels = predict(X)"]
    X = CASES["pixels"].X
    np.testing.assert_array_equal(runpy.run_path("digits.py")["predict"](X), load_network(model).predict(X))


def test_types(fastmlp, model):
    status, out, _ = fastmlp("export", model, "--to", "c", "--inputs", "float64", "--dtype", "float64", "--json")
    assert status == 0
    assert json.loads(out)["inputs"] == "double in[784]: pixels from 0 to 1 (28x28, row by row), taken as they are"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "No format was named: pass --to onnx, pytorch, c or numpy, or --out PATH."),
        (["--to", "torch"], "Unknown format 'torch': did you mean 'pytorch'?"),
        (["--out", "a.pt"], "'a.pt' would be a pickle"),
        (["--out", "model.safetensors"], "There is a file 'model.safetensors' that is no export"),
        (["--to", "c", "--dtype", "half"], "dtype is 'half': pass 'float32' or 'float64'."),
        (["--to", "c", "--inputs", "int8"], "Unknown inputs 'int8': did you mean 'uint8'?"),
        (["--out", "nowhere/a.h"], "nowhere/a.h can't be read or written: No such file or directory."),
    ],
)
def test_bad_options_are_one_line(fastmlp, model, options, message):
    status, out, err = fastmlp("export", model.name, *options)
    assert (status, out) == (2, "")
    assert err.startswith("fastmlp: ")
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_missing_model(fastmlp):
    status, _, err = fastmlp("export", "nowhere.safetensors", "--to", "c")
    assert status == 2
    assert "no model file 'nowhere.safetensors'" in err


def test_the_help_names_every_format(fastmlp):
    _, out, _ = fastmlp("export", "--help")
    assert f"--to {'|'.join(FORMATS)}" in out


def test_an_imported_network_does_not_pretend_to_know_its_samples(fastmlp, tmp_path):
    from fastmlp.exchange import from_pytorch

    network = from_pytorch({"weight": np.ones((2, 784), np.float32)}, loss="cross_entropy")
    assert isinstance(network, Network)
    network.save(tmp_path / "a.safetensors")
    assert "trained on  values of unknown range" in fastmlp("show", "a.safetensors")[1]
    Image.fromarray(CASES["pixels"].X[0].reshape(28, 28)).save("a.png")
    status, _, err = fastmlp("predict", "a.safetensors", "a.png")
    assert status == 2
    assert "the network comes from another library and does not say what pictures it was trained on" in err
