"""How the threads of a team share packed samples, and room for a batch's transpose. Called by Trainer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels

WORK_A_ROW = 8
"""What an input costs a thread beside its values, in values: its weights are stepped even where it is zero."""


def share_out(
    starts: NDArray[np.int64], columns: NDArray[Any], values: NDArray[Any], n_in: int, batch_size: int, threads: int
) -> kernels.PackedSamples:
    """Return packed samples as train_packed takes them.

    Parameters
    ----------
    starts, columns, values
        From pack_if_sparse.
    n_in : int
        Inputs of a sample.
    batch_size : int
        The largest batch.
    threads : int
        Each gets a range of inputs that makes about the same work.
    """
    n = len(starts) - 1
    counts = np.bincount(columns[: starts[-1]], minlength=n_in)
    work = np.cumsum(counts * (batch_size / n) + WORK_A_ROW)
    between = np.searchsorted(work, work[-1] * np.arange(1, threads) / threads)
    bounds = np.concatenate(([0], between, [n_in])).astype(np.int64)
    splits = np.empty((n, threads + 1), np.int64)
    kernels.split_rows(starts, columns, bounds, splits)
    room = np.concatenate(([0], np.cumsum(np.minimum(counts, batch_size))))
    row_numbers = np.uint16 if batch_size <= 1 << 16 else np.uint32
    transposed = (np.empty(n_in, np.int64), np.empty(room[-1] + 1, row_numbers), np.empty(room[-1] + 1, values.dtype))
    return kernels.PackedSamples(starts, columns, values, bounds, splits, room[:-1].copy(), *transposed)
