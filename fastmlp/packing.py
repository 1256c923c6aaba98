"""Packed samples, of which only what is not zero is kept: their form, and when dense ones are brought to it.

Called by `inputs`, Network and Trainer.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.machine import memory

Inputs = Any
"""What users may pass as samples: an array-like, or a SciPy sparse matrix, of whose type nothing is known here."""
MOST_NONZERO = 1 / 4
"""Share of non-zero inputs up to which skipping zeros is faster. Measured, dense time over packed time at 784 inputs:
at a share of 0.19 it is 2.0 for 16 units, 1.6 for 30, 1.7 for 100, 1.9 for 512; at 0.34 1.35, 0.88, 0.96 and 1.1."""
NARROWEST = 16
"""Units of a first layer from which on it is: 0.56 for 10 units at a share of 0.19 (docs/decisions/0002)."""
SHARE_OF_MEMORY = 1 / 4
"""Of the machine's memory, for the packed samples: a data set larger than memory is left as it is."""
ROWS_LOOKED_AT = 1000


class Packed(NamedTuple):
    """Samples as the kernels that skip zeros take them; its length is their number.

    Attributes
    ----------
    starts : (n + 1,) int64
        Row i is at starts[i] to starts[i + 1] of the other two.
    columns : uint16, or uint32 for more than 65,536 inputs
        Rising in each row.
    values : uint8 (value / 255), or the network's dtype
    """

    starts: NDArray[np.int64]
    columns: NDArray[Any]
    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.starts) - 1


def columns_dtype(n_in: int) -> np.dtype[Any]:
    """Return the type of the columns of packed samples of `n_in` inputs."""
    return np.dtype(np.uint16 if n_in <= 1 << 16 else np.uint32)


def pack_if_sparse(X: NDArray[Any] | Packed, n_out: int, most: float = MOST_NONZERO) -> Packed | None:
    """Return the samples packed for the kernels that skip zeros, or None where that would not be faster.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous, or packed already
    n_out : int
        Units of the first layer.
    most : float
        Share of non-zero inputs up to which it is faster.
    """
    if isinstance(X, Packed):
        return X
    looked_at = X[:: max(1, len(X) // ROWS_LOOKED_AT)]
    if n_out < NARROWEST or np.count_nonzero(looked_at) > most * looked_at.size:
        return None
    counts = np.empty(len(X), np.int64)
    kernels.count_nonzeros(X, counts)
    starts = np.concatenate(([0], np.cumsum(counts)))
    numbers = columns_dtype(X.shape[1])
    if starts[-1] * (numbers.itemsize + X.itemsize) > SHARE_OF_MEMORY * memory():
        return None
    columns, values = np.empty(starts[-1] + 1, numbers), np.empty(starts[-1] + 1, X.dtype)
    kernels.pack_rows(X, starts, columns, values)
    return Packed(starts, columns, values)
