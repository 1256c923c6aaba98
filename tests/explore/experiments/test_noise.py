"""Answers to random images, of networks whose answer is their bias."""

import numpy as np
import pytest

from fastmlp import Network
from fastmlp.explore import Lab
from fastmlp.explore.experiments import noise


@pytest.mark.parametrize(("bias", "half", "nine_tenths"), [(3, 1.0, 1.0), (1, 1.0, 0.0), (-1, 0.0, 0.0)])
def test_noise_is_what_the_bias_says(small, bias, half, nine_tenths):
    network = Network((784, 10), classes=small.classes)
    network.params[:] = 0
    network.biases[0][:] = -9
    network.biases[0][4] = bias
    finding = noise.run(Lab(small, network), n=200, epochs=1)
    (name, facts), *others = finding.facts["networks"].items()
    assert "given" in name
    assert (facts["above_0.5"], facts["above_0.9"]) == (half, nine_tenths)
    assert facts["said"]["4"] == 200
    assert facts["most_said"] == "4"
    assert facts["accuracy"] == pytest.approx(np.mean(small.test.y == 4))
    assert len(others) == 3
    for _, each in others:
        assert sum(each["said"].values()) == 200


def test_the_text_follows_the_facts():
    one = {"above_0.5": 0.5, "above_0.9": 0.1, "most_said": "a", "most_said_share": 0.4, "accuracy": 0.9}
    facts = {"images": 9, "distance_to_nearest": {"random": 9.0, "real": 3.0}, "networks": {"x": one, "y": one}}
    assert "far away" in noise.describe(facts)
    facts["distance_to_nearest"]["random"] = 3.0
    assert "far away" not in noise.describe(facts)
    assert "no stranger" in noise.describe(facts)
