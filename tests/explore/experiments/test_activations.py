"""One image on its way to an answer, on weights set by hand."""

import numpy as np
import pytest
from helpers.explore import hand_set, sigmoid

from fastmlp import Network
from fastmlp.explore import Lab
from fastmlp.explore.experiments import activations


def test_activations_are_those_computed_by_hand(tiny):
    finding = activations.run(Lab(tiny, hand_set(tiny), image=np.array([1, 0, 0, 0.5, 0, 0], np.float32)))
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
    finding = activations.run(Lab(tiny, network))
    assert (finding.facts["answer"], finding.facts["right"]) == ("right", "left")
    assert "says right (it is really left)" in finding.text


def test_activations_of_a_network_without_hidden_layers_and_of_a_wide_one(tiny):
    for sizes in ((6, 2), (6, 40, 2)):
        finding = activations.run(Lab(tiny, Network(sizes, "relu", "cross_entropy", classes=tiny.classes)))
        assert len(finding.facts["hidden"]) == len(sizes) - 2
    assert any("16 of 40, the most active" in text.get_text() for text in finding.figure.axes[0].texts)
