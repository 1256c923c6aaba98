"""An output for none of the classes, and the images it is trained on."""

import numpy as np
from helpers.explore import changed

from fastmlp.explore import Lab
from fastmlp.explore.experiments import none_of_these

KINDS = ("noise", "shuffled pixels", "scrambled patches", "stripes", "two at once", "negatives")

NONE = {
    "images_of_none_in_training": 9,
    "refused": dict.fromkeys(KINDS, 0.99) | {"two at once": 0.1},
    "unsure_without_the_output": dict.fromkeys((*KINDS, "real images"), 0.2),
    "accuracy": 0.95,
    "accuracy_without_the_output": 0.96,
    "real_images_refused": 0.01,
}


def test_images_of_none_of_the_classes(small):
    rng, X = np.random.default_rng(0), small.train.X
    real = {row.tobytes() for row in X}
    histograms = {np.sort(row).tobytes() for row in X}
    made = {
        kind: none_of_these.make(kind, X, 30, (28, 28), (0.0, 1.0), rng)
        for kind in ("shuffled pixels", "scrambled patches")
    }
    for images in made.values():
        assert images.dtype == np.uint8
        assert all(np.sort(row).tobytes() in histograms for row in images)
        assert sum(row.tobytes() in real for row in images) <= 1
    negatives = none_of_these.make("negatives", X, 5, (28, 28), (0.0, 1.0), rng)
    assert all((255 - row).astype(np.uint8).tobytes() in real for row in negatives)
    two = none_of_these.make("two at once", X, 30, (28, 28), (0.0, 1.0), rng)
    assert two.mean() > 1.2 * X.mean()
    uniform = none_of_these.make("noise", X, 300, (28, 28), (0.0, 1.0), rng)
    assert abs(uniform.mean() - 127.5) < 1
    floats = none_of_these.make("stripes", X / np.float32(10), 30, (28, 28), (-1.0, 3.0), rng)
    assert floats.dtype == np.float32
    assert -1 <= floats.min() < -0.9
    assert 2.9 < floats.max() <= 3


def test_an_eleventh_output_refuses_what_it_was_trained_on(small):
    facts = none_of_these.run(Lab(small), fraction=1.0, n_test=100, epochs=30).facts
    assert facts["network"] == (784, 32, 16, 11)
    assert facts["refused"]["noise"] > 0.95
    assert facts["refused"]["shuffled pixels"] > 0.95
    assert facts["real_images_refused"] < 0.3
    assert facts["images_of_none_in_training"] == 399


def test_the_text_follows_the_facts():
    assert "1.00 percentage points less than without" in none_of_these.describe(NONE)
    assert "is learned like the others" in none_of_these.describe(NONE)
    same = none_of_these.describe(changed(NONE, accuracy=0.96 + 1e-7, refused__noise=0.0))
    assert "right, as without the output" in same
    assert "not learned to tell noise" in same
    assert "learned like" not in same
    assert "not learned to tell real images" in none_of_these.describe(changed(NONE, real_images_refused=0.47))
    assert "examples were enough" in none_of_these.describe(changed(NONE, **{"refused__two at once": 0.95}))
