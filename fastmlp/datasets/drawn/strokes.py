"""Shapes of handwritten digits as data, and smooth curves through their points."""

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_POINTS = 64
"""Points along every digit, divided between its strokes in proportion to their lengths."""

FINE = 40
"""Points computed between two control points; the points along the curve are interpolated from them."""

SHAPES: dict[int, tuple[tuple[float, str], ...]] = {
    # For each digit: (relative frequency, strokes). A slash separates two strokes: there the pen is lifted. A stroke is
    # a list of points "x,y", x to the right and y down, in hundredths of the digit's height. "!" marks a sharp corner;
    # all other points are passed in a smooth curve.
    0: (
        (3, "46,1 20,18 8,52 18,85 42,99 68,84 78,48 68,14 42,1"),
        (3, "68,12 46,1 20,16 8,55 22,92 48,98 72,74 76,36 62,10 42,3 30,12"),
        (2, "30,6 10,32 8,70 30,98 62,92 80,60 74,22 50,2 26,8 18,20"),
        (1, "56,0 30,8 10,40 14,82 38,99 66,80 78,44 74,16 62,6"),
        (1, "34,14 46,6 66,10 80,42 70,82 40,99 14,80 10,40 24,12 48,2 60,8"),
    ),
    1: (
        (8, "30,0 30,100"),
        (2.5, "32,0 29,50 33,100"),
        (1.5, "10,24 32,0! 32,100"),
        (1, "14,16 34,2! 33,100"),
        (0.8, "8,22 34,0! 34,100 / 4,99 34,100 64,98"),
        (0.5, "34,0 34,100 / 10,100 60,98"),
    ),
    2: (
        (3, "10,24 22,8 46,2 66,16 64,42 40,72 8,97! 40,95 78,95"),
        (3, "10,20 30,3 58,6 66,28 52,60 26,88 8,94 6,82 22,76 44,88 62,96 84,90"),
        (2, "12,16 36,1 62,12 62,38 42,70 18,90 6,90 14,76 32,80 54,98 84,96"),
        (1.5, "18,34 10,20 28,3 56,4 68,24 54,56 10,96! 34,90 54,97 80,92"),
        (1, "6,10 34,2 60,10 58,34 36,66 12,88 20,96 46,94 74,92"),
        (0.7, "4,12 40,3 66,8 56,40 10,96! 44,97 82,97"),
    ),
    3: (
        (3, "10,14 32,1 58,10 56,34 28,48! 60,58 68,80 42,99 6,90"),
        (1.2, "8,5 38,5 62,4! 46,24 30,42! 58,52 66,76 42,98 6,90"),
        (2, "8,14 36,0 62,14 50,38 28,46 34,50 60,60 66,80 40,99 4,92"),
        (1.5, "8,8 38,1 60,16 46,38 26,46 24,52 32,50 62,64 60,90 28,100 2,88"),
        (1.5, "16,6 44,2 64,18 54,40 40,48 60,60 66,82 40,99 8,96"),
    ),
    4: (
        (3, "18,4 12,26 10,48 26,56 50,54 72,46 / 66,2 62,48 58,100"),
        (2, "16,6 6,54! 36,54 84,50 / 58,18 56,54 52,100"),
        (2, "60,0 34,30 4,64! 44,62 86,60 / 62,2 60,50 58,100"),
        (2, "22,2 14,28 18,50 38,54 58,42 70,8! 64,50 58,100"),
        (1, "60,4 34,26 8,54 36,58 64,50 / 64,2 60,50 54,100"),
        (1.2, "28,0 16,30 6,54! 40,56 82,46 / 58,24 48,62 42,100"),
    ),
    5: (
        (2.5, "20,6 18,26 14,44! 40,38 64,54 66,78 42,98 8,92 / 20,6 48,5 78,3"),
        (2.5, "78,3 50,4 24,6! 20,24 16,44! 44,42 64,60 58,86 34,99 6,90"),
        (2, "74,2 46,4 26,14 20,32 28,44 54,56 62,76 44,97 20,98 6,88"),
        (1.5, "30,8 24,24 20,40 40,44 62,60 62,84 36,99 4,94 / 34,7 56,8 86,0"),
        (1, "80,8 54,2 32,8! 24,38! 48,40 62,62 50,90 22,98 12,86"),
    ),
    6: (
        (3, "56,0 34,18 14,50 10,80 30,99 56,90 62,68 42,56 14,72"),
        (2, "46,0 28,26 12,62 18,94 44,98 60,78 50,60 28,64 14,82"),
        (2, "66,10 50,1 26,14 10,50 14,88 40,100 64,82 60,58 36,52 14,66"),
        (1.5, "36,0 20,34 10,74 26,98 58,96 66,78 48,68 26,76 18,92"),
        (1, "60,2 30,24 10,62 16,92 42,98 62,78 54,56 32,56 20,74 28,86"),
    ),
    7: (
        (3.5, "4,12 34,8 68,4! 52,36 36,68 28,100"),
        (1.5, "2,8 36,8 70,6! 48,40 32,72 26,100 / 18,54 42,50 66,48"),
        (1.5, "6,28 8,8! 36,8 68,5! 52,34 40,66 36,100"),
        (2, "2,18 22,6 46,10 66,8 64,24 46,60 32,100"),
        (1, "4,6 36,4 66,4! 62,36 58,68 56,100"),
        (0.7, "6,22 10,6! 40,10 72,4! 50,40 36,100 / 22,56 62,46"),
    ),
    8: (
        (3, "62,14 42,1 16,14 24,38 52,58 62,82 36,99 10,84 22,58 52,36 62,14"),
        (2, "70,8 46,0 20,12 22,36 48,52 64,76 44,98 18,92 18,68 44,46 66,24 74,10"),
        (1.5, "40,48 18,36 16,12 40,0 62,12 60,34 40,48 14,62 12,88 38,100 66,86 62,60 40,48"),
        (1.5, "36,46 58,26 50,4 28,4 18,24 36,48 58,70 54,94 30,100 10,84 20,60 44,44"),
        (1.5, "76,4 48,4 22,14 20,32 46,54 56,80 32,99 10,84 26,60 54,36 76,8"),
        (1, "38,2 18,16 22,38 48,56 60,80 40,98 16,90 16,70 40,48 60,26 54,6 34,2"),
    ),
    9: (
        (3, "60,16 40,2 14,16 12,40 34,50 56,34 62,10! 60,54 54,100"),
        (2, "62,18 42,2 16,16 14,40 38,46 58,26 64,16 62,54 50,88 28,99 8,92"),
        (2, "58,8 32,4 10,28 22,48 46,42 60,20! 50,60 42,100"),
        (1.5, "66,10 44,1 18,12 12,34 30,46 54,34 64,14 58,50 44,80 36,100"),
        (1, "50,4 22,10 14,36 36,46 56,30 50,6! 58,50 60,100"),
    ),
}


@dataclass(frozen=True)
class Shapes:
    """All shapes of all digits as arrays; the curve of a shape is `curves[shape] @ controls[shape]`.

    Attributes
    ----------
    digits : (n_shapes,) int64
        The digit of each shape.
    frequencies : (10, n_shapes) float64
        Probability of each shape among the drawings of a digit; rows sum to 1.
    controls : (n_shapes, n_controls, 2) float32
        Points of SHAPES, x and y in heights of the digit, in the order of writing, padded with 0.
    strokes : (n_shapes, n_controls) int64
        Number of each control point's stroke, from 0.
    curves : (n_shapes, N_POINTS, n_controls) float32
        Weight of each control point in each point of the curve; a row sums to 1.
    pen_down : (n_shapes, N_POINTS) uint8
        1 if the segment from this point to the next is drawn, 0 if the pen is lifted.
    """

    digits: NDArray[np.int64]
    frequencies: NDArray[np.float64]
    controls: NDArray[np.float32]
    strokes: NDArray[np.int64]
    curves: NDArray[np.float32]
    pen_down: NDArray[np.uint8]


@functools.cache
def build_shapes() -> Shapes:
    """Return SHAPES as arrays."""
    entries = [(digit, weight, _parse(text)) for digit, shapes in SHAPES.items() for weight, text in shapes]
    n_controls = max(sum(len(points) for points, _ in strokes) for _, _, strokes in entries)
    digits = np.array([digit for digit, _, _ in entries])
    weights = np.array([weight for _, weight, _ in entries])
    frequencies = np.where(digits == np.arange(10)[:, None], weights, 0.0)
    controls = np.zeros((len(entries), n_controls, 2), np.float32)
    numbers = np.zeros((len(entries), n_controls), np.int64)
    curves = np.zeros((len(entries), N_POINTS, n_controls), np.float32)
    pen_down = np.ones((len(entries), N_POINTS), np.uint8)
    for i, (_, _, strokes) in enumerate(entries):
        column = row = 0
        counts = _points_per_stroke(strokes)
        for k, ((points, corners), count) in enumerate(zip(strokes, counts, strict=True)):
            end = column + len(points)
            controls[i, column:end] = points
            numbers[i, column:end] = k
            curves[i, row : row + count, column:end] = curve_weights(points, corners, count)
            column, row = end, row + count
            pen_down[i, row - 1] = 0
    return Shapes(digits, frequencies / frequencies.sum(1, keepdims=True), controls, numbers, curves, pen_down)


def curve_weights(points: NDArray[np.float64], corners: list[int], count: int) -> NDArray[np.float64]:
    """Return the weights (count, n) that turn n control points into `count` points of a curve through them.

    Between two corners the curve is a cubic Hermite spline. Its tangent at a point is that of the parabola through this
    point and its neighbours (Catmull-Rom with unequal knots [1]_). The knots are square roots of the distances
    (centripetal), so that the curve neither loops nor overshoots. The curve is linear in the points, so the weights
    serve every variation of them. For `points` themselves, the points of the curve are equally spaced.

    Parameters
    ----------
    points : (n, 2) float64
    corners : list of int
        Numbers of the points that are sharp corners.
    count : int

    References
    ----------
    .. [1] E. Catmull, R. Rom, A class of local interpolating splines, 1974.
    """
    ends = [0, *corners, len(points) - 1]
    fine = np.concatenate([_spline(points, a, b, FINE * (b - a)) for a, b in itertools.pairwise(ends)])
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine @ points, axis=0), axis=1))])
    wanted = np.linspace(0, travelled[-1], count)
    for corner in corners:  # a corner must be one of the points, or it would be cut off
        at = travelled[FINE * corner]
        wanted[np.abs(wanted - at).argmin()] = at
    position = np.interp(wanted, travelled, np.arange(len(fine)))
    low = np.minimum(position.astype(np.int64), len(fine) - 2)
    t = (position - low)[:, None]
    weights: NDArray[np.float64] = (1 - t) * fine[low] + t * fine[low + 1]
    return weights


def _spline(points: NDArray[np.float64], first: int, last: int, count: int) -> NDArray[np.float64]:
    """Return the weights (count, n) of the smooth curve from the point `first` to the point `last`."""
    m = last - first + 1
    eye = np.eye(m)
    gaps = np.sqrt(np.linalg.norm(np.diff(points[first : last + 1], axis=0), axis=1))
    slopes = np.diff(eye, axis=0) / gaps[:, None]
    tangents = np.empty((m, m))
    before, after = gaps[:-1, None], gaps[1:, None]
    tangents[1:-1] = (after * slopes[:-1] + before * slopes[1:]) / (before + after)
    if m > 2:  # at an end: the parabola through the last three points
        tangents[0] = 2 * slopes[0] - tangents[1]
        tangents[-1] = 2 * slopes[-1] - tangents[-2]
    else:
        tangents[:] = slopes[0]
    knots = np.concatenate([[0.0], np.cumsum(gaps)])
    position = np.linspace(0, m - 1, count, endpoint=last == len(points) - 1)
    low = np.minimum(position.astype(np.int64), m - 2)
    t, gap = (position - low)[:, None], np.diff(knots)[low][:, None]
    weights = np.zeros((count, len(points)))
    weights[:, first : last + 1] = (
        (1 + 2 * t) * (1 - t) ** 2 * eye[low]
        + t * (1 - t) ** 2 * gap * tangents[low]
        + t**2 * (3 - 2 * t) * eye[low + 1]
        + t**2 * (t - 1) * gap * tangents[low + 1]
    )
    return weights


def _parse(text: str) -> list[tuple[NDArray[np.float64], list[int]]]:
    """Return the strokes of one shape: points in heights of the digit, and the numbers of the corners among them."""
    strokes = []
    for stroke in text.split("/"):
        words = stroke.split()
        points = np.array([[float(number) / 100 for number in word.rstrip("!").split(",")] for word in words])
        strokes.append((points, [i for i, word in enumerate(words) if word.endswith("!")]))
    return strokes


def _points_per_stroke(strokes: list[tuple[NDArray[np.float64], list[int]]]) -> list[int]:
    """Divide N_POINTS between the strokes in proportion to their lengths, at least 4 to each."""
    lengths = [float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum()) for points, _ in strokes]
    counts = [max(round(N_POINTS * length / sum(lengths)), 4) for length in lengths]
    counts[counts.index(max(counts))] += N_POINTS - sum(counts)
    return counts
