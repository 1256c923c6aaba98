"""The cost on a plane, for a quadratic loss and for trained networks."""

import numpy as np
import pytest
from helpers.explore import changed, hand_set

from fastmlp import Network
from fastmlp.explore import Lab
from fastmlp.explore.experiments import gradient, landscape


def test_the_plane_of_a_quadratic_loss():
    centre, directions = np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0, 0], [0, 0, 2.0]])
    (a, b), losses = landscape.plane(lambda p: float(p @ p), centre, directions, ((-2, 2), (-1, 3)), 5)
    assert a.tolist() == [-2, -1, 0, 1, 2]
    assert b.tolist() == [-1, 0, 1, 2, 3]
    np.testing.assert_allclose(losses, (1 + a[None, :]) ** 2 + 4 + (3 + 2 * b[:, None]) ** 2)
    assert landscape.local_minima((a[None, :] - 1) ** 2 + (b[:, None] - 1) ** 2) == 1
    assert landscape.local_minima(np.ones((5, 5))) == 0


def test_the_directions_hold_a_flat_path_and_fit_the_neurons():
    rng = np.random.default_rng(0)
    flat = rng.random((9, 2)) @ rng.random((2, 50))
    directions, held = landscape.principal_directions(flat)
    assert held == pytest.approx(1)
    np.testing.assert_allclose(flat @ directions.T @ directions, flat)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    _, held = landscape.principal_directions(rng.standard_normal((400, 400)))
    assert held < 0.05
    network = Network((6, 5, 3), seed=2)
    for direction in landscape.random_directions(network, rng):
        for (W, b), own_W, own_b in zip(
            gradient.layers(direction, network), network.weights, network.biases, strict=True
        ):
            lengths = (np.linalg.norm(np.vstack(pair), axis=0) for pair in ((W, b), (own_W, own_b)))
            np.testing.assert_allclose(*lengths, rtol=1e-5)


def test_the_landscape_has_the_path_of_the_training(lab):
    finding = landscape.run(lab, points=7)
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
    finding = landscape.run(Lab(tiny, hand_set(tiny)), points=5)
    assert finding.facts["share_of_path_in_plane"] is None
    assert "does not hold its training's path" in finding.text


def test_the_text_follows_the_facts():
    facts = {"samples": 9, "points": 3, "share_of_path_in_plane": 0.9, "local_minima_on_plane": 1}
    facts |= {"loss_at_start": 1.6, "loss_under_start": 0.463, "loss_at_network": 0.1, "lowest_on_plane": 0.1}
    facts |= {"share_of_loss_lost_in_first_epoch": 0.7, "length_of_path": 9, "distance_from_start": 5}
    facts |= {"length_of_weights": 20}
    assert "starts at 1.600 (the plane has 0.463 under it)" in landscape.describe(facts)
    assert "of the way down" in landscape.describe(facts)
    assert "of the way down" not in landscape.describe(changed(facts, loss_at_network=1.7))
