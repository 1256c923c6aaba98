"""Shapes of the digits as arrays, and the curve through control points."""

import numpy as np
import pytest

from fastmlp.datasets.drawn.strokes import N_POINTS, SHAPES, build_shapes, curve_weights

shapes = build_shapes()
n_shapes = len(shapes.digits)


def test_every_digit_has_several_shapes():
    assert list(SHAPES) == list(range(10))
    assert np.bincount(shapes.digits).min() >= 4
    np.testing.assert_allclose(shapes.frequencies.sum(1), 1)
    assert ((shapes.frequencies > 0) == (shapes.digits == np.arange(10)[:, None])).all()


def test_curves_do_not_depend_on_where_the_digit_is():
    np.testing.assert_allclose(shapes.curves.sum(2), 1, atol=1e-5)


@pytest.mark.parametrize("i", range(n_shapes))
def test_a_curve_starts_and_ends_at_the_strokes_ends_and_stays_near(i):
    points = shapes.curves[i] @ shapes.controls[i]
    used = (shapes.curves[i] != 0).any(0)
    strokes = shapes.strokes[i][used]
    controls = shapes.controls[i][used]
    ends = np.flatnonzero(shapes.pen_down[i] == 0)
    assert len(ends) == strokes.max() + 1
    assert ends[-1] == N_POINTS - 1
    for k, (start, end) in enumerate(zip([0, *ends[:-1] + 1], ends, strict=True)):
        np.testing.assert_allclose(points[start], controls[strokes == k][0], atol=1e-5)
        np.testing.assert_allclose(points[end], controls[strokes == k][-1], atol=1e-5)
        steps = np.linalg.norm(np.diff(points[start : end + 1], axis=0), axis=1)
        assert steps.max() < 0.09  # 1.8 pixels, so that no gap is visible
    assert points.min() > -0.05
    assert points.max() < 1.05


def test_a_corner_is_sharp_and_a_turn_is_not():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    corner = curve_weights(points, [1], 21) @ points
    np.testing.assert_allclose(corner[10], [1, 0], atol=1e-12)
    np.testing.assert_allclose(corner[:11, 1], 0, atol=1e-12)  # straight up to it, straight after it
    np.testing.assert_allclose(corner[10:, 0], 1, atol=1e-12)
    uneven = curve_weights(points * [1, 0.73], [1], 20) @ points  # equally spaced points would miss the corner
    assert (uneven == [1, 0]).all(1).any()
    turn = curve_weights(points, [], 21) @ points
    directions = np.diff(turn, axis=0) / np.linalg.norm(np.diff(turn, axis=0), axis=1, keepdims=True)
    assert (directions[1:] * directions[:-1]).sum(1).min() > 0.9


def test_points_of_a_curve_are_equally_far_from_each_other():
    points = np.array([[0.0, 0.0], [0.1, 0.3], [0.9, 0.4], [1.0, 1.0]])
    steps = np.linalg.norm(np.diff(curve_weights(points, [], 30) @ points, axis=0), axis=1)
    assert steps.max() < 1.02 * steps.min()
