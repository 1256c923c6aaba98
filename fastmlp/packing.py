"""Packing of samples that are mostly zeros: when it is worth it, and the arrays for it. Called by Trainer."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels

Packed = tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]

MOST_NONZERO = 1 / 3
"""Share of non-zero inputs up to which skipping zeros is faster than the dense kernels for every width."""
SHARE_OF_MEMORY = 1 / 4
"""Of the machine's memory, for the packed samples: a data set larger than memory is left as it is."""
ROWS_LOOKED_AT = 1000


def pack_if_sparse(X: NDArray[Any]) -> Packed | None:
    """Return the samples packed for the kernels that skip zeros, or None where that would not be faster.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous

    Returns
    -------
    starts : (n + 1,) int64
        Row i is at starts[i] to starts[i + 1] of the other two.
    columns : uint16, or uint32 for more than 65,536 inputs
    values : dtype of X
    """
    looked_at = X[:: max(1, len(X) // ROWS_LOOKED_AT)]
    if np.count_nonzero(looked_at) > MOST_NONZERO * looked_at.size:
        return None
    counts = np.empty(len(X), np.int64)
    kernels.count_nonzeros(X, counts)
    starts = np.concatenate(([0], np.cumsum(counts)))
    columns_dtype = np.dtype(np.uint16 if X.shape[1] <= 1 << 16 else np.uint32)
    if starts[-1] * (columns_dtype.itemsize + X.itemsize) > SHARE_OF_MEMORY * _memory():
        return None
    columns, values = np.empty(starts[-1] + 1, columns_dtype), np.empty(starts[-1] + 1, X.dtype)
    kernels.pack_rows(X, starts, columns, values)
    return starts, columns, values


def _memory() -> float:
    """Return the bytes of the machine's memory, where the system tells."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8e9
