"""The choice of samples to be held out: at random, the same fraction of each class."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_AT_A_TIME = 1 << 16
"""Samples that are looked at together."""


def hold_out(y: NDArray[Any], n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose samples to validate or test with, the same fraction of each class.

    Parameters
    ----------
    y : (samples,) int64
        Labels; for any other shape, such as the targets of a regression, the choice is plainly random.
    n : int
        How many to hold out.
    seed : int

    Returns
    -------
    rows : (samples - n,) int64
        The row numbers that are left, rising.
    held_out : (n,) int64
        The row numbers that are held out, rising.
    """
    shuffled = np.random.default_rng((seed, 0, 1)).permutation(len(y))  # epochs use (seed, epoch)
    labels = y if y.ndim == 1 else np.broadcast_to(np.int64(0), len(y))
    counts = np.bincount(labels)
    quota = n * counts / len(y)
    left = np.floor(quota).astype(np.int64)
    largest = np.argsort(left - quota, kind="stable")[: n - left.sum()]  # the largest remainders get one more
    left[largest] += 1
    chosen = np.zeros(len(y), np.bool_)
    for start in range(0, len(y), ROWS_AT_A_TIME):  # the first of each class in the shuffled order
        some = shuffled[start : start + ROWS_AT_A_TIME]
        some = some[np.argsort(labels[some], kind="stable")]
        counts = np.bincount(labels[some], minlength=len(left))
        place = np.arange(len(some)) - np.repeat(np.cumsum(counts) - counts, counts)
        chosen[some[place < left[labels[some]]]] = True
        left -= np.minimum(counts, left)
    del shuffled  # it is as large as what is returned
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
