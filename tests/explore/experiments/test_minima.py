"""Test losses of many seeds, and the line between two networks."""

import dataclasses

import numpy as np
import pytest
from helpers.explore import changed

from fastmlp import Network
from fastmlp.explore import Lab
from fastmlp.explore.experiments import minima


def test_the_straight_line_between_two_networks():
    a, b = Network((3, 2)), Network((3, 2))
    a.params[:], b.params[:] = 1, 3
    line = minima.between(a, b, 5, lambda network: float(network.params.sum()))
    np.testing.assert_allclose(line, [8, 12, 16, 20, 24])
    assert np.all(a.params == 1)


def test_minima_counts_the_spread(small):
    facts = minima.run(Lab(small), widths=(2, 24), seeds=3, n=200, epochs=4, points=3).facts
    assert list(facts["widths"]) == ["2", "24"]
    for width, each in facts["widths"].items():
        lab = Lab(small)
        network = dataclasses.replace(lab.lecture, hidden=(int(width),), epochs=4)
        (trained,) = lab.train([lab.job(network, lab.some_training(200), seed=1)])
        assert each["losses"][1] == pytest.approx(trained.network.evaluate(*small.test).loss, rel=1e-6)
        assert each["mean"] == pytest.approx(np.mean(each["losses"]))
        assert each["spread"] == pytest.approx(np.std(each["losses"], ddof=1))
        assert each["line"][0] == pytest.approx(each["losses"][0], rel=1e-6)
        assert each["line"][2] == pytest.approx(each["losses"][1], rel=1e-6)
        assert each["barrier"] == pytest.approx(max(each["line"]) - max(each["losses"][:2]), abs=1e-6)


def test_the_text_follows_the_facts():
    narrow = {"mean": 0.5, "spread": 0.1, "relative_spread": 0.2, "barrier": 0.3}
    facts = {"seeds": 3, "images": 9, "widths": {"4": narrow, "64": narrow | {"spread": 0.01, "relative_spread": 0.02}}}
    assert "matters little" in minima.describe(facts)
    assert "different valleys. One reason is" in minima.describe(facts)
    assert "matters little" not in minima.describe(changed(facts, widths__64__spread=0.095))
    flat = minima.describe(changed(facts, widths__4__barrier=0.0, widths__64__barrier=0.0))
    assert flat.endswith("no wall between them.")
