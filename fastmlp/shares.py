"""How the threads of a team share packed samples, and room for a batch's transpose. Called by Trainer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels

WORK_A_ROW = 8
"""What an input costs a thread beside its values, in values: its weights are stepped even where it is zero."""

COUNTED = 1 << 20
"""Values whose columns are counted at a time, so that counting takes little memory."""


def share_out(
    starts: NDArray[np.int64],
    columns: NDArray[Any],
    values: NDArray[Any],
    W: NDArray[Any],
    batch_size: int,
    threads: int,
) -> kernels.PackedSamples:
    """Return packed samples as train_packed takes them.

    Parameters
    ----------
    starts, columns, values
        From pack_if_sparse.
    W : (n_in, n_out) float32 or float64
        The first layer's weights, for their shape and dtype.
    batch_size : int
        The largest batch.
    threads : int
        Each gets a range of inputs that makes about the same work.
    """
    n, (n_in, n_out) = len(starts) - 1, W.shape
    counts = np.zeros(n_in, np.int64)
    if threads == 1 and n_in * batch_size <= COUNTED:
        counts += batch_size  # nothing to share out, and room for full columns is little: 20 ms less for MNIST
    else:
        for at in range(0, starts[-1], COUNTED):  # NumPy copies them as int64 to count them
            counts += np.bincount(columns[at : min(at + COUNTED, starts[-1])], minlength=n_in)
    work = np.cumsum(counts * (batch_size / n) + WORK_A_ROW)
    between = np.searchsorted(work, work[-1] * np.arange(1, threads) / threads)
    bounds = np.concatenate(([0], between, [n_in])).astype(np.int64)
    if threads == 1:  # whole rows: 12 ms less for MNIST
        splits = np.stack((starts[:-1], starts[1:]), axis=1)
    else:
        splits = np.empty((n, threads + 1), np.int64)
        kernels.split_rows(starts, columns, bounds, splits)
    room = np.concatenate(([0], np.cumsum(np.minimum(counts, batch_size))))
    row_numbers = np.min_scalar_type(batch_size - 1)
    transposed = (np.empty(n_in, np.int64), np.empty(room[-1] + 1, row_numbers), np.empty(room[-1] + 1, values.dtype))
    return kernels.PackedSamples(
        starts, columns, values, bounds, splits, room[:-1].copy(), *transposed, np.zeros(n_out, W.dtype)
    )
