"""The gradient's components, on weights whose gradient is known."""

import numpy as np
import pytest
from helpers.explore import changed

from fastmlp import Network
from fastmlp.explore import Lab
from fastmlp.explore.experiments import gradient


def test_the_gradient_image_of_hand_set_weights(tiny):
    """All weights 0: both outputs are 1/2, so that dC/dz = (a - y) a (1 - a) = -1/8 for the right output, else 1/8."""
    network = Network((6, 2), classes=tiny.classes)
    network.params[:] = 0
    ((W, b),) = gradient.layers(gradient.mean_gradient(network, tiny.train), network)
    X, y = tiny.train
    sign = np.where(np.arange(2) == y[:, None], -1, 1)
    expected = (sign[:, :, None] * X[:, None, :] / 8).mean(axis=0)
    np.testing.assert_allclose(W, expected.T, atol=1e-8)
    np.testing.assert_allclose(b, 0, atol=1e-8)
    finding = gradient.run(Lab(tiny, network))
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


def test_the_layers_together_have_the_whole_gradient(lab):
    facts = gradient.run(lab).facts
    for when in ("before", "after"):
        assert sum(layer["share"] for layer in facts[when]["layers"]) == pytest.approx(1)
        assert sum(layer["share_of_components"] for layer in facts[when]["layers"]) == pytest.approx(1)
    assert facts["before"]["length"] != facts["after"]["length"]


def test_the_text_follows_the_facts():
    one = {"length": 1.0, "their_share": 0.1, "components_for_90_percent": 5}
    one["layers"] = [{"share": 0.5, "share_of_components": 0.5}]
    facts = {"samples": 9, "before": one, "after": one, "blank_inputs": 0.1, "inputs_without_gradient": 0.1}
    assert "few of them" in gradient.describe(facts, Network((3, 2)))
    assert "multiplied by 0" in gradient.describe(facts, Network((3, 2)))
    assert "get shorter" not in gradient.describe(facts, Network((3, 2)))
    even = changed(facts, after__their_share=0.6, blank_inputs=0.0)
    assert "few of them" not in gradient.describe(even, Network((3, 2)))
    assert "multiplied by 0" not in gradient.describe(even, Network((3, 2)))
