"""The random part of the built-in digits: writers, their hands and their pens.

The result is strokes in pixels; a kernel draws their ink. The numbers here were tuned until networks and a
nearest-centroid classifier found the drawings about as hard as MNIST. The variation is more of style than of noise,
because noise makes scribbles.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.drawn.strokes import N_POINTS, Shapes

SIDE = 28
"""Height and width of an image in pixels."""

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


class Ink(NamedTuple):
    """Strokes of n drawings in pixels: the arguments of `kernels.rasterize`.

    Attributes
    ----------
    points : (n, N_POINTS, 2) float32
        Points along the strokes, x and y.
    radii : (n, N_POINTS) float32
        Radius of the pen at each point.
    pen_down : (n, N_POINTS) uint8
        1 if the segment from this point to the next is drawn, 0 if the pen is lifted.
    edges : (n,) float32
        Width of the soft edge of the ink.
    """

    points: Floats
    radii: Floats
    pen_down: Bytes
    edges: Floats


def write(shapes: Shapes, digits: NDArray[np.int64], rng: np.random.Generator) -> Ink:
    """Return the strokes of one drawing for each of `digits` (n,), every drawing by another writer.

    A writer has a hand (shape of the digit, slant, width, proportions, roundness, pen) and some haste, which sets how
    far the hand strays from the shape.
    """
    n = len(digits)
    cumulative = shapes.frequencies.cumsum(1)[digits]
    shape = (rng.random((n, 1)) * cumulative[:, -1:] >= cumulative).sum(1)
    haste = np.exp(0.36 * _normal(rng, n, 1, 1))
    controls = shapes.controls[shape] + 0.030 * haste * _normal(rng, n, shapes.controls.shape[1], 2)
    lifts = 0.025 * haste * _normal(rng, n, shapes.strokes.max() + 1, 2)  # the pen comes down at another place
    controls += np.take_along_axis(lifts, shapes.strokes[shape][:, :, None], 1)
    points = np.matmul(shapes.curves[shape], controls)
    pen_down = shapes.pen_down[shape]
    points = _round_off(points, pen_down, rng)
    points = _style(points, haste, rng)
    radii, edges = _pen(n, rng)
    return Ink(_place(points, (radii, edges), pen_down, rng), radii, pen_down, edges)


def _round_off(points: Floats, pen_down: Bytes, rng: np.random.Generator) -> Floats:
    """Round the corners and turns of each drawing by a random amount, as a quick hand does."""
    inner = (pen_down[:, 1:-1] & pen_down[:, :-2])[:, :, None]
    amount = _uniform(rng, len(points), 1, 1) * inner
    smooth = points.copy()
    for _ in range(6):
        smooth[:, 1:-1] += amount * ((smooth[:, :-2] + smooth[:, 2:]) / 2 - smooth[:, 1:-1])
    return smooth


def _style(points: Floats, haste: Floats, rng: np.random.Generator) -> Floats:
    """Return the points with the writer's proportions, bends, width, slant and tilt, centred at (0, 0)."""
    n = len(points)
    low, high = points.min(1, keepdims=True), points.max(1, keepdims=True)
    x, y = np.moveaxis(points - (low + high) / 2, 2, 0)
    y = y + 0.20 * _normal(rng, n, 1) * (0.25 - y * y)  # a large upper half or a large lower half
    x = x + 0.16 * _normal(rng, n, 1) * (0.10 - x * x)
    x = x * (1 + 0.26 * _normal(rng, n, 1) * y)  # wide at the top or at the bottom
    for _ in range(3):  # a smooth bend of the whole plane
        size = 0.034 * haste[:, 0] * _normal(rng, n, 2)
        wave, phase = 3.0 * _normal(rng, n, 2), 2 * np.pi * _uniform(rng, n, 1)
        bend = np.sin(wave[:, :1] * x + wave[:, 1:] * y + phase)
        x, y = x + size[:, :1] * bend, y + size[:, 1:] * bend
    x = x * 1.12 * np.exp(0.22 * _normal(rng, n, 1))
    x = x - (0.17 + 0.23 * _normal(rng, n, 1)) * y
    tilt = 0.09 * _normal(rng, n, 1)
    return np.stack([x - tilt * y, y + tilt * x], axis=2)


def _pen(n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the pen's radii along each drawing (n, N_POINTS) and the widths of the soft edges (n,), in pixels."""
    radius = 1.22 * np.exp(0.22 * _normal(rng, n, 1))
    waves = 4 + 4 * _uniform(rng, n, 1)  # radians along the drawing; the pressure changes about once
    phase = 2 * np.pi * _uniform(rng, n, 1)
    pressure = 0.10 * _normal(rng, n, 1) * np.sin(waves * np.linspace(0, 1, N_POINTS, dtype=np.float32) + phase)
    grain = 0.09 * _normal(rng, n, N_POINTS)
    return radius * (1 + pressure + grain), 1.0 + 0.4 * _uniform(rng, n)


def _place(points: Floats, ink: tuple[Floats, Floats], pen_down: Bytes, rng: np.random.Generator) -> Floats:
    """Return the points in pixels, placed like MNIST's digits: in a box of 20 pixels, centred by mass."""
    radii, edges = ink
    extent = (points.max(1) - points.min(1)).max(1)
    size = 19.6 + 0.3 * _normal(rng, len(points)) - 2 * radii.mean(1) - 0.6 * edges  # both ends gain ink
    points = points * (size / extent)[:, None, None]
    middles = (points[:, 1:] + points[:, :-1]) / 2
    mass = np.linalg.norm(np.diff(points, axis=1), axis=2) * (radii[:, 1:] + radii[:, :-1]) * pen_down[:, :-1]
    centre = (middles * mass[:, :, None]).sum(1) / mass.sum(1)[:, None]
    jitter = _uniform(rng, len(points), 2) - 0.5  # MNIST's digits were moved by whole pixels, which leaves such a rest
    placed: Floats = points + (SIDE / 2 + jitter - centre)[:, None]
    return placed


def _normal(rng: np.random.Generator, *shape: int) -> Floats:
    """Return standard normal numbers, clipped at 3: a drawing may be unusual but not broken."""
    return np.clip(rng.standard_normal(shape, dtype=np.float32), -3, 3)


def _uniform(rng: np.random.Generator, *shape: int) -> Floats:
    """Return uniform random numbers from 0 to 1."""
    return rng.random(shape, dtype=np.float32)
