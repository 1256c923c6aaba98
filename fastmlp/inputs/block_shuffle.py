"""Block-wise shuffling: the order of samples that are too large for memory.

The blocks of consecutive samples, half a megabyte each, are shuffled; a window takes the next 64 MB of them, and its
samples are shuffled. So the disk is read in long pieces, and every sample is in an epoch once. This is known as
CorgiPile ([1]_). If one window holds all samples, only they are shuffled: that is the order of samples in memory.

References
----------
.. [1] L. Xu et al., Stochastic gradient descent without full data shuffle, SIGMOD 2022, arXiv:2206.05830.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.inputs.disk_samples import DiskSamples

WINDOW_BYTES = 64 << 20
"""Size of the samples in a window. There are two: one is trained on while the next one is read."""
BLOCK_BYTES = 512 << 10
"""Size of a block in the file."""


class Sizes(NamedTuple):
    """The numbers of samples that decide the order: in all, in a block, and in a window, which holds whole batches."""

    samples: int
    block: int
    window: int


def sizes_for(X: DiskSamples, samples: int, batch_size: int) -> Sizes:
    """Return the sizes for so many of the samples."""
    row_bytes = X.shape[1] * X.dtype.itemsize
    batches = max(1, WINDOW_BYTES // (row_bytes * batch_size))
    return Sizes(samples, max(1, BLOCK_BYTES // X.stored.row_bytes), batches * batch_size)


def spans_of_windows(sizes: Sizes, rng: np.random.Generator | None) -> Iterator[NDArray[np.int64]]:
    """Yield for each window the spans of consecutive samples that it holds.

    Parameters
    ----------
    sizes : Sizes
    rng : Generator or None
        Shuffles the blocks, at the start; not used if one window holds all samples. None leaves them in their order.

    Yields
    ------
    spans : (any, 2) int64
        First sample of each and the one behind its last, rising. A block at a window's end goes on in the next one.
    """
    n, block, window = sizes
    starts = np.arange(0, n, block)
    if n > window and rng is not None:
        rng.shuffle(starts)
    lengths = np.minimum(block, n - starts)
    ends = np.cumsum(lengths)
    for low in range(0, n, window):
        high = min(low + window, n)
        i, j = np.searchsorted(ends, low, "right"), np.searchsorted(ends, high) + 1
        first, stop = starts[i:j].copy(), starts[i:j] + lengths[i:j]
        first[0] += low - (ends[i] - lengths[i])
        stop[-1] -= ends[j - 1] - high
        yield np.stack((first, stop), axis=1)[np.argsort(first)]
