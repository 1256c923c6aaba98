"""Scores of a regression's predictions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fastmlp.errors import InputError


class RegressionScores(NamedTuple):
    """How well predictions match the targets.

    Attributes
    ----------
    r2 : tuple of float
        For each target the coefficient of determination: 1 for perfect predictions, 0 for always predicting the mean.
        NaN if all its values are the same.
    rmse : tuple of float
        For each target the root of the mean squared error, in its units.
    """

    r2: tuple[float, ...]
    rmse: tuple[float, ...]


def regression_scores(y: ArrayLike, predicted: ArrayLike) -> RegressionScores:
    """Return the scores of predictions (n, n_targets) for targets `y` of the same shape.

    Raises
    ------
    InputError
        The shapes differ, or there are no samples.
    """
    wanted, given = np.asarray(y, np.float64), np.asarray(predicted, np.float64)
    if wanted.shape != given.shape or wanted.ndim != 2 or not len(wanted):
        raise InputError(f"Targets of shape {wanted.shape} and predictions of shape {given.shape} can't be compared.")
    squared = ((wanted - given) ** 2).mean(axis=0)
    variance = wanted.var(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(variance > 0, 1 - squared / variance, np.nan)
    return RegressionScores(tuple(r2.tolist()), tuple(np.sqrt(squared).tolist()))
