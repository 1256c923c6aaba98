"""One image shifted, rotated, scaled, sheared and bent at random.

Each pixel of the new image looks up the old one at a place that an affine map and a displacement give, and takes the
bilinear mean of the four pixels around it; outside of the image is 0. The random numbers of a sample depend on a key
and the sample's number alone. An image is made in passes that the compiler turns into vectors, each over the rows that
its ink can reach: displacements, places, the four pixels, their mean, and, for packed samples, the non-zero values.
docs/decisions/0007 has what was tried.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numpy.typing import NDArray

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm.bytewise import copy, pair_of_bytes
from fastmlp.kernels.llvm.views import segment
from fastmlp.kernels.rng import random_below, random_uniform

COUNTERS = 16
"""Random numbers reserved for each sample: 0 and 1 shift, 2 angle, 3 and 4 scale, 5 shear, 6 to 11 displacement."""
ROUNDING = 0.01
"""Rounding error of a place in pixels, because it is a float32."""


class Distortion(NamedTuple):
    """The random changes that the images of an epoch have in common.

    Attributes
    ----------
    key : uint64
        Key of the random numbers; a sample's image depends on it and on the sample's number alone.
    reach : (5,) float64
        Each number is uniform between minus this and this: 0 the shift to the right and the one down in pixels, 1 the
        angle (radians, clockwise), 2 what is added to 1 as the scale of the width and that of the height (below 1), 3
        the shear (pixels to the right for each one down). If reach[4] is not 0, shifts are whole pixels.
    field : (rows, columns) float32
        Displacements in pixels, from sample_field, no smaller than an image: each sample gets windows of it. Empty for
        none.
    bend : float
        The largest displacement.
    """

    key: np.uint64
    reach: NDArray[np.float64]
    field: NDArray[np.float32]
    bend: float


class AugmentationScratch(NamedTuple):
    """Working memory of one thread that makes images, from `new_augmentation_scratch`.

    Attributes
    ----------
    x, y : (height * width,) float32
        Column and row of each pixel. Read only.
    padded : ((height + 3) * (width + 3),), dtype of the images
        An old image within a border of zeros, one wide above and on the left, two below and on the right.
    dx, dy : (height * width,) float32
        How far each pixel's place is displaced; finite at first.
    at : (height * width,) uint32
        The pixel of `padded` above and left of each pixel's place.
    right, down : (height * width,) float32
        How far the place is to the right and down from there, from 0 to below 1.
    four : (height * width,) uint32
        The four bytes around each place.
    image : (height * width,), dtype of the images
        The new image's rows.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    padded: NDArray[Any]
    dx: NDArray[np.float32]
    dy: NDArray[np.float32]
    at: NDArray[np.uint32]
    right: NDArray[np.float32]
    down: NDArray[np.float32]
    four: NDArray[np.uint32]
    image: NDArray[Any]


def new_augmentation_scratch(height: int, width: int, dtype: np.dtype[Any]) -> AugmentationScratch:
    """Return scratch for images of this shape (up to 2**23 pixels) and dtype: uint8, float32 or float64."""
    n = height * width
    rows, columns = np.indices((height, width), np.float32)
    floats, places = np.zeros((4, n), np.float32), np.empty((2, n), np.uint32)
    padded, image = np.zeros((height + 3) * (width + 3), dtype), np.empty(n, dtype)
    dx, dy, right, down = floats
    return AugmentationScratch(columns.ravel(), rows.ravel(), padded, dx, dy, places[0], right, down, places[1], image)


@kernel
def symmetric(key, counter, reach):
    """Return a random number from -reach to reach."""
    return (2.0 * random_uniform(key, counter) - 1.0) * reach


@kernel
def sample_shift(key, sample, reach):
    """Return how far an image's content goes to the right and down; whole pixels if reach[4] is not 0."""
    counter = sample * COUNTERS
    if reach[4] != 0:
        most = int(reach[0])
        return (
            float(random_below(key, counter, 2 * most + 1) - most),
            float(random_below(key, counter + 1, 2 * most + 1) - most),
        )
    return symmetric(key, counter, reach[0]), symmetric(key, counter + 1, reach[0])


@kernel
def _sample_map(key, sample, reach, height, width):
    """Return a random affine map: pixel (x, y) looks up (xx * x + xy * y + x0, yx * x + yy * y + y0).

    It is the inverse of what happens to the content, which is sheared, scaled, rotated about the image's middle and
    shifted, in this order.
    """
    x_shift, y_shift = sample_shift(key, sample, reach)
    counter = sample * COUNTERS + 2
    angle = symmetric(key, counter, reach[1])
    x_scale, y_scale = 1.0 + symmetric(key, counter + 1, reach[2]), 1.0 + symmetric(key, counter + 2, reach[2])
    shear = symmetric(key, counter + 3, reach[3])
    cos, sin = math.cos(angle), math.sin(angle)
    yx, yy = -sin / y_scale, cos / y_scale
    xx, xy = cos / x_scale - shear * yx, sin / x_scale - shear * yy
    x_middle, y_middle = 0.5 * (width - 1), 0.5 * (height - 1)
    x0 = x_middle - xx * (x_middle + x_shift) - xy * (y_middle + y_shift)
    y0 = y_middle - yx * (x_middle + x_shift) - yy * (y_middle + y_shift)
    return xx, xy, x0, yx, yy, y0


@kernel
def _find_ink(image):
    """Return the place of an image's first non-zero pixel, and the one behind the last; the same if there is none."""
    first, end = 0, image.size
    while first < end and image[first] == 0:
        first += 1
    while end > first and image[end - 1] == 0:
        end -= 1
    return first, end


@kernel
def _pad(image, height, width, padded):
    """Copy an image into `padded`; return its ink's first row and the one behind its last, the same if it has none."""
    first, end = _find_ink(image)
    first_row, end_row = first // width, (end + width - 1) // width if end > first else first // width
    for i in range(padded.size):
        padded[i] = 0
    for y in range(first_row, end_row):
        copy(image, y * width, width, padded, (y + 1) * (width + 3) + 1)
    return first_row, end_row


@kernel
def _rows_reached(first, end, affine, bend, height, width):
    """Return the rows of the new image that can look up rows `first` to `end` - 1 of the old one: a first and an end.

    The places of a row have y = yx * x + yy * row + y0, give or take `bend`.
    """
    _, _, _, yx, yy, y0 = affine
    if first == end:
        return 0, 0
    middle = 0.5 * (width - 1)
    y, beside = y0 + yx * middle, abs(yx) * middle + bend + 1.0 + ROUNDING
    a, b = (first - beside - y) / yy, (end - 1 + beside - y) / yy
    low, high = min(a, b), max(a, b)
    if not (low > -np.inf and high < np.inf):  # rotated by 90 degrees: yy is 0
        return 0, height
    low, high = min(max(low, 0.0), float(height)), min(max(high, -1.0), height - 1.0)
    first_row, end_row = math.ceil(low), math.floor(high) + 1
    return first_row, max(first_row, end_row)


@kernel
def _displace(key, sample, first_row, n, width, field, scratch):
    """Copy this sample's windows of the field to scratch.dx and dy; return the sign of each, 0 for none."""
    if field.size == 0:
        return np.float32(0), np.float32(0)
    rows, columns = field.shape
    down, across = rows - scratch.x.size // width + 1, columns - width + 1
    counter = sample * COUNTERS + 6
    x_from = (random_below(key, counter, down) + first_row) * columns + random_below(key, counter + 1, across)
    y_from = (random_below(key, counter + 2, down) + first_row) * columns + random_below(key, counter + 3, across)
    flat_field = segment(field, 0, field.size)
    dx, dy = scratch.dx, scratch.dy
    for row in range(n // width):
        copy(flat_field, x_from + row * columns, width, dx, row * width)
        copy(flat_field, y_from + row * columns, width, dy, row * width)
    x_sign, y_sign = 2 * random_below(key, counter + 4, 2) - 1, 2 * random_below(key, counter + 5, 2) - 1
    return np.float32(x_sign), np.float32(y_sign)


@kernel
def _find_places(affine, signs, first, n, height, width, scratch):
    """Compute the places that pixels `first` to `first` + n - 1 look up: scratch.at, right and down."""
    at, right, down, dx, dy = scratch.at, scratch.right, scratch.down, scratch.dx, scratch.dy
    xs, ys = segment(scratch.x, first, n), segment(scratch.y, first, n)
    xx, xy, x0 = np.float32(affine[0]), np.float32(affine[1]), np.float32(affine[2] + 1.0)
    yx, yy, y0 = np.float32(affine[3]), np.float32(affine[4]), np.float32(affine[5] + 1.0)
    x_sign, y_sign = signs
    zero, x_most, y_most = np.float32(0), np.float32(width + 1), np.float32(height + 1)
    row = np.float32(width + 3)
    for i in range(n):
        x = min(max(zero, x0 + xx * xs[i] + xy * ys[i] + x_sign * dx[i]), x_most)  # zero first: so NaN becomes 0
        y = min(max(zero, y0 + yx * xs[i] + yy * ys[i] + y_sign * dy[i]), y_most)
        x_whole, y_whole = np.float32(types.int32(x)), np.float32(types.int32(y))
        right[i] = x - x_whole
        down[i] = y - y_whole
        at[i] = types.uint32(types.int32(y_whole * row + x_whole))


@kernel
def _look_up_bytes(n, width, scratch):
    """Write the bilinear mean, rounded, of the four bytes around each place to scratch.image."""
    padded, at, four, right, down = scratch.padded, scratch.at, scratch.four, scratch.right, scratch.down
    new, below = scratch.image, types.uint64(width + 3)
    half, byte = np.float32(0.5), types.uint32(255)
    for i in range(n):
        p = types.uint64(at[i])
        four[i] = pair_of_bytes(padded, p) | (pair_of_bytes(padded, p + below) << types.uint32(16))
    for i in range(n):
        word = four[i]
        a = np.float32(types.int32(word & byte))
        b = np.float32(types.int32((word >> types.uint32(8)) & byte))
        c = np.float32(types.int32((word >> types.uint32(16)) & byte))
        d = np.float32(types.int32(word >> types.uint32(24)))
        upper, lower = a + right[i] * (b - a), c + right[i] * (d - c)
        new[i] = types.uint8(types.int32(upper + down[i] * (lower - upper) + half))


@kernel
def _look_up(n, width, scratch):
    """Write the bilinear mean of the four floats around each place to scratch.image."""
    padded, at, right, down, new = scratch.padded, scratch.at, scratch.right, scratch.down, scratch.image
    one, row = types.uint64(1), types.uint64(width + 3)
    for i in range(n):
        p = types.uint64(at[i])
        a, b, c, d = padded[p], padded[p + one], padded[p + row], padded[p + row + one]
        upper, lower = a + right[i] * (b - a), c + right[i] * (d - c)
        new[i] = upper + down[i] * (lower - upper)


@kernel
def make_image(X, sample, shape, distortion, scratch):
    """Make a new image's pixels `first` to `first` + n - 1 in scratch.image; return `first` and n. The others are 0."""
    (height, width), key = shape, distortion.key
    image = segment(X, sample * X.shape[1], X.shape[1])
    first_ink, end_ink = _pad(image, height, width, scratch.padded)
    affine = _sample_map(key, sample, distortion.reach, height, width)
    first_row, end_row = _rows_reached(first_ink, end_ink, affine, distortion.bend, height, width)
    first, n = first_row * width, (end_row - first_row) * width
    signs = _displace(key, sample, first_row, n, width, distortion.field, scratch)
    _find_places(affine, signs, first, n, height, width, scratch)
    if X.itemsize == 1:
        _look_up_bytes(n, width, scratch)
    else:
        _look_up(n, width, scratch)
    return first, n
