"""Weighted sums, activations and gradients in plain NumPy."""

import numpy as np
import pytest

from fastmlp import Network
from fastmlp.explore import forward


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_the_gradient_by_the_inputs_is_that_of_central_differences(activation, loss):
    network = Network((6, 5, 4, 3), activation, loss, seed=1)
    network.biases[0][:] = 0.1
    x, outputs, step = np.random.default_rng(0).random((3, 6)), np.array([2, 0, 1]), 1e-5
    found = forward.input_gradient(network, x, outputs)
    for i in range(6):
        shift = step * np.eye(6)[i]
        up, down = (forward.forward(network, x + s)[0][-1][range(3), outputs] for s in (shift, -shift))
        np.testing.assert_allclose(found[:, i], (up - down) / (2 * step), rtol=1e-5, atol=1e-8)


def test_forward_gives_what_the_network_predicts():
    network = Network((6, 5, 3), "tanh", "cross_entropy", seed=1)
    x = np.random.default_rng(0).random((4, 6))
    Z, A = forward.forward(network, x)
    np.testing.assert_allclose(A[1], np.tanh(x @ network.weights[0] + network.biases[0]))
    np.testing.assert_allclose(Z[1], A[1] @ network.weights[1] + network.biases[1])
    np.testing.assert_array_equal(A[2], network.predict_proba(x))


def test_neighbours_correlate_in_smooth_images_only():
    across, down = np.mgrid[:28, :28]
    rng = np.random.default_rng(0)
    smooth = np.sin(across / 9)[None] + np.cos(down / 9)[None]
    assert forward.neighbor_correlation(smooth) > 0.95
    assert forward.neighbor_correlation(((across + down) % 2.0)[None]) == pytest.approx(-1, abs=0.01)
    assert abs(forward.neighbor_correlation(rng.random((20, 28, 28)))) < 0.02
    shuffled = forward.shuffled_pixels(smooth, rng)
    assert np.array_equal(np.sort(shuffled, axis=None), np.sort(smooth, axis=None))
    assert abs(forward.neighbor_correlation(shuffled)) < 0.1


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_gradient_of_a_unit_is_that_of_finite_differences(layer):
    network = Network((6, 5, 4, 3), "tanh", seed=0, dtype="float64")
    x, step = np.random.default_rng(0).standard_normal((2, 6)), 1e-5
    gradient = forward.unit_gradient(network, x, layer, 1)
    for k in range(6):
        moved = [forward.forward(network, x + sign * step * np.eye(6)[k])[0][layer - 1][:, 1] for sign in (1, -1)]
        np.testing.assert_allclose(gradient[:, k], (moved[0] - moved[1]) / (2 * step), rtol=1e-4, atol=1e-7)


def test_the_effect_of_a_unit_is_its_activation_times_the_derivative_of_the_outputs_sums():
    network = Network((6, 5, 4, 3), "tanh", seed=0, dtype="float64")
    x = np.random.default_rng(0).standard_normal((2, 6))
    Z, A = forward.forward(network, x)
    np.testing.assert_allclose(forward.effect_on_outputs(network, x, 2, 1), A[2][:, 1:2] * network.weights[2][1])
    slope = A[1][:, 1:2] * network.weights[1][1] * (1 - np.tanh(Z[1]) ** 2)
    np.testing.assert_allclose(forward.effect_on_outputs(network, x, 1, 1), slope @ network.weights[2], rtol=1e-5)
