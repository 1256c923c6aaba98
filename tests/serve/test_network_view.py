import numpy as np
import pytest

from fastmlp.network.network import Network
from fastmlp.serve.network_view import IN_GALLERY, SHOWN, NetworkView
from fastmlp.serve.wire import Scaled, packed

pytestmark = pytest.mark.page


@pytest.mark.parametrize("hidden", [(), (5,), (16, 16), (40, 20, 512)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_picture_has_what_is_shown(image_data, hidden, dtype):
    network = Network((784, *hidden, 10), seed=1, dtype=dtype)
    view = NetworkView(network, image_data)
    about, arrays = view.picture()
    assert [layer["size"] for layer in about["layers"]] == [*hidden, 10]
    shown = [layer["units"] for layer in about["layers"]]
    assert [len(units) for units in shown] == [min(size, SHOWN) for size in (*hidden, 10)]
    first = (*hidden, 10)[0]
    assert about["gallery"][: len(shown[0])] == shown[0]
    assert len(about["gallery"]) == min(first, IN_GALLERY)
    assert len(set(about["gallery"])) == len(about["gallery"])
    images = arrays["first_layer"]
    assert isinstance(images, Scaled)
    scales = np.array(images.scale)
    weights = network.weights[0].T[about["gallery"]].reshape(-1, 28, 28)
    assert (np.abs(images.values * scales[:, None, None] - weights).max(axis=(1, 2)) <= 0.51 * scales).all()
    for layer in range(1, len(hidden) + 1):
        edges = arrays[f"edges_{layer}"]
        expected = network.weights[layer][shown[layer - 1]][:, shown[layer]]
        np.testing.assert_allclose(edges.values * edges.scale, expected, atol=0.51 * edges.scale)
        np.testing.assert_allclose(arrays[f"biases_{layer}"], network.biases[layer - 1][shown[layer - 1]], rtol=1e-6)
    assert f"edges_{len(hidden) + 1}" not in arrays
    packed({"type": "frame"} | about, arrays)


def test_a_wide_layer_shows_the_units_with_the_largest_outgoing_weights(image_data):
    network = Network((784, 40, 10), seed=1)
    network.weights[1][[3, 38]] = 5.0
    view = NetworkView(network, image_data)
    assert {3, 38} <= set(view.units[0])
    assert view.units[0] == sorted(view.units[0])


def test_the_copy_changes_when_it_is_updated_only(image_data):
    network = Network((784, 4, 10), seed=1)
    view = NetworkView(network, image_data)
    kept = view.own_copy()
    network.params[:] = 0.5
    assert (view.network.params != 0.5).all()
    view.update()
    assert (view.network.params == 0.5).all()
    assert (kept.params != 0.5).all()


@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_activations_end_with_the_network_s_own_outputs(image_data, loss):
    network = Network((784, 6, 7, 10), "tanh", loss, seed=1)
    view = NetworkView(network, image_data)
    activations = view.activations(image_data.well_known[0])
    assert [len(A) for A in activations] == [6, 7, 10]
    np.testing.assert_allclose(activations[-1], network.predict_proba(image_data.seen[:1])[0], rtol=1e-5)
    hidden = np.tanh(image_data.well_known[0] @ network.weights[0] + network.biases[0])
    np.testing.assert_allclose(activations[0], hidden, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "values", "expected"),
    [
        ("sigmoid", [0, 0.5, 1], [0, 128, 255]),
        ("tanh", [-1, 0, 1], [0, 128, 255]),
        ("relu", [0, 2, 4], [0, 128, 255]),
        ("identity", [-3, 1, 4], [0, 64, 255]),
        ("relu", [0, 0, 0], [0, 0, 0]),
    ],
)
def test_brightness_is_within_the_range_of_the_activation(image_data, activation, values, expected):
    view = NetworkView(Network((784, 3, 10), activation, seed=1), image_data)
    bright = view.brightness([np.array(values, float), np.linspace(0, 1, 10)])
    np.testing.assert_allclose(bright[0], expected, atol=1)
    assert bright[0].dtype == np.uint8
    assert bright[1][-1] == 255
