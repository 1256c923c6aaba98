"""Drawn digits compared with MNIST: the ink, the place, the variety of hands, and how hard they are to classify."""

import numpy as np

from fastmlp.datasets.drawn.handwriting import write
from fastmlp.datasets.drawn.strokes import N_POINTS, build_shapes


def test_the_ink_is_like_mnists(train):
    X = train[0]
    assert 0.17 < (X > 0).mean() < 0.21  # MNIST: 0.191
    assert 0.12 < X.mean() / 255 < 0.14  # 0.131
    inked = X[X > 0]
    assert 0.3 < (inked >= 250).mean() < 0.5  # 0.385: full inside strokes
    assert (
        np.histogram(inked, bins=8, range=(1, 257))[0] / inked.size
    ).min() > 0.03  # and every grey value in the soft edge
    per_digit = (X > 0).sum(1)
    assert per_digit.min() > 20
    assert per_digit.max() < 400


def test_digits_are_placed_like_mnists(train):
    images = train[0].reshape(-1, 28, 28).astype(float)
    mass = images.sum((1, 2))
    place = np.arange(28)
    for axis in (1, 2):
        centre = (images.sum(axis) * place).sum(1) / mass
        assert abs(centre.mean() - 14) < 0.15  # MNIST: 14.0, standard deviation 0.29
        assert 0.25 < centre.std() < 0.5
        assert np.abs(centre - 14).max() < 3
        extent = (images.any(axis) * 1.0).sum(1)
        assert extent.max() <= 23
    assert images[:, 2:26, 2:26].sum() / images.sum() > 0.995


def test_hands_differ(train):
    """Two drawings of a digit are about as far apart as in MNIST (mean standard deviation of a pixel 40)."""
    X, y = train
    spread = [X[y == digit].std(0).mean() for digit in range(10)]
    assert 30 < np.mean(spread) < 45


def test_the_slant_varies(train):
    """The slant varies by writer as in MNIST (standard deviation 0.22 to 0.31 within a digit, measured by moments)."""
    images = train[0][train[1] == 1].reshape(-1, 28, 28).astype(float)
    place = np.arange(28)
    mass = images.sum((1, 2))
    x = place - ((images.sum(1) * place).sum(1) / mass)[:, None]
    y = place - ((images.sum(2) * place).sum(1) / mass)[:, None]
    slant = -np.einsum("nyx,ny,nx->n", images, y, x) / np.einsum("nyx,ny->n", images, y * y)
    assert 0.05 < slant.mean() < 0.30  # to the right
    assert 0.22 < slant.std() < 0.32


def test_a_nearest_centroid_classifier_finds_them_as_hard_as_mnist(train, test):
    """The accuracy is 0.830; without the wobble of the hand 0.871, with twice as much 0.759. MNIST (60,000): 0.820."""
    X, y = train
    centroids = np.stack([X[y == digit].mean(0) for digit in range(10)])
    distances = ((test[0][:, None] - centroids) ** 2).sum(2)
    assert 0.79 < (distances.argmin(1) == test[1]).mean() < 0.865


def test_each_digit_is_written_with_its_own_shapes():
    shapes = build_shapes()
    digits = np.repeat(np.arange(10), 50)
    ink = write(shapes, digits, np.random.default_rng(0))
    assert ink.points.shape == (500, N_POINTS, 2)
    assert ink.radii.shape == ink.pen_down.shape == (500, N_POINTS)
    assert ink.edges.shape == (500,)
    assert ink.radii.min() > 0
    for digit in range(10):
        known = {row.tobytes() for row in shapes.pen_down[shapes.digits == digit]}
        used = {row.tobytes() for row in ink.pen_down[digits == digit]}
        assert used <= known


def test_the_same_generator_gives_the_same_strokes():
    shapes, digits = build_shapes(), np.arange(10)
    first, second = (write(shapes, digits, np.random.default_rng(3)) for _ in range(2))
    other = write(shapes, digits, np.random.default_rng(4))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.abs(first.points - other.points).mean() > 0.1
