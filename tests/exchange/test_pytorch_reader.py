"""Networks from PyTorch: state dicts of arrays, and modules where PyTorch is installed."""

from itertools import pairwise

import numpy as np
import pytest
from helpers.exchange import KINDS, assert_outputs_equal, network_of
from safetensors.numpy import save_file

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.exchange import from_pytorch
from fastmlp.exchange.pytorch_writer import MODULES
from fastmlp.inputs.schema import Schema

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)).astype(np.float32)


def state_of(*sizes, names=None, dtype=np.float32):
    state = {}
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        name = f"{2 * layer}" if names is None else names[layer]
        state[f"{name}.weight"] = RNG.normal(size=(n_out, n_in)).astype(dtype)
        state[f"{name}.bias"] = RNG.normal(size=n_out).astype(dtype)
    return state


def test_a_state_dict():
    state = state_of(5, 4, 3, names=["model.fc1", "head"])
    network = from_pytorch(state, "tanh", "regression", classes=["a", "b", "c"])
    hidden = np.tanh(X @ state["model.fc1.weight"].T + state["model.fc1.bias"])
    np.testing.assert_allclose(network.predict(X), hidden @ state["head.weight"].T + state["head.bias"], atol=1e-5)
    assert (network.sizes, network.dtype, network.classes) == ((5, 4, 3), "float32", ("a", "b", "c"))


@pytest.mark.slow
def test_a_state_dict_of_one_layer_without_biases_in_float64():
    state = {"weight": RNG.normal(size=(3, 5))}
    network = from_pytorch(state, loss="cross_entropy")
    assert network.dtype == "float64"
    np.testing.assert_array_equal(network.predict(X), (X @ state["weight"].T).argmax(axis=1))
    np.testing.assert_array_equal(network.biases[0], 0)


def test_bytes_are_numbers_unless_a_schema_says_otherwise():
    state, bytes_ = state_of(64, 3), RNG.integers(0, 256, (9, 64), np.uint8)
    numbers, light = (from_pytorch(state, loss="regression", schema=each) for each in (None, PIXELS))
    wanted = bytes_ @ state["0.weight"].T
    np.testing.assert_allclose(numbers.predict(bytes_), wanted + state["0.bias"], rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(light.predict(bytes_), wanted / 255 + state["0.bias"], rtol=1e-3, atol=1e-4)


PIXELS = Schema(scale="pixels", low=0.0, high=255.0, image_shape=(8, 8))


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({}, {"loss": "regression"}, "The state dict does not say its activation: pass activation="),
        ({}, {"activation": "relu"}, "The state dict does not say its loss: pass loss="),
        ({}, {"activation": "relu", "loss": "mse"}, "Unknown loss 'mse'"),
        ({}, {"activation": "ReLU", "loss": "regression"}, "did you mean 'relu'"),
        ({"1.running_mean": np.ones(3)}, {}, "'1.running_mean', which is no weight or bias of a Linear layer"),
        ({"9.bias": np.ones(3)}, {}, "has '9.bias' without a weight"),
        ({"2.weight": np.ones((3, 4, 3, 3))}, {}, r"'2.weight' has shape \(3, 4, 3, 3\): it is of no Linear layer"),
        ({"2.weight": np.ones((3, 9))}, {}, "which do not fit the 4 units below"),
        ({"2.bias": np.ones(2)}, {}, "which do not fit"),
        ({"2.bias": np.array([0, np.inf, 0])}, {}, "Linear layer 1 of the state dict holds NaN or infinity"),
        ({"2.weight": np.ones((3, 4), np.int8)}, {}, "holds int8"),
        ({"2.weight": [["a"]]}, {}, "not floats of a plain type"),
        ({"2.weight": [[1.0], [1.0, 2.0]]}, {}, "'2.weight' can't be made an array"),
    ],
)
def test_other_state_dicts_are_refused(change, arguments, message):
    with pytest.raises(InputError, match=message):
        from_pytorch(state_of(5, 4, 3) | change, **(arguments or {"activation": "relu", "loss": "regression"}))
    with pytest.raises(InputError, match="There is no linear layer in the state dict"):
        from_pytorch({}, loss="regression")


class Tensor:
    """A tensor whose numbers NumPy has no type for."""

    def detach(self):
        raise TypeError("Got unsupported ScalarType BFloat16")


def test_numbers_of_another_type_are_refused():
    with pytest.raises(InputError, match=r"'0\.weight' can't be made an array \(Got unsupported .*: pass model\.float"):
        from_pytorch({"0.weight": Tensor()}, loss="regression")


@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_a_file_that_was_exported(tmp_path, activation, loss):
    network = network_of(activation, loss, (5, 4, 3), classes=["a", "b", "c"], dtype="float64")
    network.export(tmp_path / "a.safetensors", dtype="float64")
    again = from_pytorch(tmp_path / "a.safetensors")
    assert (again.activation, again.loss, again.classes) == (activation, loss, ("a", "b", "c"))
    np.testing.assert_array_equal(again.params, network.params)
    assert from_pytorch(tmp_path / "a.safetensors", classes=["x", "y", "z"]).classes == ("x", "y", "z")


def test_names_of_classes_in_a_file_can_be_shown(tmp_path):
    network_of(sizes=(5, 2), classes=["\x1b[2J", "é"]).export(tmp_path / "a.safetensors")
    assert from_pytorch(tmp_path / "a.safetensors").classes == (r"\x1b[2J", "é")


def test_files_of_others(tmp_path):
    sizes = (5, *[4] * 11, 3)
    state = state_of(*sizes)
    save_file(state, tmp_path / "a.safetensors", {"loss": "0.31", "classes": "]", "format": "pt"})
    wanted = from_pytorch(state, "relu", "cross_entropy")
    read = from_pytorch(str(tmp_path / "a.safetensors"), "relu", "cross_entropy")
    np.testing.assert_array_equal(read.params, wanted.params)
    with pytest.raises(InputError, match="does not say its loss"):
        from_pytorch(tmp_path / "a.safetensors", "relu")


def test_files_that_are_none(tmp_path):
    with pytest.raises(InputError, match=r"There is no file .*: pass the path of a \.safetensors file"):
        from_pytorch(tmp_path / "a.safetensors")
    with pytest.raises(InputError, match=r"read it with torch\.load"):
        from_pytorch(tmp_path / "a.pt")
    (tmp_path / "a.safetensors").write_bytes(b"PK\3\4" * 100)
    with pytest.raises(InputError, match="can't be read as safetensors"):
        from_pytorch(tmp_path / "a.safetensors")
    network_of().save(tmp_path / "b.safetensors")
    with pytest.raises(InputError, match="is a model of fastmlp's own: read it with load_network"):
        from_pytorch(tmp_path / "b.safetensors")


def test_what_is_no_module_is_refused():
    for each in (3, np.ones(3), network_of()):
        with pytest.raises(InputError, match=r"is no Sequential of torch.nn: pass one, or your module's state_dict"):
            from_pytorch(each)


# ---- modules ---------------------------------------------------------------------------------------------------------


def nn():
    return pytest.importorskip("torch").nn


def outputs_of(module):
    torch = pytest.importorskip("torch")
    with torch.no_grad():
        return module.eval()(torch.from_numpy(X)).numpy()


@pytest.mark.slow  # PyTorch comes with the extra "bench"
@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
def test_a_sequential(activation):
    kind = getattr(nn(), MODULES[activation].removesuffix("()"))
    hidden = nn().Sequential(nn().Flatten(), nn().Linear(5, 6), kind(), nn().Dropout(0.5))
    body = nn().Sequential(hidden, nn().Linear(6, 4, bias=False), kind(), nn().Linear(4, 3))
    for end, loss, given in [
        ([], "regression", None),
        ([nn().Identity()], "cross_entropy", "cross_entropy"),
        ([nn().Identity()], "squared_error", "squared_error"),
        ([nn().Softmax(dim=1)], "cross_entropy", None),
        ([nn().LogSoftmax(dim=-1)], "cross_entropy", None),
        ([nn().Sigmoid()], "binary_cross_entropy", None),
        ([nn().Sigmoid()], "squared_error", "squared_error"),
    ]:
        module = nn().Sequential(*body, *end)
        network = from_pytorch(module, loss=given)
        assert (network.activation, network.loss) == (activation, loss)
        wanted = outputs_of(module)
        if end and type(end[0]).__name__ == "LogSoftmax":
            wanted = np.exp(wanted)
        if given is None or type(end[0]).__name__ == "Sigmoid":
            assert_outputs_equal(network, X, wanted)
        np.testing.assert_array_equal(network.predict_proba(X).argmax(axis=1), outputs_of(module).argmax(axis=1))


@pytest.mark.slow
def test_one_activation_module_may_stand_at_several_places():
    relu = nn().ReLU()
    module = nn().Sequential(nn().Linear(5, 6), relu, nn().Linear(6, 4), relu, nn().Linear(4, 3)).double()
    network = from_pytorch(module)
    assert (network.activation, network.dtype) == ("relu", "float64")
    torch = pytest.importorskip("torch")
    np.testing.assert_allclose(network.predict(X), module(torch.from_numpy(X).double()).detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(
        from_pytorch(module.state_dict(), "relu", "regression").predict(X), network.predict(X), rtol=1e-12
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (lambda nn: [nn.Conv2d(1, 2, 3), nn.Linear(5, 3)], r"has layer 0 \(Conv2d\), which is no part of a plain"),
        (lambda nn: [nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)], r"layer 1 \(BatchNorm1d\), which is no"),
        (
            lambda nn: [nn.Linear(5, 4), nn.LeakyReLU(0.2), nn.Linear(4, 3)],
            r"layer 1 \(LeakyReLU\) with negative_slope=0.2",
        ),
        (lambda nn: [nn.Linear(5, 4), nn.GELU("tanh"), nn.Linear(4, 3)], "with approximate='tanh': fastmlp has 'none'"),
        (lambda nn: [nn.Linear(5, 4), nn.Softplus(2), nn.Linear(4, 3)], "with beta=2: fastmlp has 1 only"),
        (lambda nn: [nn.Linear(5, 4), nn.ELU(0.5), nn.Linear(4, 3)], "with alpha=0.5"),
        (
            lambda nn: [nn.Linear(5, 4), nn.ReLU(), nn.Sequential(nn.Linear(4, 4), nn.Tanh()), nn.Linear(4, 3)],
            r"tanh stands after layer 2.0 \(Linear\), and relu after layer 0 \(Linear\): fastmlp has one activation",
        ),
        (lambda nn: [nn.Linear(5, 4), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)], "relu stands after layer 1"),
        (
            lambda nn: [nn.Linear(5, 4), nn.ReLU(), nn.Tanh(), nn.Linear(4, 3)],
            r"layer 2 \(Tanh\) after layer 1 \(ReLU\)",
        ),
        (lambda nn: [nn.Linear(5, 4), nn.Softmax(1), nn.Linear(4, 3)], r"layer 1 \(Softmax\) between linear layers"),
        (lambda nn: [nn.Linear(5, 4), nn.ReLU()], r"ends with layer 1 \(ReLU\): fastmlp has one of Softmax"),
        (lambda nn: [nn.Linear(5, 4), nn.Sigmoid(), nn.Softmax(1)], r"ends with layer 2 \(Softmax\)"),
        (lambda nn: [nn.Linear(5, 4), nn.Softmax(0)], r"layer 1 \(Softmax\) with dim=0"),
        (lambda nn: [nn.ReLU(), nn.Linear(5, 4)], "does not begin with a Linear layer"),
        (lambda nn: [nn.ReLU()], "does not begin with a Linear layer"),
        (lambda nn: [nn.Linear(5, 4), nn.LSTM(4, 3)], r"layer 1 \(LSTM\), which is no part"),
    ],
)
def test_other_modules_are_refused(layers, message):
    with pytest.raises(InputError, match=message):
        from_pytorch(nn().Sequential(*layers(nn())))


@pytest.mark.slow
def test_contradictions_and_modules_of_ones_own():
    module = nn().Sequential(nn().Linear(5, 4), nn().ReLU(), nn().Linear(4, 3), nn().Softmax(dim=1))
    with pytest.raises(InputError, match="has the activation relu, not 'tanh': leave activation out"):
        from_pytorch(module, "tanh")
    with pytest.raises(InputError, match="The module ends with softmax, and loss='regression' means identity"):
        from_pytorch(module, loss="regression")
    with pytest.raises(InputError, match="float"):
        from_pytorch(module.bfloat16())

    class Own(nn().Module):
        pass

    with pytest.raises(InputError, match=r"An object of type Own is no Sequential of torch.nn"):
        from_pytorch(Own())
