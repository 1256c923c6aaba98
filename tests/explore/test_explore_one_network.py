"""The experiments that look at one network, on networks whose answer is known."""

import dataclasses

import numpy as np
import pytest

from fastmlp import InputError, Network, Trainer
from fastmlp.data import Dataset, Split
from fastmlp.explore import Lab, activations, dream, gradient, inside, landscape, mistakes
from fastmlp.explore.dream import excite
from fastmlp.explore.gradient import mean_gradient, split
from fastmlp.explore.landscape import local_minima, plane, principal_directions, random_directions
from fastmlp.explore.mistakes import calibration

DIGITS = tuple("0123456789")


def hand_set(tiny):
    """2x3 pixels, 2 hidden neurons (one for ink on the left, one for ink on the right), 2 outputs."""
    network = Network((6, 2, 2), classes=tiny.classes)
    network.weights[0][:] = np.array([[2, -2], [0, 0], [-2, 2], [2, -2], [0, 0], [-2, 2]])
    network.weights[1][:] = np.array([[3, -3], [-3, 3]])
    network.biases[0][:], network.biases[1][:] = (0.5, -0.5), (1, 0)
    return network


def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z)))


# ---- inside ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
def test_the_gradient_by_the_inputs_is_that_of_central_differences(activation, loss):
    network = Network((6, 5, 4, 3), activation, loss, seed=1)
    network.biases[0][:] = 0.1
    x, outputs, step = np.random.default_rng(0).random((3, 6)), np.array([2, 0, 1]), 1e-5
    found = inside.input_gradient(network, x, outputs)
    for i in range(6):
        shift = step * np.eye(6)[i]
        up, down = (inside.forward(network, x + s)[0][-1][range(3), outputs] for s in (shift, -shift))
        np.testing.assert_allclose(found[:, i], (up - down) / (2 * step), rtol=1e-5, atol=1e-8)


def test_forward_gives_what_the_network_predicts():
    network = Network((6, 5, 3), "tanh", "cross_entropy", seed=1)
    x = np.random.default_rng(0).random((4, 6))
    Z, A = inside.forward(network, x)
    np.testing.assert_allclose(A[1], np.tanh(x @ network.weights[0] + network.biases[0]))
    np.testing.assert_allclose(Z[1], A[1] @ network.weights[1] + network.biases[1])
    np.testing.assert_array_equal(A[2], network.predict_proba(x))


def test_neighbours_correlate_in_smooth_images_only():
    across, down = np.mgrid[:28, :28]
    rng = np.random.default_rng(0)
    smooth = np.sin(across / 9)[None] + np.cos(down / 9)[None]
    assert inside.neighbour_correlation(smooth) > 0.95
    assert inside.neighbour_correlation(((across + down) % 2.0)[None]) == pytest.approx(-1, abs=0.01)
    assert abs(inside.neighbour_correlation(rng.random((20, 28, 28)))) < 0.02
    shuffled = inside.shuffled_pixels(smooth, rng)
    assert np.array_equal(np.sort(shuffled, axis=None), np.sort(smooth, axis=None))
    assert abs(inside.neighbour_correlation(shuffled)) < 0.1


# ---- activations -----------------------------------------------------------------------------------------------------


def test_activations_are_those_computed_by_hand(tiny):
    finding = activations(Lab(tiny, hand_set(tiny), image=np.array([1, 0, 0, 0.5, 0, 0], np.float32)))
    hidden = sigmoid([3 + 0.5, -3 - 0.5])
    Z = [1 + 3 * hidden[0] - 3 * hidden[1], -3 * hidden[0] + 3 * hidden[1]]
    facts = finding.facts
    assert facts["answer"] == "left"
    assert facts["right"] is None
    np.testing.assert_allclose(facts["hidden"], [hidden], rtol=1e-5)
    np.testing.assert_allclose(list(facts["outputs"].values()), sigmoid(Z), rtol=1e-5)
    np.testing.assert_allclose(facts["added"], [3 * hidden[0], -3 * hidden[1]], rtol=1e-5)
    assert facts["weighted_sum"] == pytest.approx(sum(facts["added"]) + facts["bias"])
    assert "neuron 0 adds +2.9" in finding.text


def test_activations_of_a_test_image_name_what_is_right(tiny):
    network = hand_set(tiny)
    network.weights[1][:] *= -1
    network.biases[1][:] = 0
    finding = activations(Lab(tiny, network))
    assert (finding.facts["answer"], finding.facts["right"]) == ("right", "left")
    assert "says right (it is really left)" in finding.text


def test_activations_of_a_network_without_hidden_layers_and_of_a_wide_one(tiny):
    for sizes in ((6, 2), (6, 40, 2)):
        finding = activations(Lab(tiny, Network(sizes, "relu", "cross_entropy", classes=tiny.classes)))
        assert len(finding.facts["hidden"]) == len(sizes) - 2
    assert any("16 of 40, the most active" in text.get_text() for text in finding.figure.axes[0].texts)


# ---- gradient --------------------------------------------------------------------------------------------------------


def test_the_gradient_image_of_hand_set_weights(tiny):
    """All weights 0: both outputs are 1/2, so that dC/dz = (a - y) a (1 - a) = -1/8 for the right output, else 1/8."""
    network = Network((6, 2), classes=tiny.classes)
    network.params[:] = 0
    ((W, b),) = split(mean_gradient(network, tiny.train), network)
    X, y = tiny.train
    sign = np.where(np.arange(2) == y[:, None], -1, 1)
    expected = (sign[:, :, None] * X[:, None, :] / 8).mean(axis=0)
    np.testing.assert_allclose(W, expected.T, atol=1e-8)
    np.testing.assert_allclose(b, 0, atol=1e-8)
    finding = gradient(Lab(tiny, network))
    after = finding.facts["after"]
    assert after["length"] == pytest.approx(np.linalg.norm(expected))
    assert after["largest"] == pytest.approx(np.abs(expected).max())
    assert (
        after["components_for_90_percent"]
        == np.searchsorted(np.cumsum(np.sort(expected.reshape(-1) ** 2)[::-1]), 0.9 * (expected**2).sum()) + 1
    )
    assert finding.facts["inputs_without_gradient"] == pytest.approx(2 / 6)  # the middle column is blank
    assert finding.facts["blank_inputs"] == pytest.approx(2 / 6)
    image = finding.figure.axes[4].images[0].get_array()
    drawn = image.compressed().reshape(2, 3)
    np.testing.assert_allclose(drawn, np.sqrt((expected**2).mean(axis=0)).reshape(2, 3), atol=1e-8)


def test_the_gradients_parts_are_those_of_the_layers(lab):
    facts = gradient(lab).facts
    for when in ("before", "after"):
        assert sum(layer["share"] for layer in facts[when]["layers"]) == pytest.approx(1)
        assert sum(layer["share_of_components"] for layer in facts[when]["layers"]) == pytest.approx(1)
    assert facts["before"]["length"] != facts["after"]["length"]


# ---- landscape -------------------------------------------------------------------------------------------------------


def test_the_plane_of_a_quadratic_loss():
    centre, directions = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0, 0], [0, 0, 2.0]])
    (a, b), losses = plane(lambda p: float(p @ p), centre, directions, ((-2, 2), (-1, 3)), 5)
    assert a.tolist() == [-2, -1, 0, 1, 2]
    assert b.tolist() == [-1, 0, 1, 2, 3]
    np.testing.assert_allclose(losses, (1 + a[None, :]) ** 2 + 4 + (3 + 2 * b[:, None]) ** 2)
    assert local_minima((a[None, :] - 1) ** 2 + (b[:, None] - 1) ** 2) == 1
    assert local_minima(np.ones((5, 5))) == 0


def test_the_directions_hold_a_flat_path_and_fit_the_neurons():
    rng = np.random.default_rng(0)
    flat = rng.random((9, 2)) @ rng.random((2, 50))
    directions, held = principal_directions(flat)
    assert held == pytest.approx(1)
    np.testing.assert_allclose(flat @ directions.T @ directions, flat)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    _, held = principal_directions(rng.standard_normal((400, 400)))
    assert held < 0.05
    network = Network((6, 5, 3), seed=2)
    for direction in random_directions(network, rng):
        for (W, b), own_W, own_b in zip(split(direction, network), network.weights, network.biases, strict=True):
            lengths = (np.linalg.norm(np.vstack(pair), axis=0) for pair in ((W, b), (own_W, own_b)))
            np.testing.assert_allclose(*lengths, rtol=1e-5)


def test_the_landscape_has_the_path_of_the_training(lab):
    finding = landscape(lab, points=7)
    facts = finding.facts
    network, train = lab.network, lab.data.train
    assert facts["loss_at_network"] == pytest.approx(network.evaluate(*train).loss, rel=1e-5)
    fresh = Network(network.sizes, seed=0)
    assert facts["loss_at_start"] == pytest.approx(fresh.evaluate(*train).loss, rel=1e-5)
    assert facts["distance_from_start"] == pytest.approx(np.linalg.norm(network.params - fresh.params), rel=1e-5)
    assert facts["length_of_path"] >= facts["distance_from_start"]
    assert facts["loss_under_start"] == pytest.approx(
        facts["loss_at_start"], rel=0.05
    )  # so short a path is nearly flat
    assert facts["lowest_on_plane"] <= facts["highest_on_plane"]
    (start,) = [dots for dots in finding.figure.axes[0].collections if "start" in str(dots.get_label())]
    assert start.get_array() == pytest.approx(facts["loss_at_start"])
    assert start.norm(facts["loss_at_start"]) == finding.figure.axes[0].collections[0].norm(facts["loss_at_start"])


def test_the_landscape_of_a_given_network_has_random_directions(tiny):
    finding = landscape(Lab(tiny, hand_set(tiny)), points=5)
    assert finding.facts["share_of_path_in_plane"] is None
    assert "does not hold its training's path" in finding.text


# ---- dream -----------------------------------------------------------------------------------------------------------


def test_the_dream_of_hand_set_weights_is_their_sign(tiny):
    network = Network((6, 2), classes=tiny.classes)
    network.weights[0][:] = np.array([[1, -1], [2, 2], [-1, 1], [1, -1], [-2, -2], [-1, 1]])
    start = np.full((2, 6), 0.5)
    images = excite(network, np.array([0, 1]), start, 50, (0.0, 1.0), (2, 3))
    assert images.tolist() == [[1, 1, 0, 1, 0, 0], [0, 1, 1, 0, 0, 1]]
    facts = dream(Lab(tiny, network), steps=50).facts
    assert facts["plain"]["output"]["left"] == pytest.approx(sigmoid(1 + 2 + 1), rel=1e-5)
    assert facts["plain"]["most_like_own_class"] == 2
    assert np.all(start == 0.5)


def test_smoothing_makes_dreams_smooth(lab):
    facts = dream(lab, steps=30).facts
    assert facts["smoothed"]["neighbours"] > facts["plain"]["neighbours"] + 0.3


def test_dreams_climb(lab):
    start, classes = np.random.default_rng(0).random((10, 784)), np.arange(10)
    for blur in (0.0, 0.15):
        images = excite(lab.network, classes, start, 30, (0.0, 1.0), (28, 28), blur)
        before, after = (inside.forward(lab.network, x)[0][-1][classes, classes] for x in (start, images))
        assert np.all(after > before)
        assert images.min() >= 0
        assert images.max() <= 1


# ---- mistakes --------------------------------------------------------------------------------------------------------


def test_calibration_by_hand():
    top = np.array([0.95] * 10 + [0.55] * 4)
    right = np.array([True] * 8 + [False] * 2 + [True] * 3 + [False])
    facts = calibration(top, right)
    assert [b["samples"] for b in facts["calibration"]] == [4, 10]
    assert facts["calibration"][1]["right"] == 0.8
    assert facts["calibration_error"] == pytest.approx((10 * 0.15 + 4 * 0.2) / 14)
    assert calibration(np.array([1.0]), np.array([True]))["calibration"][0]["from"] == 0.9


def test_a_network_that_has_memorised_20_labels_makes_no_mistakes_on_them_and_many_on_others(small):
    few = Split(small.train.X[:20], small.train.y[:20])
    network = Network((784, 32, 10), "relu", "cross_entropy", classes=DIGITS)
    Trainer(network, "adam", 0.01, 5).fit(*few, epochs=60)
    known = mistakes(Lab(dataclasses.replace(small, test=few), network)).facts
    assert (known["mistakes"], known["accuracy"], known["sure_mistakes"]) == (0, 1.0, 0)
    assert known["calibration_error"] < 0.1
    finding = mistakes(Lab(small, network))
    facts, said = finding.facts, network.predict(small.test.X)
    assert facts["mistakes"] == int((said != small.test.y).sum()) > 0
    assert facts["accuracy_by_class"]["3"] == pytest.approx(np.mean(said[small.test.y == 3] == 3))
    pair = facts["most_confused"]
    assert pair["times"] == int(np.sum((small.test.y == int(pair["true"])) & (said == int(pair["said"]))))
    assert len(finding.figures) == 3


def test_mistakes_need_no_images(tiny):
    flat = Dataset("table", tiny.train, tiny.test, tiny.classes, None)
    finding = mistakes(Lab(flat, hand_set(tiny)))
    assert finding.facts["mistakes"] == 0
    assert len(finding.figures) == 2
    with pytest.raises(InputError, match="no images"):
        dream(Lab(flat, hand_set(tiny)))
