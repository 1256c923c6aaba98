"""Samples that nobody wrote: images changed at random, dense or packed, anew for each epoch.

Called by `fastmlp.augmentation`; calls `warping`, which makes one image, `sparse`, `bits` and `views`.
"""

import numpy as np
from numba.core import types

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.bits import copy
from fastmlp.kernels.sparse import pack_row
from fastmlp.kernels.views import segment
from fastmlp.kernels.warping import borrowed, draw_shift, make_image, symmetric


@kernel
def augment_images(X, shape, first, key, reach, field, bend, scratch, images):
    """Make a new image of each of some samples.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Images, row by row.
    shape : (height, width)
        height * width = n_in.
    first : int
        The first sample's number.
    key : uint64
        Of the random numbers; a sample's image depends on it and on the sample's number alone.
    reach : (5,) float64
        Each is drawn evenly from minus this to this: 0 the shift to the right and the one down in pixels, 1 the angle
        (radians, clockwise), 2 what is added to 1 as the scale of the width and that of the height (below 1), 3 the
        shear (pixels to the right for each one down). Where reach[4] is not 0, shifts are whole pixels.
    field : (rows, columns) float32
        Displacements in pixels, from draw_field, no smaller than an image: each sample gets windows of it. Of size 0:
        none.
    bend : float
        The largest displacement.
    scratch : AugmentationScratch
        Overwritten.
    images : (any, n_in), dtype of X
        Overwritten; as many samples as it has rows.
    """
    scratch = borrowed(scratch)
    for k in range(images.shape[0]):
        start, n = make_image(X, first + k, shape, key, reach, field, bend, scratch)
        image = segment(images, k * images.shape[1], images.shape[1])
        for i in range(image.size):
            image[i] = 0
        copy(scratch.image, 0, n, image, start)


@kernel
def augment_and_pack(X, shape, first, key, reach, field, bend, scratch, p, ends, columns, values):
    """Make a new image of each of some samples, packed; return the place behind the last one.

    Parameters
    ----------
    X, shape, first, key, reach, field, bend, scratch
        As in augment_images.
    p : int
        Where the first image starts in `columns` and `values`.
    ends : (any,) int64
        Overwritten by where each image ends, and the next one starts; as many samples as it has elements.
    columns : (room,) uint16 or uint32
        Overwritten, rising in each image; room for n_in numbers an image, and one more.
    values : (room,), dtype of X
        Overwritten.
    """
    scratch = borrowed(scratch)
    for k in range(ends.size):
        start, n = make_image(X, first + k, shape, key, reach, field, bend, scratch)
        p = pack_row(segment(scratch.image, 0, n), start, columns, values, p)
        ends[k] = p
    return p


@kernel
def _shift_within(old, values, x, low, high, below, right, new_columns, new_values, p):
    """Shift a packed sample of which some leaves the image; return the place behind it."""
    for q in range(old.size):
        column = types.int64(old[q])
        inside = (x[column] >= low) & (x[column] < high) & (column + below >= 0) & (column + below < x.size)
        new_columns[p] = column + below + right
        new_values[p] = values[q]
        p += inside
    return p


@kernel
def shift_packed(starts, columns, values, shape, first, key, reach, x, p, ends, new_columns, new_values):
    """Shift packed samples by whole pixels, as augment_and_pack would: to shift is to add to column numbers.

    Parameters
    ----------
    starts, columns, values
        Packed samples, from pack_rows.
    shape, first, key, reach
        As in augment_and_pack; reach[4] is not 0, and nothing else than the shift is drawn.
    x : (n_in,) float32
        The column in the image of each input, as in AugmentationScratch.
    p, ends, new_columns, new_values
        As `p`, `ends`, `columns`, `values` in augment_and_pack.
    """
    _, width = shape
    for k in range(ends.size):
        right, down = draw_shift(key, first + k, reach)
        below, low, high = int(down) * width, np.float32(-right), np.float32(width - right)
        start = starts[first + k]
        n = starts[first + k + 1] - start
        old = segment(columns, start, n)
        outside = 0
        for q in range(n):
            outside += (x[old[q]] < low) | (x[old[q]] >= high)
        if n and (old[0] + below < 0 or old[n - 1] + below >= x.size):
            outside += 1
        if outside:
            p = _shift_within(
                old, segment(values, start, n), x, low, high, below, int(right), new_columns, new_values, p
            )
        else:
            step, new = below + int(right), segment(new_columns, p, n)
            for q in range(n):
                new[q] = old[q] + step
            copy(values, start, n, new_values, p)
            p += n
        ends[k] = p
    return p


@kernel
def draw_field(key, taps, amplitude, noise, rows_smoothed, field):
    """Draw a field of smooth random displacements: amplitude * (taps * taps^T convolved with even noise in [-1, 1)).

    Parameters
    ----------
    key : uint64
    taps : (n_taps,) float32
        The smoothing in each direction, such as a Gaussian.
    amplitude : float
    noise : (columns + n_taps - 1,) float32
    rows_smoothed : (rows + n_taps - 1, columns) float32
        Scratch; overwritten.
    field : (rows, columns) float32
        Overwritten.

    References
    ----------
    .. [1] P. Simard, D. Steinkraus, J. Platt, Best practices for convolutional neural networks applied to visual
       document analysis, ICDAR 2003, section 3.
    """
    rows, columns = field.shape
    for y in range(rows_smoothed.shape[0]):
        row = segment(rows_smoothed, y * columns, columns)
        for x in range(noise.size):
            noise[x] = symmetric(key, y * noise.size + x, 1.0)
        for x in range(columns):
            row[x] = 0
        for t in range(taps.size):
            source, tap = segment(noise, t, columns), taps[t]
            for x in range(columns):
                row[x] += tap * source[x]
    for y in range(rows):
        row = segment(field, y * columns, columns)
        for x in range(columns):
            row[x] = 0
        for t in range(taps.size):
            source, tap = segment(rows_smoothed, (y + t) * columns, columns), np.float32(amplitude * taps[t])
            for x in range(columns):
                row[x] += tap * source[x]
