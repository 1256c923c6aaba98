"""PyTorch: the state dict, read back without PyTorch, and with it where it is installed."""

import json

import numpy as np
import pytest
from helpers.exchange import CASES, KINDS, assert_labels_equal, assert_outputs_equal, images, network_of
from safetensors import safe_open

from fastmlp.errors import InputError
from fastmlp.exchange import from_pytorch
from fastmlp.inputs.schema import Schema

pytestmark = pytest.mark.slow


def facts(path):
    with safe_open(path, framework="numpy") as file:
        return file.metadata(), {name: file.get_tensor(name).shape for name in file.keys()}  # noqa: SIM118


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_inputs_is_in_the_weights(tmp_path, name):
    network, X, inputs = CASES[name]
    network.export(tmp_path / "a.safetensors", inputs=inputs)
    plain = from_pytorch(tmp_path / "a.safetensors")
    assert_outputs_equal(network, X, plain.predict_proba(X.astype(np.float32)))
    assert plain.classes == network.classes


def test_names_shapes_and_metadata(tmp_path):
    network = network_of("elu", "cross_entropy", classes=list("abcdefghij"))
    exported = network.export(tmp_path / "a.safetensors")
    about, shapes = facts(tmp_path / "a.safetensors")
    sizes = [(16, 784), (16,), (16, 16), (16,), (10, 16), (10,)]
    names = ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"]
    assert shapes == dict(zip(names, sizes, strict=True))
    assert (about["format"], about["activation"], about["loss"]) == ("pt", "elu", "cross_entropy")
    assert json.loads(about["classes"]) == list("abcdefghij")
    assert about["module"] == (
        "nn.Sequential(nn.Linear(784, 16), nn.ELU(), nn.Linear(16, 16), nn.ELU(), nn.Linear(16, 10), nn.Softmax(dim=1))"
    )
    assert about["inputs"] == "pixels from 0 to 255, divided by 255 by the first layer's weights"
    assert exported.inputs.endswith(about["inputs"])


def test_names_of_the_inputs_of_a_table_are_in_the_metadata(tmp_path):
    exported = CASES["table with texts"].network.export(tmp_path / "a.safetensors")
    assert json.loads(facts(tmp_path / "a.safetensors")[0]["input_names"]) == ["age", "city=Bern", "city=Rome"]
    assert "takes one input for each text" in exported.notes[0]


def test_weights_that_become_too_large_are_refused(tmp_path):
    schema = Schema(scale="standardized", low=0.0, high=1.0, mean=(0.0, 0.0), deviation=(1e-3, 1.0))
    network = network_of("relu", "regression", (2, 3), schema=schema)
    network.weights[0][:] = 1e38
    with pytest.raises(InputError, match="too large for float32: train it again, or pass dtype='float64'"):
        network.export(tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()


def loaded(exported):
    """The module that the usage makes, with the weights of the file."""
    pytest.importorskip("torch")
    names = {}
    exec("\n".join(["import safetensors.torch", "from torch import nn", *exported.usage]), names)
    return names["model"].eval()


def outputs_of(model, X):
    torch = pytest.importorskip("torch")
    with torch.no_grad():
        return model(torch.from_numpy(X)).numpy()


@pytest.mark.slow  # PyTorch comes with the extra "bench"
@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_each_activation_with_each_loss_in_pytorch(tmp_path, activation, loss):
    network = network_of(activation, loss)
    outputs = outputs_of(loaded(network.export(tmp_path / "a.safetensors")), images().astype(np.float32))
    assert_outputs_equal(network, images(), outputs)
    if loss != "regression":
        labels = (outputs > 0.5).astype(int) if loss == "binary_cross_entropy" else outputs.argmax(axis=1)
        assert_labels_equal(network, images(), labels)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_inputs_in_pytorch(tmp_path, name):
    network, X, inputs = CASES[name]
    exported = network.export(tmp_path / "a.safetensors", inputs=inputs)
    assert_outputs_equal(network, X, outputs_of(loaded(exported), X.astype(np.float32)))
    exported = network.export(tmp_path / "a.safetensors", inputs=inputs, dtype="float64")
    assert_outputs_equal(network, X, outputs_of(loaded(exported), X.astype(np.float64)))


@pytest.mark.slow
def test_a_state_dict_is_loaded_strictly(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    network_of("relu", "cross_entropy").export(tmp_path / "a.safetensors", inputs="float32")
    state = load_file(tmp_path / "a.safetensors")
    layers = [torch.nn.Linear(784, 16), torch.nn.ReLU(), torch.nn.Linear(16, 16), torch.nn.ReLU()]
    logits = torch.nn.Sequential(*layers, torch.nn.Linear(16, 10))
    assert logits.load_state_dict(state, strict=True).missing_keys == []
    with pytest.raises(RuntimeError, match="Missing key"):
        torch.nn.Sequential(torch.nn.Linear(784, 16, bias=False), torch.nn.Linear(16, 10)).load_state_dict(state)
