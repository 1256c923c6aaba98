"""Images that excite an output, on weights whose best image is known."""

import numpy as np
import pytest
from helpers.explore import changed, hand_set, sigmoid

from fastmlp import InputError, Network
from fastmlp.datasets import Dataset
from fastmlp.explore import Lab, forward
from fastmlp.explore.experiments import dream

ONE = {"output": {"a": 0.95, "b": 0.4}, "mean_output": 0.7, "neighbours": 0.1, "likeness_to_class": 0.2}

DREAM = {
    "classes": 2,
    "plain": ONE | {"most_like_own_class": 1},
    "smoothed": ONE | {"most_like_own_class": 2},
    "neighbours_of_real_images": 0.9,
    "accuracy": 0.95,
    "chance": 0.5,
}


def test_the_dream_of_hand_set_weights_is_their_sign(tiny):
    network = Network((6, 2), classes=tiny.classes)
    network.weights[0][:] = np.array([[1, -1], [2, 2], [-1, 1], [1, -1], [-2, -2], [-1, 1]])
    start = np.full((2, 6), 0.5)
    images = dream.excite(network, np.array([0, 1]), start, 50, (0.0, 1.0), (2, 3))
    assert images.tolist() == [[1, 1, 0, 1, 0, 0], [0, 1, 1, 0, 0, 1]]
    facts = dream.run(Lab(tiny, network), steps=50).facts
    assert facts["plain"]["output"]["left"] == pytest.approx(sigmoid(1 + 2 + 1), rel=1e-5)
    assert facts["plain"]["most_like_own_class"] == 2
    assert np.all(start == 0.5)


def test_smoothing_makes_dreams_smooth(lab):
    facts = dream.run(lab, steps=30).facts
    assert facts["smoothed"]["neighbours"] > facts["plain"]["neighbours"] + 0.3


def test_dreams_climb(lab):
    start, classes = np.random.default_rng(0).random((10, 784)), np.arange(10)
    for blur in (0.0, 0.15):
        images = dream.excite(lab.network, classes, start, 30, (0.0, 1.0), (28, 28), blur)
        before, after = (forward.forward(lab.network, x)[0][-1][classes, classes] for x in (start, images))
        assert np.all(after > before)
        assert images.min() >= 0
        assert images.max() <= 1


def test_dreams_need_images(tiny):
    flat = Dataset("table", tiny.train, tiny.test, tiny.classes, None)
    with pytest.raises(InputError, match="not images"):
        dream.run(Lab(flat, hand_set(tiny)))


def test_the_text_follows_the_facts():
    assert "has no idea how to draw them" in dream.describe(DREAM)
    assert "no idea" not in dream.describe(changed(DREAM, accuracy=0.4))
    assert "can't tell the classes apart well" in dream.describe(changed(DREAM, accuracy=0.4))
    assert "no idea" not in dream.describe(changed(DREAM, plain__likeness_to_class=0.8))
    assert "digit" not in dream.describe(DREAM)
    assert "For b the plain climb ends below 0.5" in dream.describe(DREAM)
    assert "below 0.5" not in dream.describe(changed(DREAM, plain__output__b=0.6))
    assert "below 0.5" not in dream.describe(changed(DREAM, plain__output__a=0.3))
