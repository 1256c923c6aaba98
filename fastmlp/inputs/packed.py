"""Packed samples, of which only non-zero values are kept: when it pays to pack, and how threads divide them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.kernels.sparse import count_nonzeros, pack_rows, split_rows
from fastmlp.kernels.step import GATHER_FROM, GATHER_ROWS
from fastmlp.system.machine import memory

MOST_NONZERO = 1 / 4
"""Fraction of non-zero inputs up to which skipping zeros is faster. Measured as dense time over packed time at 784
inputs: at a fraction of 0.19 it is 2.0 for 16 units, 1.6 for 30, 1.7 for 100, 1.9 for 512; at 0.34 it is 1.35, 0.88,
0.96 and 1.1."""
NARROWEST = 16
"""Least units of a first layer for which it is: 0.56 for 10 units at a fraction of 0.19 (docs/decisions/0002)."""
MEMORY_FRACTION = 1 / 4
"""Fraction of the machine's memory that packed samples may take; a larger data set is left as it is."""
ROWS_SAMPLED = 1000
"""Rows whose non-zero inputs are counted to decide."""
ROW_WORK = 8
"""Work of a thread for an input beside its values, in values: its weights are updated even if it is zero."""
COUNTED = 1 << 20
"""Values whose columns are counted at a time, so that counting takes little memory."""


class Packed(kernels.PackedRows):
    """Samples as the kernels that skip zeros take them; `len` is their number."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self.starts) - 1


class FirstLayer(NamedTuple):
    """The facts about a network and its training that packing depends on.

    Attributes
    ----------
    n_in, n_out : int
        Inputs and units of the first layer.
    dtype : float32 or float64
        Dtype of its weights.
    batch_size : int
        Samples in the largest batch.
    """

    n_in: int
    n_out: int
    dtype: np.dtype[Any]
    batch_size: int


def columns_dtype(n_in: int) -> np.dtype[Any]:
    """Return the dtype of the columns of packed samples with `n_in` inputs."""
    return np.dtype(np.uint16 if n_in <= 1 << 16 else np.uint32)


def pack_if_sparse(X: NDArray[Any] | Packed, n_out: int, most: float = MOST_NONZERO) -> Packed | None:
    """Return the samples packed for the kernels that skip zeros, or None if that would not be faster.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous, or packed already
    n_out : int
        Units of the first layer.
    most : float
        Fraction of non-zero inputs up to which it is faster.
    """
    if isinstance(X, Packed):
        return X
    some = X[:: max(1, len(X) // ROWS_SAMPLED)]
    if n_out < NARROWEST or np.count_nonzero(some) > most * some.size:
        return None
    counts = np.empty(len(X), np.int64)
    count_nonzeros(X, counts)
    starts = np.concatenate(([0], np.cumsum(counts)))
    numbers = columns_dtype(X.shape[1])
    if starts[-1] * (numbers.itemsize + X.itemsize) > MEMORY_FRACTION * memory():
        return None
    columns, values = np.empty(starts[-1] + 1, numbers), np.empty(starts[-1] + 1, X.dtype)
    pack_rows(X, starts, columns, values)
    return Packed(starts, columns, values)


def for_threads(packed: Packed, layer: FirstLayer, threads: int) -> kernels.PackedSamples:
    """Return packed samples as `train` takes them: each thread gets a range of inputs of about the same work."""
    starts, columns, values = packed
    n = len(packed)
    counts = np.zeros(layer.n_in, np.int64)
    if threads == 1 and layer.n_in * layer.batch_size <= COUNTED:
        counts += layer.batch_size  # nothing to divide, and room for full columns is little: 20 ms less for MNIST
    else:
        for at in range(0, starts[-1], COUNTED):  # NumPy copies them as int64 to count them
            counts += np.bincount(columns[at : min(at + COUNTED, starts[-1])], minlength=layer.n_in)
    work = np.cumsum(counts * (layer.batch_size / n) + ROW_WORK)
    between = np.searchsorted(work, work[-1] * np.arange(1, threads) / threads)
    bounds = np.concatenate(([0], between, [layer.n_in])).astype(np.int64)
    if threads == 1:  # whole rows: 12 ms less for MNIST
        splits = np.stack((starts[:-1], starts[1:]), axis=1)
    else:
        splits = np.empty((n, threads + 1), np.int64)
        split_rows(starts, columns, bounds, splits)
    return kernels.PackedSamples(starts, columns, values, bounds, splits, *_transpose_room(counts, layer, values.dtype))


def _transpose_room(counts: NDArray[np.int64], layer: FirstLayer, dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """Return what a batch's transpose needs, if there is one: place of each input, their ends, rows, values, zeros."""
    if layer.n_out < GATHER_FROM or layer.batch_size < GATHER_ROWS:
        return ()
    room = np.concatenate(([0], np.cumsum(np.minimum(counts, layer.batch_size))))
    rows = np.empty(room[-1] + 1, np.min_scalar_type(layer.batch_size - 1))
    batch_values, zeros = np.empty(room[-1] + 1, dtype), np.zeros(layer.n_out, layer.dtype)
    return room[:-1].copy(), np.empty(layer.n_in, np.int64), rows, batch_values, zeros
