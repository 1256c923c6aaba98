"""The first layer on inputs that are mostly zeros, such as images: only non-zero values are kept, read and multiplied.

Samples are packed once into rows of (column, value), as in the CSR format: MNIST, of whose pixels 19 % are not zero,
becomes 27 MB. Bytes stay bytes, scaled by 1 / 255 when they are used.
"""

from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numpy.typing import NDArray

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm import sparse_rows
from fastmlp.kernels.llvm.bytewise import WORD, lowest_bit, nonzero_bytes
from fastmlp.kernels.llvm.tiles import DEPTH
from fastmlp.kernels.llvm.vectors import VECTOR_BYTES
from fastmlp.kernels.llvm.views import borrow, flat, segment
from fastmlp.kernels.sparse_blocks import most_rows, multiply_panels, stack_positions, whole_panels


class PackedRows(NamedTuple):
    """Samples of which only the non-zero values are kept, as `evaluate` and the predictions take them.

    Attributes
    ----------
    starts : (n + 1,) int64
        Row i is at starts[i] to starts[i + 1] of the other two.
    columns : (starts[n],) uint16 or uint32
        Column numbers, rising in each row.
    values : (starts[n],) uint8, float32 or float64
        Bytes mean value / 255.
    """

    starts: NDArray[np.int64]
    columns: NDArray[Any]
    values: NDArray[Any]


class PackedSamples(NamedTuple):
    """Packed samples as `train` takes them, with each thread's range of inputs and room for a batch's transpose.

    Without that room nothing is written to, and any number of trainings may share the samples.

    Attributes
    ----------
    starts, columns, values
        As in PackedRows.
    bounds : (threads + 1,) int64
        Thread t sums the gradient of the weights of inputs bounds[t] to bounds[t + 1] - 1.
    splits : (n, threads + 1) int64
        Where each sample's columns pass these bounds, from split_rows.
    column_starts : (n_in,) int64, or None
        Where each input's place in a batch's transpose starts: it has room for every sample that can have it. None, as
        the next four: no transpose, which pays for a first layer of 64 units or more and batches of 32 or more.
    ends : (n_in,) int64, or None
    batch_rows : (room,) uint8, uint16 or uint32, or None
    batch_values : (room,), dtype of values, or None
        A batch's transpose; overwritten.
    zeros : (n_out,) float32 or float64, or None
        Zeros of the parameters' dtype.
    """

    starts: NDArray[np.int64]
    columns: NDArray[Any]
    values: NDArray[Any]
    bounds: NDArray[np.int64]
    splits: NDArray[np.int64]
    column_starts: NDArray[np.int64] | None = None
    ends: NDArray[np.int64] | None = None
    batch_rows: NDArray[Any] | None = None
    batch_values: NDArray[Any] | None = None
    zeros: NDArray[Any] | None = None


@kernel
def count_nonzeros(X, counts):
    """Count the non-zero values of each row of X.

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
    """Append the non-zero values of a row to packed samples; return the place behind the last one.

    Bytes are compared with 0 a word at a time, and only the bits of non-zero ones are visited: 4 times as fast.

    Parameters
    ----------
    x : (n,) uint8, float32 or float64, C-contiguous
    first : int
        Column of the row's first value.
    columns : (room,) uint16 or uint32
        Overwritten from p on; room for one number more than is appended.
    values : (room,), dtype of x
        Overwritten from p on.
    p : int
        Where the first value goes.

    Returns
    -------
    p : int
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
    """Pack the rows of X: row i becomes columns[starts[i]:starts[i + 1]] and values[starts[i]:starts[i + 1]].

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    starts : (n + 1,) int64
        Where each row starts: 0, then the running sums of count_nonzeros.
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
    """Prefetch a packed sample, so that it is in the cache when it is used."""
    first, last = starts[number], starts[number + 1]
    for p in range(first, last + 31, 64 // columns.itemsize):  # a cache line has 64 bytes
        sparse_rows.prefetch(columns, p)
    for p in range(first, last + 63, 64 // values.itemsize):
        sparse_rows.prefetch(values, p)


@kernel
def _value_scale(values, params):
    """Return the factor of the values: 1 / 255 for bytes, else 1."""
    T = params.dtype.type
    return T(1) / T(255) if values.itemsize == 1 else T(1)


@kernel
def split_rows(starts, columns, bounds, splits):
    """Find where each packed sample's columns pass some bounds, so that threads can each take a range of inputs.

    Parameters
    ----------
    starts, columns : as in PackedRows
    bounds : (ranges + 1,) int64
        Rising from 0 to n_in: range t has the columns bounds[t] to bounds[t + 1] - 1.
    splits : (n, ranges + 1) int64
        Overwritten: sample i has its range t at splits[i, t] to splits[i, t + 1].
    """
    ranges = bounds.size - 1
    for i in range(splits.shape[0]):
        splits[i, 0], splits[i, ranges] = starts[i], starts[i + 1]
        for t in range(1, ranges):
            low, high = splits[i, t - 1], starts[i + 1]
            while low < high:  # bisection
                middle = (low + high) // 2
                if columns[middle] < bounds[t]:
                    low = middle + 1
                else:
                    high = middle
            splits[i, t] = low


@kernel
def _panel_width(left, itemsize):
    """Return how many columns a primitive takes at a time if `left` are left: 8, 4, 2 or 1 vectors, or the rest."""
    lanes = VECTOR_BYTES // itemsize
    vectors = 2 * sparse_rows.GROUP
    while vectors > 1 and left < vectors * lanes:
        vectors //= 2
    return min(left, vectors * lanes)


@kernel
def _gather_panel(row, scale, panel, start, out, width):
    """Compute out = start + scale * sum of value[p] * panel[column[p]] for `width` columns, see _panel_width.

    `row` is (columns, values, first, last), `panel` (array, offset, row stride), `start` and `out` (array, offset).
    """
    lanes = VECTOR_BYTES // out[0].itemsize
    if width == 2 * sparse_rows.GROUP * lanes:
        sparse_rows.gather_wide(row, scale, panel, start, out, lanes)
    elif width == sparse_rows.GROUP * lanes:
        sparse_rows.gather_group(row, scale, panel, start, out, lanes)
    elif width == 2 * lanes:
        sparse_rows.gather_pair(row, scale, panel, start, out, lanes)
    elif width == lanes:
        sparse_rows.gather_vector(row, scale, panel, start, out, lanes)
    else:
        sparse_rows.gather_edge(row, scale, panel, start, out, width)


@kernel
def _prefetch_samples(samples, ahead, most):
    """Prefetch some samples of the next batch."""
    starts, columns, values = borrow(samples.starts), borrow(samples.columns), borrow(samples.values)
    for i in range(min(ahead.size, most)):
        _prefetch_sample(starts, columns, values, ahead[i])


@kernel
def _forward_rows(samples, batch, W, b, Z, first):
    """Do what forward_packed does for the columns from `first` on."""
    starts, columns, values = borrow(samples.starts), borrow(samples.columns), borrow(samples.values)
    scale, n_out = _value_scale(values, W), W.shape[1]
    w, z, b, j = flat(W), flat(Z), borrow(b), first
    while j < n_out:
        width = _panel_width(n_out - j, W.itemsize)
        for i in range(batch.size):
            row = columns, values, starts[batch[i]], starts[batch[i] + 1]
            _gather_panel(row, scale, (w, j, n_out), (b, j), (z, i * n_out + j), width)
        j += width


@kernel
def _forward_panels(samples, batch, W, b, Z, columns):
    """Do what forward_packed does for the first columns, in whole panels."""
    starts, columns_of, values = borrow(samples.starts), borrow(samples.columns), borrow(samples.values)
    scale, (n_in, n_out), w, z = _value_scale(values, W), W.shape, flat(W), flat(Z)
    first_places, last_places = stack_positions(z), stack_positions(z)
    for i in range(0, batch.size, most_rows(W.itemsize)):
        rows = min(most_rows(W.itemsize), batch.size - i)
        at, ends = segment(first_places, 0, rows), segment(last_places, 0, rows)
        for r in range(rows):
            at[r], ends[r] = starts[batch[i + r]], starts[batch[i + r] + 1]
        to = z, i * n_out, n_out
        multiply_panels((at, ends), (columns_of, values), (w, 0, n_out), scale, (b, 0, 0), to, n_in, columns)


@kernel
def forward_packed(samples, batch, ahead, W, b, Z):
    """Compute the first layer's weighted sums of packed samples: Z = X[batch] @ W + b.

    Parameters
    ----------
    samples : PackedRows or PackedSamples
    batch : (rows,) int64
        Numbers of the samples.
    ahead : (any,) int64
        Numbers of the samples of the next batch, which are prefetched: an epoch reads samples in random order from
        tens of megabytes, and waiting for each would take as long as its sums.
    W : (n_in, n_out) float32 or float64, C-contiguous
    b : (n_out,), same dtype
    Z : (rows, n_out), same dtype
        Overwritten.

    Notes
    -----
    A panel of columns of W goes through all samples before the next one does: it stays in the second-level cache. Whole
    panels of many samples are copied to one piece.
    """
    _prefetch_samples(samples, ahead, batch.size)
    j = whole_panels(W.shape[1], batch.size, W.itemsize)
    if j > 0:
        _forward_panels(samples, batch, W, b, Z, j)
    _forward_rows(samples, batch, W, b, Z, j)


@kernel
def forward_narrow(samples, batch, ahead, W, b, Z):
    """Do what forward_packed does, for narrow layers or small batches, without panels: less to compile."""
    _prefetch_samples(samples, ahead, batch.size)
    _forward_rows(samples, batch, W, b, Z, 0)


@kernel
def add_outer_packed(samples, thread, batch, factor, delta, W):
    """Add the first layer's weight gradient of packed samples: W += factor * X[batch].T @ delta, for some inputs.

    With factor = -learning_rate and the weights themselves as W this is the whole step of gradient descent.

    Parameters
    ----------
    samples : PackedSamples
    thread : int
        The range of inputs, see `bounds`; other rows of W are not touched.
    batch : (rows,) int64
        Numbers of the samples.
    factor : float
    delta : (rows, n_out) float32 or float64, C-contiguous
        Error of the first layer, dC/dZ.
    W : (n_in, n_out), same dtype
        Added to; only the rows of inputs that are not zero are touched.

    Notes
    -----
    Reads and writes a row of W for every input that is not zero: for narrow layers. For wide ones see
    add_outer_transposed.
    """
    splits, columns, values = borrow(samples.splits), borrow(samples.columns), borrow(samples.values)
    scale, n_out = W.dtype.type(factor) * _value_scale(values, W), W.shape[1]
    lanes = VECTOR_BYTES // W.itemsize
    w, d = flat(W), flat(delta)
    for i in range(batch.size):
        row = columns, values, splits[batch[i], thread], splits[batch[i], thread + 1]
        j = 0
        while j < n_out:
            width, source, panel = _panel_width(n_out - j, W.itemsize), (d, i * n_out + j), (w, j, n_out)
            if width >= sparse_rows.GROUP * lanes:
                width = sparse_rows.GROUP * lanes
                sparse_rows.scatter_group(row, scale, source, panel, lanes)
            elif width == 2 * lanes:
                sparse_rows.scatter_pair(row, scale, source, panel, lanes)
            elif width == lanes:
                sparse_rows.scatter_vector(row, scale, source, panel, lanes)
            else:
                sparse_rows.scatter_edge(row, scale, source, panel, width)
            j += width


@kernel
def transpose_batch(samples, thread, batch):
    """Sort the non-zero values of a batch by their column, for a thread's range of inputs: the batch's transpose.

    Parameters
    ----------
    samples : PackedSamples
        Its `ends`, `batch_rows` (rising in each column) and `batch_values` are overwritten for these columns: column k
        is at column_starts[k] to ends[k].
    thread : int
        The range of inputs, see `bounds`.
    batch : (rows,) int64
        Numbers of the samples.
    """
    splits, columns, values = samples.splits, samples.columns, samples.values
    ends, rows, batch_values = samples.ends, samples.batch_rows, samples.batch_values
    for k in range(samples.bounds[thread], samples.bounds[thread + 1]):
        ends[k] = samples.column_starts[k]
    for i in range(batch.size):
        for p in range(splits[batch[i], thread], splits[batch[i], thread + 1]):
            end = ends[columns[p]]
            rows[end] = i
            batch_values[end] = values[p]
            ends[columns[p]] = end + 1


@kernel
def add_outer_transposed(samples, factor, delta, start, start_row, dW, first, last):
    """Compute rows of start + factor * X[batch].T @ delta from the batch's transpose: for wide layers.

    Each row is summed in registers and written once.

    Parameters
    ----------
    samples : PackedSamples
        After transpose_batch.
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
    column_starts, ends = borrow(samples.column_starts), borrow(samples.ends)
    rows, values, start = borrow(samples.batch_rows), borrow(samples.batch_values), borrow(start)
    scale, n_out = dW.dtype.type(factor) * _value_scale(values, dW), dW.shape[1]
    w, d = flat(dW), flat(delta)
    batch = delta.shape[0]
    # A sum of more terms than DEPTH is kept in dW meanwhile, which must not be what it is added to.
    j = whole_panels(n_out, batch, dW.itemsize) if start_row == 0 or batch <= DEPTH else 0
    if j > 0:
        for k in range(first, last, most_rows(dW.itemsize)):
            n = min(last - k, most_rows(dW.itemsize))
            at = segment(stack_positions(w), 0, n)
            for r in range(n):
                at[r] = column_starts[k + r]
            own, to = (start, k * start_row, start_row), (w, k * n_out, n_out)
            multiply_panels((at, segment(ends, k, n)), (rows, values), (d, 0, n_out), scale, own, to, batch, j)
    while j < n_out:
        width = _panel_width(n_out - j, dW.itemsize)
        for k in range(first, last):
            row, out = (rows, values, column_starts[k], ends[k]), (w, k * n_out + j)
            _gather_panel(row, scale, (d, j, n_out), (start, k * start_row + j), out, width)
        j += width
