"""Statistics of samples: the range of their values, and the mean and the deviation of each column.

Samples that stay on the disk are judged by rows from 64 places of the file, evenly spread.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.system.file_arrays import FileArray

PLACES, PLACE_BYTES = 64, 64 << 10
"""Places of a file on the disk that are looked at, and bytes of each."""
DENSE = 1 / 4
"""Part of a column that is not zero, from which on the column counts as dense."""
ROWS_AT_A_TIME = 1 << 14
"""Rows that are converted to float64 at a time."""


class Range(NamedTuple):
    """The range of some values, and whether all of them are whole numbers. NaN is in no range: low and high are NaN."""

    low: float
    high: float
    is_whole: bool


def value_range(X: NDArray[Any]) -> Range:
    """Return the range of the values of X (n, n_in); bytes are not looked at: theirs is 0 to 255."""
    if X.dtype == np.uint8:
        return Range(0.0, 255.0, True)
    rows = rows_to_judge(X)
    is_whole = rows.dtype.kind != "f" or _all_whole(rows)
    return Range(float(rows.min()), float(rows.max()), is_whole)


def are_bytes(X: NDArray[Any]) -> bool:
    """Return whether all numbers of X (n, n_in) are whole and from 0 to 255."""
    low, high, is_whole = value_range(X)
    return is_whole and low >= 0 and high <= 255


def standardization(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation of each column of X (n, n_in), in two passes.

    The deviation of a column with one value is 1, so that it becomes 0 when it is standardized. A deviation that may be
    nothing but rounding counts as that: the bound is that of scikit-learn's StandardScaler. A column of mostly zeros
    has a mean of 0, so that zeros stay zeros, and for its deviation the root mean square of its other values.
    """
    rows = rows_to_judge(X)
    n = len(rows)
    mean = np.asarray(sum(part.sum(axis=0) for part in _parts(rows)) / n)
    n_filled = np.asarray(sum((part != 0).sum(axis=0) for part in _parts(rows)))
    is_sparse = (n_filled > 0) & (n_filled < DENSE * n)
    mean = np.where(is_sparse, 0.0, mean)
    squares = np.asarray(sum(((part - mean) ** 2).sum(axis=0) for part in _parts(rows)))
    variance = squares / np.where(is_sparse, n_filled, n)
    epsilon = np.finfo(np.float64).eps
    is_constant = variance <= n * epsilon * variance + (n * mean * epsilon) ** 2
    return mean, np.where(is_constant, 1.0, np.sqrt(variance))


def rows_to_judge(X: NDArray[Any]) -> NDArray[Any]:
    """Return X (n, n_in) itself, or rows from evenly spread places of its file if it stays on the disk."""
    stored = FileArray.behind(X)
    if stored is None:
        return X
    n = min(len(X), 1 + PLACE_BYTES // stored.row_bytes)
    firsts = np.unique(np.linspace(0, len(X) - n, PLACES).astype(np.int64)).tolist()
    rows = np.empty((len(firsts), n, X.shape[1]), stored.dtype)
    with stored.open() as file:
        for first, part in zip(firsts, rows, strict=True):
            stored.read(file, first, part)
    return rows.reshape(-1, X.shape[1]).astype(stored.dtype.newbyteorder("="), copy=False)


def _parts(rows: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        yield rows[start : start + ROWS_AT_A_TIME].astype(np.float64)


def _all_whole(rows: NDArray[Any]) -> bool:
    return all(bool((np.floor(part) == part).all()) for part in _parts(rows))
