"""Plan: what a fit is going to train on, and for how long. Called by Trainer."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.checkpoints import State, fingerprint
from fastmlp.errors import InputError
from fastmlp.history import Epoch
from fastmlp.packing import Packed

Samples = tuple[NDArray[Any] | Packed, NDArray[Any]]


class Plan:
    """The samples and the epochs of a fit.

    Parameters
    ----------
    X, y : as the kernels take them
    validation : (X, y), float, int or None
        Samples as the kernels take them; or the share, or number, of those in X that are held out.
    epochs : int
    seed : int
        Of those that are held out.
    first : int
        How many epochs the history has at the start.
    sample_weights : (n,) or (0,), as the kernels take them

    Attributes
    ----------
    rows : (m,) int64
        Of X, to train on.
    validation : (X, y, rows or None) or None
    stopped : bool
        Whether a callback has ended the fit.

    Raises
    ------
    InputError
        Nothing would be left to train on, or to validate with.
    """

    def __init__(
        self,
        X: NDArray[Any] | Packed,
        y: NDArray[Any],
        validation: Samples | float | None,
        epochs: int,
        seed: int,
        first: int,
        sample_weights: NDArray[Any],
    ) -> None:
        self.X, self.y, self.epochs, self.first, self.stopped = X, y, epochs, first, False
        self.rows, self.sample_weights = np.arange(len(X)), sample_weights
        self.validation: tuple[Any, Any, NDArray[np.int64] | None] | None = None
        if isinstance(validation, tuple):
            self.validation = (*validation, None)
        elif validation is not None:
            self.rows, held_out = hold_out(y, _number(validation, len(X)), seed)
            self.validation = X, y, held_out
        if len(sample_weights) and not sample_weights[self.rows].any():
            raise InputError("The weights of all samples to train on are 0: nothing would be learned.")

    def is_done(self, history: Sequence[Any]) -> bool:
        """Return whether no epoch is left."""
        return self.stopped or len(history) >= self.first + self.epochs

    def sample_record(self, loss: str) -> Epoch:
        """Return an epoch's record with the numbers that there will be, for checks before the training."""
        accuracy = None if loss == "regression" else 1.0
        validated = (None, None) if self.validation is None else (1.0, accuracy)
        return Epoch(1, 1.0, accuracy, 1.0, 1.0, *validated)

    @functools.cached_property
    def facts(self) -> State:
        """What must be the same where a training is resumed, for JSON."""
        validation = self.validation
        apart = validation is not None and validation[2] is None
        arrays = [self.X, self.y, *(validation[:2] if validation and apart else ())]
        flat = [part for array in arrays for part in (array if isinstance(array, Packed) else (array,))]
        flat += [self.sample_weights] if len(self.sample_weights) else []
        validated = 0 if validation is None else len(validation[0] if validation[2] is None else validation[2])
        return {
            "epochs": self.epochs,
            "samples": len(self.rows),
            "validation samples": validated,
            "data": fingerprint(*flat),
        }

    def state(self) -> State:
        """Return the facts, and how far it is, for JSON."""
        return self.facts | {"first": self.first, "stopped": self.stopped}


def hold_out(y: NDArray[Any], n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose samples to validate with, of each class as large a share as of all.

    Parameters
    ----------
    y : (samples,) int64
        Labels; where it has another shape, as the targets of a regression, the choice is plainly random.
    n : int
        How many to hold out.
    seed : int

    Returns
    -------
    rows : (samples - n,) int64
        The row numbers that are left, rising.
    held_out : (n,) int64
        Rising.
    """
    shuffled = np.random.default_rng((seed, 0, 1)).permutation(len(y))  # epochs draw from (seed, epoch)
    labels = y[shuffled] if y.ndim == 1 else np.zeros(len(y), np.int64)
    by_class = shuffled[np.argsort(labels, kind="stable")]
    counts = np.bincount(labels)
    quota = n * counts / len(y)
    taken = np.floor(quota).astype(np.int64)
    largest = np.argsort(taken - quota, kind="stable")[: n - taken.sum()]  # the largest remainders get one more
    taken[largest] += 1
    place = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen = np.zeros(len(y), np.bool_)
    chosen[by_class[place < np.repeat(taken, counts)]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _number(validation: float, n: int) -> int:
    """Return how many of `n` samples are held out."""
    try:
        number = operator.index(validation)  # type: ignore[arg-type]
    except TypeError:
        number = round(validation * n) if 0 < validation < 1 else 0
        if number in (0, n):
            raise InputError(
                f"validation is {validation!r} of {n:,} samples: pass a share that leaves some on "
                "either side, a number of samples, or (X, y)."
            ) from None
    if isinstance(validation, bool) or not 0 < number < n:
        raise InputError(f"validation is {validation!r}, and there are {n:,} samples: hold out from 1 to {n - 1:,}.")
    return number
