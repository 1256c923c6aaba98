"""The first layer on inputs that are mostly zeros, such as images: only what is not zero is kept, read and multiplied.

Samples are packed once into rows of (column, value), as in the CSR format: MNIST, of whose pixels 19 % are not zero,
becomes 27 MB. Bytes stay bytes, scaled by 1 / 255 when they are used.
"""

from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numpy.typing import NDArray

from fastmlp.kernels import simd
from fastmlp.kernels._compile import kernel
from fastmlp.kernels.bits import WORD, lowest_bit, nonzero_bytes
from fastmlp.kernels.views import flat, segment


class PackedSamples(NamedTuple):
    """Packed samples as train_packed takes them, shared out to the threads of a team.

    Attributes
    ----------
    starts, columns, values
        From pack_rows.
    bounds : (threads + 1,) int64
        Thread t sums the gradient of the weights of inputs bounds[t] to bounds[t + 1] - 1.
    splits : (n, threads + 1) int64
        From split_rows with these bounds.
    column_starts : (n_in,) int64
        Where each input's place in a batch's transpose starts: it has room for every sample that can have it.
    ends : (n_in,) int64
    batch_rows : (room,) uint8, uint16 or uint32
    batch_values : (room,), dtype of values
        A batch's transpose; overwritten.
    zeros : (n_out,) float32 or float64
        Of the parameters' dtype.
    """

    starts: NDArray[np.int64]
    columns: NDArray[Any]
    values: NDArray[Any]
    bounds: NDArray[np.int64]
    splits: NDArray[np.int64]
    column_starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    batch_rows: NDArray[Any]
    batch_values: NDArray[Any]
    zeros: NDArray[Any]


@kernel
def count_nonzeros(X, counts):
    """Count what is not zero in each row of X.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    counts : (n,) int64
        Overwritten.
    """
    for i in range(X.shape[0]):
        x, count = X[i], 0
        for k in range(x.size):
            count += x[k] != 0
        counts[i] = count


@kernel
def pack_row(x, first, columns, values, p):
    """Append what is not zero of the row `x`, whose first number is that of column `first`; return the place behind it.

    Bytes are compared with 0 by the word, and only the bits of those that are not are gone through: 4 times as fast.

    Parameters
    ----------
    x : (n,) uint8, float32 or float64, C-contiguous
    first, p : int
    columns : (room,) uint16 or uint32
        Overwritten from p on; room for one number more than is appended.
    values : (room,), dtype of x
        Overwritten from p on.
    """
    column, q, one = types.uint64(first), types.uint64(p), types.uint64(1)
    whole_words = x.size // WORD if x.itemsize == 1 else 0
    for word in range(whole_words):
        bits = nonzero_bytes(x, word * WORD)
        while bits:
            k = types.uint64(word * WORD) + lowest_bit(bits)
            columns[q] = column + k
            values[q] = x[k]
            q += one
            bits &= bits - one
    for k in range(types.uint64(whole_words * WORD), types.uint64(x.size)):
        columns[q] = column + k  # without a branch: a zero's place is overwritten by the next value
        values[q] = x[k]
        q += types.uint64(x[k] != 0)
    return types.int64(q)


@kernel
def pack_rows(X, starts, columns, values):
    """Keep what is not zero: row i of X becomes columns[starts[i]:starts[i + 1]] and values[the same].

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    starts : (n + 1,) int64
        Where each row starts: 0, and the sums of count_nonzeros.
    columns : (starts[n] + 1,) uint16 or uint32
        Overwritten, rising in each row; the last element is not used.
    values : (starts[n] + 1,), dtype of X
        Overwritten.
    """
    p = 0
    for i in range(X.shape[0]):
        p = pack_row(segment(X, i * X.shape[1], X.shape[1]), 0, columns, values, p)


@kernel
def _prefetch_sample(starts, columns, values, number):
    """Ask for a packed sample, so that it is in the cache when it comes up."""
    first, last = starts[number], starts[number + 1]
    for p in range(first, last + 31, 64 // columns.itemsize):  # a cache line has 64 bytes
        simd.prefetch(columns, p)
    for p in range(first, last + 63, 64 // values.itemsize):
        simd.prefetch(values, p)


@kernel
def _value_scale(values, params):
    """Return what values are multiplied by: 1 / 255 for bytes, else 1."""
    T = params.dtype.type
    return T(1) / T(255) if values.itemsize == 1 else T(1)


@kernel
def split_rows(starts, columns, bounds, splits):
    """Find where each packed sample's columns pass some bounds, so that threads can each take a range of inputs.

    Parameters
    ----------
    starts, columns
        Packed samples, from pack_rows.
    bounds : (parts + 1,) int64
        Rising, 0 first and n_in last: part t has the columns bounds[t] to bounds[t + 1] - 1.
    splits : (n, parts + 1) int64
        Overwritten: sample i has its part t at splits[i, t] to splits[i, t + 1].
    """
    parts = bounds.size - 1
    for i in range(splits.shape[0]):
        splits[i, 0], splits[i, parts] = starts[i], starts[i + 1]
        for t in range(1, parts):
            low, high = splits[i, t - 1], starts[i + 1]
            while low < high:  # by halves
                middle = (low + high) // 2
                if columns[middle] < bounds[t]:
                    low = middle + 1
                else:
                    high = middle
            splits[i, t] = low


@kernel
def _panel_width(left, itemsize):
    """Return how many columns a primitive takes at a time where `left` are left: 8, 4, 2 or 1 vectors, or the rest."""
    lanes = simd.VECTOR_BYTES // itemsize
    vectors = 2 * simd.GROUP
    while vectors > 1 and left < vectors * lanes:
        vectors //= 2
    return min(left, vectors * lanes)


@kernel
def _gather_panel(columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, width):
    """Compute z = start + scale * sum of values[p] * W[columns[p]] for a panel of `width` columns, see _panel_width."""
    lanes = simd.VECTOR_BYTES // z.itemsize
    if width == 2 * simd.GROUP * lanes:
        simd.gather_wide(columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, lanes)
    elif width == simd.GROUP * lanes:
        simd.gather_group(columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, lanes)
    elif width == 2 * lanes:
        simd.gather_pair(columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, lanes)
    elif width == lanes:
        simd.gather_vector(columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, lanes)
    else:
        simd.gather_edge(columns, values, first, last, scale, W, w0, w_row, start, s0, z, z0, width)


@kernel
def forward_packed(starts, columns, values, batch, ahead, W, b, Z):
    """Compute the first layer's weighted sums of packed samples: Z = X[batch] @ W + b.

    Parameters
    ----------
    starts, columns, values
        Packed samples, from pack_rows.
    batch : (rows,) int64
        Numbers of samples.
    ahead : (any,) int64
        Numbers of the samples of the next batch, which are asked for meanwhile: an epoch reads samples in random order
        from tens of megabytes, and waiting for each would take as long as its sums.
    W : (n_in, n_out) float32 or float64, C-contiguous
    b : (n_out,), same dtype
    Z : (rows, n_out), same dtype
        Overwritten.

    Notes
    -----
    A panel of columns of W goes through all samples before the next one does: it stays in the second-level cache.
    """
    scale, n_out = _value_scale(values, W), W.shape[1]
    w, z = flat(W), flat(Z)
    j = 0
    while j < n_out:
        width = _panel_width(n_out - j, W.itemsize)
        for i in range(batch.size):
            if j == 0 and i < ahead.size:
                _prefetch_sample(starts, columns, values, ahead[i])
            first, last, at = starts[batch[i]], starts[batch[i] + 1], i * n_out + j
            _gather_panel(columns, values, first, last, scale, w, j, n_out, b, j, z, at, width)
        j += width


@kernel
def add_outer_packed(splits, part, columns, values, batch, factor, delta, W):
    """Add the first layer's weight gradient of packed samples: W += factor * X[batch].T @ delta, for some inputs.

    With factor = -learning_rate and the weights themselves as W this is the whole step of gradient descent.

    Parameters
    ----------
    splits : (n, parts + 1) int64
        From split_rows.
    part : int
        Which of the parts of the inputs, 0 to parts - 1; other rows of W are not touched.
    columns, values
        Packed samples, from pack_rows.
    batch : (rows,) int64
        Numbers of samples.
    factor : float
    delta : (rows, n_out) float32 or float64, C-contiguous
        Error of the first layer, dC/dZ.
    W : (n_in, n_out), same dtype
        Added to; only the rows of inputs that are not zero are touched.

    Notes
    -----
    Reads and writes a row of W for every input that is not zero: for narrow layers, see backward_weights_packed.
    """
    scale, n_out = W.dtype.type(factor) * _value_scale(values, W), W.shape[1]
    lanes = simd.VECTOR_BYTES // W.itemsize
    w, d = flat(W), flat(delta)
    for i in range(batch.size):
        first, last = splits[batch[i], part], splits[batch[i], part + 1]
        j = 0
        while j < n_out:
            width, at = _panel_width(n_out - j, W.itemsize), i * n_out + j
            if width >= simd.GROUP * lanes:
                width = simd.GROUP * lanes
                simd.scatter_group(columns, values, first, last, scale, d, at, w, j, n_out, lanes)
            elif width == 2 * lanes:
                simd.scatter_pair(columns, values, first, last, scale, d, at, w, j, n_out, lanes)
            elif width == lanes:
                simd.scatter_vector(columns, values, first, last, scale, d, at, w, j, n_out, lanes)
            else:
                simd.scatter_edge(columns, values, first, last, scale, d, at, w, j, n_out, width)
            j += width


@kernel
def transpose_batch(splits, part, columns, values, batch, first, last, column_starts, ends, rows, batch_values):
    """Sort what is not zero in a batch by its column: the batch's transpose, packed.

    Parameters
    ----------
    splits, part, columns, values, batch
        As in add_outer_packed.
    first, last : int
        The part has the columns `first` to `last - 1`.
    column_starts : (n_in,) int64
        Where each column's place starts in `rows` and `batch_values`: it has room for as many samples as can have it.
    ends : (n_in,) int64
        Overwritten for these columns: column k is at column_starts[k] to ends[k].
    rows : (room,) uint8, uint16 or uint32
        Overwritten by row numbers in the batch, rising in each column.
    batch_values : (room,), dtype of values
        Overwritten.
    """
    for k in range(first, last):
        ends[k] = column_starts[k]
    for i in range(batch.size):
        for p in range(splits[batch[i], part], splits[batch[i], part + 1]):
            end = ends[columns[p]]
            rows[end] = i
            batch_values[end] = values[p]
            ends[columns[p]] = end + 1


@kernel
def add_outer_transposed(column_starts, ends, rows, batch_values, factor, delta, start, start_row, dW, first, last):
    """Compute rows of start + factor * X[batch].T @ delta from the batch's transpose: for wide layers.

    Each row is summed in registers and written once.

    Parameters
    ----------
    column_starts, ends, rows, batch_values
        From transpose_batch.
    factor : float
    delta : (rows, n_out) float32 or float64, C-contiguous
        Error of the first layer, dC/dZ.
    start : flat array, same dtype
        Row k is added to from k * start_row on. With the weights themselves as `start` and `dW`, start_row = n_out and
        factor = -learning_rate, this is the step of gradient descent; with n_out zeros, start_row = 0 and factor = 1,
        the gradient.
    start_row : int
    dW : (n_in, n_out), same dtype
        Its rows `first` to `last - 1` are overwritten, no others touched.
    first, last : int
    """
    scale, n_out = dW.dtype.type(factor) * _value_scale(batch_values, dW), dW.shape[1]
    w, d = flat(dW), flat(delta)
    j = 0
    while j < n_out:
        width = _panel_width(n_out - j, dW.itemsize)
        for k in range(first, last):
            low, high, s0 = column_starts[k], ends[k], k * start_row + j
            _gather_panel(rows, batch_values, low, high, scale, d, j, n_out, start, s0, w, k * n_out + j, width)
        j += width
