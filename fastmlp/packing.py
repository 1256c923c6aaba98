"""Packing of samples that are mostly zeros: when it is worth it, and the arrays for it. Called by Trainer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.machine import memory

Packed = tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]

MOST_NONZERO = 1 / 4
"""Share of non-zero inputs up to which skipping zeros is faster. Measured, dense time over packed time at 784 inputs:
at a share of 0.19 it is 2.0 for 16 units, 1.6 for 30, 1.7 for 100, 1.9 for 512; at 0.34 1.35, 0.88, 0.96 and 1.1."""
NARROWEST = 16
"""Units of a first layer from which on it is: 0.56 for 10 units at a share of 0.19 (docs/decisions/0002)."""
SHARE_OF_MEMORY = 1 / 4
"""Of the machine's memory, for the packed samples: a data set larger than memory is left as it is."""
ROWS_LOOKED_AT = 1000


def pack_if_sparse(X: NDArray[Any], n_out: int) -> Packed | None:
    """Return the samples packed for the kernels that skip zeros, or None where that would not be faster.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    n_out : int
        Units of the first layer.

    Returns
    -------
    starts : (n + 1,) int64
        Row i is at starts[i] to starts[i + 1] of the other two.
    columns : uint16, or uint32 for more than 65,536 inputs
    values : dtype of X
    """
    looked_at = X[:: max(1, len(X) // ROWS_LOOKED_AT)]
    if n_out < NARROWEST or np.count_nonzero(looked_at) > MOST_NONZERO * looked_at.size:
        return None
    counts = np.empty(len(X), np.int64)
    kernels.count_nonzeros(X, counts)
    starts = np.concatenate(([0], np.cumsum(counts)))
    columns_dtype = np.dtype(np.uint16 if X.shape[1] <= 1 << 16 else np.uint32)
    if starts[-1] * (columns_dtype.itemsize + X.itemsize) > SHARE_OF_MEMORY * memory():
        return None
    columns, values = np.empty(starts[-1] + 1, columns_dtype), np.empty(starts[-1] + 1, X.dtype)
    kernels.pack_rows(X, starts, columns, values)
    return starts, columns, values
