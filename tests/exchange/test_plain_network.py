"""Networks made of the layers of another library."""

import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.exchange.plain_network import as_it_is, loss_of_outputs, network_of_layers

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)


def layer(n_in, n_out, dtype="float32"):
    return RNG.normal(size=(n_in, n_out)).astype(dtype), RNG.normal(size=n_out).astype(dtype)


@pytest.mark.parametrize(("dtype", "wanted"), [("float16", "float32"), ("float32", "float32"), ("float64", "float64")])
def test_the_weights_are_copied_exactly(dtype, wanted):
    layers = [layer(3, 4, dtype), layer(4, 2, dtype)]
    network = network_of_layers(layers, "tanh", "cross_entropy", "it", classes=[np.int64(3), "b"], schema=as_it_is())
    assert network.dtype == wanted
    assert network.classes == ("3", "b")
    for (W, b), own_W, own_b in zip(layers, network.weights, network.biases, strict=True):
        np.testing.assert_array_equal(own_W, W)
        np.testing.assert_array_equal(own_b, b)


def test_layers_of_two_types_keep_the_wider_one():
    assert network_of_layers([layer(3, 4), layer(4, 2, "float64")], "relu", "regression", "it").dtype == "float64"


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "There is no linear layer in it: pass a multilayer perceptron"),
        (
            [layer(3, 4), layer(5, 2)],
            r"Linear layer 1 of it has weights \(5, 2\) .* which do not fit the 4 units below",
        ),
        ([(np.ones((3, 4)), np.ones(3))], r"weights \(3, 4\) and biases \(3,\), which do not fit: it is no plain"),
        ([(np.ones(3), np.ones(()))], "do not fit: it is no plain"),
        ([(np.ones((0, 4)), np.ones(4))], "do not fit: it is no plain"),
        ([(np.ones((3, 4), int), np.ones(4))], "holds int64 and float64, not floats of a plain type"),
        ([(np.ones((3, 4)), np.array([0, np.nan, 0, 0]))], "Linear layer 0 of it holds NaN or infinity"),
    ],
)
def test_other_layers_are_refused(layers, message):
    with pytest.raises(InputError, match=message):
        network_of_layers(layers, "relu", "regression", "it")


def test_the_loss_of_an_end():
    assert loss_of_outputs("softmax", None, "It") == "cross_entropy"
    assert loss_of_outputs("sigmoid", None, "It") == "binary_cross_entropy"
    assert loss_of_outputs("sigmoid", "squared_error", "It") == "squared_error"
    assert loss_of_outputs("identity", None, "It") == "regression"
    assert loss_of_outputs("identity", "cross_entropy", "It") == "cross_entropy"
    with pytest.raises(InputError, match="It ends with softmax, and loss='regression' means identity: pass loss='cr"):
        loss_of_outputs("softmax", "regression", "It")
    with pytest.raises(InputError, match="loss='squared_error' or 'binary_cross_entropy'"):
        loss_of_outputs("sigmoid", "cross_entropy", "It")
    with pytest.raises(InputError, match="did you mean 'squared_error'"):
        loss_of_outputs("sigmoid", "squared-error", "It")


def test_numbers_are_taken_as_they_are_bytes_too():
    layers = [layer(64, 2)]
    network = network_of_layers(layers, "relu", "regression", "it", schema=as_it_is())
    X = RNG.integers(0, 256, (70, 64), np.uint8)
    wanted = X.astype(np.float32) @ layers[0][0] + layers[0][1]
    np.testing.assert_allclose(network.predict(X), wanted, rtol=1e-4, atol=1e-3)
    assert not network.schema.has_known_range
    large = -1e6 * X.astype(np.float32)  # without a warning
    np.testing.assert_allclose(network.predict(large), -1e6 * (wanted - layers[0][1]), rtol=1e-3)


@pytest.mark.slow
def test_standardized_columns():
    schema = as_it_is(columns=["a", "b"], mean=np.array([1.0, 2.0]), deviation=np.array([2.0, 4.0]))
    network = network_of_layers([(np.eye(2), np.zeros(2))], "relu", "regression", "it", schema=schema)
    np.testing.assert_allclose(network.predict([[3.0, 2.0]]), [[1.0, 0.0]])
    assert [column.name for column in schema.columns] == ["a", "b"]
