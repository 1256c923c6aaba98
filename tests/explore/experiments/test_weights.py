"""Smooth weights, random weights, and weight decay."""

import numpy as np
import pytest
from helpers.explore import changed

from fastmlp import Network
from fastmlp.explore import Lab
from fastmlp.explore.experiments import weights

FIRST = {"neurons": 16, "neighbours": 0.5, "neighbours_shuffled": 0.0, "size_at_blank_inputs": 3e-6, "accuracy": 0.9}


def test_smooth_weights_are_told_from_random_ones():
    across = np.mgrid[:28, :28][0].reshape(-1)
    network, blank = Network((784, 4)), np.arange(784) < 28
    rng = np.random.default_rng(0)
    random = weights.measure(network, (28, 28), blank, rng)
    assert abs(random["neighbours"]) < 0.05
    network.weights[0][:] = np.sin(across / 5)[:, None]
    network.weights[0][:28] = 0.5
    smooth = weights.measure(network, (28, 28), blank, rng)
    assert smooth["neighbours"] > 0.9
    assert abs(smooth["neighbours_shuffled"]) < 0.05
    assert smooth["size_at_blank_inputs"] == pytest.approx(0.5)
    assert smooth["neurons"] == 4


def test_weight_decay_takes_away_what_no_image_needs(lab):
    finding = weights.run(lab, decay=0.01)
    plain, decayed = finding.facts["as it is"], finding.facts["with weight decay"]
    assert finding.facts["blank_inputs"] == np.mean(~lab.data.train.X.any(axis=0))
    fresh = Network((784, 16, 16, 10), seed=0)
    blank = ~lab.data.train.X.any(axis=0)
    sizes = np.sqrt((fresh.weights[0][blank] ** 2).mean(axis=1))
    assert plain["size_at_blank_inputs"] == pytest.approx(sizes.mean(), rel=1e-5)
    assert decayed["size_at_blank_inputs"] < 0.9 * plain["size_at_blank_inputs"]
    assert plain["accuracy"] == lab.network.accuracy(*lab.data.test)


def test_a_given_network_is_not_compared_with_one_trained_in_another_way(small):
    network = Network((784, 8, 10), "relu", "cross_entropy", classes=small.classes)
    finding = weights.run(Lab(small, network))
    assert list(finding.facts) == ["blank_inputs", "as it is"]
    assert "decay" not in finding.text


def test_the_text_follows_the_facts():
    both = {"blank_inputs": 0.1, "as it is": FIRST, "with weight decay": FIRST}
    assert "the size at blank pixels 3e-06" in weights.describe(both)
    assert "(" not in weights.describe(both).split("With weight decay")[1]
    assert "blank" not in weights.describe(changed(both, blank_inputs=0.0))
    assert "hardly more of a pattern" in weights.describe(changed(both, **{"as it is__neighbours": 0.01}))
    assert "initial values" not in weights.describe({"blank_inputs": 0.1, "as it is": FIRST})
