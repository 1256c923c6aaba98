"""Searches for a number that would lead a kernel beside its arrays, for the checks of calls from Python."""

import numpy as np

from fastmlp.kernels._numba.compile import kernel


@kernel
def first_outside(numbers, limit):
    """Return where `numbers` (n,) int64 first leave 0 to limit - 1, or -1."""
    for i in range(numbers.size):
        if numbers[i] < 0 or numbers[i] >= limit:
            return i
    return -1


@kernel
def first_wrong_label(labels, order, n_out):
    """Return where the labels of the samples in `order` (m,) int64 first leave 0 to n_out - 1, or -1."""
    for i in range(order.size):
        if labels[order[i]] < 0 or labels[order[i]] >= n_out:
            return i
    return -1


@kernel
def first_wrong_row(starts, columns, order, n_in):
    """Return where a packed sample in `order` first leaves its arrays, or its columns do not rise below n_in, or -1."""
    for i in range(order.size):
        first, last = starts[order[i]], starts[order[i] + 1]
        if first < 0 or last < first or last > columns.size:
            return i
        wrong, before = 0, -1
        for p in range(first, last):
            column = np.int64(columns[p])
            wrong += column >= n_in or column <= before
            before = column
        if wrong:
            return i
    return -1


@kernel
def first_wrong_split(starts, splits, order):
    """Return where the ranges of a packed sample in `order` first do not rise from its start to its end, or -1."""
    for i in range(order.size):
        at = starts[order[i]]
        for t in range(splits.shape[1]):
            if splits[order[i], t] < at or splits[order[i], t] > starts[order[i] + 1]:
                return i
            at = splits[order[i], t]
        if at != starts[order[i] + 1]:
            return i
    return -1


@kernel
def first_full_column(packed, order, batch_size, counts):
    """Return a column for which some batch of `order` has more values than the transpose has room, or -1.

    Parameters
    ----------
    packed : tuple
        starts, columns, column_starts and the size of batch_values: see PackedSamples.
    order : (m,) int64
    batch_size : int
    counts : (n_in,) int64
        Overwritten.
    """
    starts, columns, column_starts, room = packed
    for start in range(0, order.size, batch_size):
        for k in range(counts.size):
            counts[k] = 0
        for i in range(start, min(start + batch_size, order.size)):
            for p in range(starts[order[i]], starts[order[i] + 1]):
                counts[columns[p]] += 1
        for k in range(counts.size):
            end = column_starts[k + 1] if k + 1 < counts.size else room
            if column_starts[k] < 0 or column_starts[k] + counts[k] > min(end, room):
                return k
    return -1


@kernel
def is_rising(numbers):
    """Return whether `numbers` (n,) int64 never fall."""
    falls = 0
    for i in range(1, numbers.size):
        falls += numbers[i] < numbers[i - 1]
    return falls == 0
