"""Random image augmentation, for dense and packed samples."""

from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numpy.typing import NDArray

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.images.warp import make_image, sample_shift, symmetric
from fastmlp.kernels.llvm.bytewise import copy
from fastmlp.kernels.llvm.views import borrow, segment
from fastmlp.kernels.sparse import pack_row


class PackedOutput(NamedTuple):
    """Memory that packed images are written to.

    Attributes
    ----------
    ends : (any,) int64
        Overwritten by where each image ends, and the next one starts; one for each image to make.
    columns : (room,) uint16 or uint32
        Overwritten, rising in each image; room for n_in numbers an image, and one more.
    values : (room,), dtype of the images
        Overwritten.
    """

    ends: NDArray[np.int64]
    columns: NDArray[Any]
    values: NDArray[Any]


@kernel
def augment_images(X, shape, first, distortion, scratch, images):
    """Make a new image of each of some samples.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Images, row by row.
    shape : (height, width)
        height * width = n_in.
    first : int
        Number of the first sample.
    distortion : Distortion
    scratch : AugmentationScratch
        Overwritten.
    images : (any, n_in), dtype of X
        Overwritten; as many samples as it has rows.
    """
    scratch, distortion = borrow(scratch), borrow(distortion)
    for k in range(images.shape[0]):
        start, n = make_image(X, first + k, shape, distortion, scratch)
        image = segment(images, k * images.shape[1], images.shape[1])
        for i in range(image.size):
            image[i] = 0
        copy(scratch.image, 0, n, image, start)


@kernel
def augment_and_pack(X, shape, first, distortion, scratch, p, out):
    """Make a new image of each of some samples, packed; return the place behind the last one.

    Parameters
    ----------
    X, shape, first, distortion, scratch
        As in augment_images.
    p : int
        Where the first image starts in `out.columns` and `out.values`.
    out : PackedOutput
        Overwritten.

    Returns
    -------
    p : int
    """
    scratch, distortion, out = borrow(scratch), borrow(distortion), borrow(out)
    for k in range(out.ends.size):
        start, n = make_image(X, first + k, shape, distortion, scratch)
        p = pack_row(segment(scratch.image, 0, n), start, out.columns, out.values, p)
        out.ends[k] = p
    return p


@kernel
def _shift_within(old, values, x, inside, steps, p, out):
    """Shift a packed sample that partly leaves the image; return the place behind it."""
    (low, high), (below, right) = inside, steps
    for q in range(old.size):
        column = types.int64(old[q])
        is_inside = (x[column] >= low) & (x[column] < high) & (column + below >= 0) & (column + below < x.size)
        out.columns[p] = column + below + right
        out.values[p] = values[q]
        p += is_inside
    return p


@kernel
def shift_packed(samples, shape, first, distortion, x, p, out):
    """Shift packed samples by whole pixels, as augment_and_pack would: to shift is to add to column numbers.

    Parameters
    ----------
    samples : PackedRows
    shape, first
        As in augment_and_pack.
    distortion : Distortion
        Its reach[4] is not 0, and nothing but the shift is used.
    x : (n_in,) float32
        The column in the image of each input, as in AugmentationScratch.
    p, out
        As in augment_and_pack.

    Returns
    -------
    p : int
    """
    samples, distortion, out, width = borrow(samples), borrow(distortion), borrow(out), shape[1]
    for k in range(out.ends.size):
        right, down = sample_shift(distortion.key, first + k, distortion.reach)
        below, low, high = int(down) * width, np.float32(-right), np.float32(width - right)
        start = samples.starts[first + k]
        n = samples.starts[first + k + 1] - start
        old = segment(samples.columns, start, n)
        outside = 0
        for q in range(n):
            outside += (x[old[q]] < low) | (x[old[q]] >= high)
        if n and (old[0] + below < 0 or old[n - 1] + below >= x.size):
            outside += 1
        if outside:
            values = segment(samples.values, start, n)
            p = _shift_within(old, values, x, (low, high), (below, int(right)), p, out)
        else:
            step, new = below + int(right), segment(out.columns, p, n)
            for q in range(n):
                new[q] = old[q] + step
            copy(samples.values, start, n, out.values, p)
            p += n
        out.ends[k] = p
    return p


@kernel
def sample_field(key, taps, amplitude, noise, rows_smoothed, field):
    """Make a field of smooth random displacements: amplitude * (taps * taps^T convolved with uniform noise in [-1, 1)).

    Parameters
    ----------
    key : uint64
    taps : (n_taps,) float32
        The smoothing filter in each direction, such as a Gaussian.
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
