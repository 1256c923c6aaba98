"""Windows, local connections, and the ways to train a first layer."""

import numpy as np
import pytest
from helpers.explore import changed

from fastmlp.explore import Lab
from fastmlp.explore.experiments import edges


def test_windows_cover_the_image_and_hold_their_size():
    mask = edges.windows((28, 28), 16, 9)
    assert mask.shape == (784, 16)
    assert np.all(mask.sum(axis=0) == 81)
    assert mask.any(axis=1).all()
    assert len({column.tobytes() for column in mask.T}) == 16
    assert edges.windows((2, 3), 2, 9).all()


def test_how_local_an_image_is():
    images = np.zeros((1, 28, 28))
    images[0, 3:12, 5:14] = 2
    assert edges.in_window(images, 9) == pytest.approx(1)
    assert edges.in_window(np.ones((2, 28, 28)), 9) == pytest.approx(81 / 784)
    images[0, 20:, 20:] = 2
    assert edges.in_window(images, 9) == pytest.approx(81 / (81 + 64))


def test_edges_compares_the_ways(small):
    finding = edges.run(Lab(small), width=16, epochs=2)
    ways = finding.facts["ways"]
    assert list(ways) == ["plain", "weight decay", "dropout", "ReLU", "moved, turned, bent", "local connections"]
    assert ways["local connections"]["in_window"] == pytest.approx(1)
    assert max(each["in_window"] for name, each in ways.items() if name != "local connections") < 0.9
    assert len({each["accuracy"] for each in ways.values()}) > 1
    assert len(finding.figure.axes) == 7


def test_the_text_follows_the_facts():
    way = {"accuracy": 0.9, "neighbours": 0.5, "in_window": 0.2}
    facts = {"width": 4, "epochs": 2, "window": 9, "even": 0.1, "ways": {"plain": way, "local connections": way}}
    assert "convolutions" in edges.describe(facts)
    assert "convolutions" not in edges.describe(changed(facts, even=1.0))
    assert "convolutions" not in edges.describe(changed(facts, ways__plain__in_window=0.9))
