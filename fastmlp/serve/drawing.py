"""Drawing to 28x28: the light way into the form of MNIST's images, in well under a millisecond.

A drawing has no paper, shadows or noise, so that only the last steps of `fastmlp.datasets.digit_picture` are left: crop
to the ink, scale the longer side to 20 pixels, centre by the centre of mass.
"""

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.digit_picture import BOX, CENTRE, SIDE

LEAST_INK = 16
"""Grey value of 255 from which on a pixel is ink."""


def to_digit(drawing: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return a drawing in the form of MNIST's images, or None if nothing is drawn.

    Parameters
    ----------
    drawing : (height, width) uint8
        0 for paper, 255 for full ink. Only read.

    Returns
    -------
    (28, 28) uint8 or None
        The box of the ink, scaled with its aspect kept until the longer side has 20 pixels, and moved by whole pixels
        so that its centre of mass comes nearest to pixel (14, 14). The brightest pixel is 255.
    """
    rows, columns = (np.flatnonzero((drawing >= LEAST_INK).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    ink = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    longer = max(ink.shape)
    height, width = (max(1, round(n * BOX / longer)) for n in ink.shape)
    small = resampling(ink.shape[0], height) @ ink @ resampling(ink.shape[1], width).T
    digit = np.zeros((SIDE, SIDE), np.float32)
    top, left = (_start(small.sum(axis=axis), n) for axis, n in ((1, height), (0, width)))
    digit[top : top + height, left : left + width] = small * (255 / small.max())
    return np.rint(digit).astype(np.uint8)


def resampling(n: int, m: int) -> NDArray[np.float32]:
    """Return the matrix (m, n) that resamples n pixels to m: their average over an area, or bilinear if m > n."""
    weights: NDArray[np.float64]
    edges = np.arange(m + 1, dtype=np.float64) * n / m
    if m <= n:
        pixels = np.arange(n)
        overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
        weights = np.maximum(overlap, 0) * m / n
        return weights.astype(np.float32)
    places = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)
    weights = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(n)))
    return weights.astype(np.float32)


def _start(mass: NDArray[np.float32], n: int) -> int:
    """Return where a box of n pixels starts, so that its centre of mass comes nearest to CENTRE and it fits."""
    centre = float((mass * np.arange(n)).sum() / mass.sum())
    return min(max(0, round(CENTRE - centre)), SIDE - n)
