"""The samples of a `fit`, as the kernels take them: checked, weighted, and some held out."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.inputs.arrays import for_kernels
from fastmlp.inputs.disk_samples import Samples, as_samples
from fastmlp.inputs.hold_out import hold_out
from fastmlp.inputs.training_data import TrainingData, Validation


class Checked(NamedTuple):
    """Samples that scikit-learn has checked.

    Attributes
    ----------
    X : (n, n_features) array or CSR matrix of the network's dtype
    targets : (n, n_outputs) array, or (n,) int64
        As the network takes them.
    codes : (n,) int64
        Number of each sample's class, by which samples to validate with are chosen; zeros for a regression.
    weights : (n,) float64, or None
        Weights of the samples, those of their classes included.
    """

    X: Any
    targets: NDArray[Any]
    codes: NDArray[np.int64]
    weights: NDArray[np.float64] | None

    def rows(self, rows: NDArray[np.int64]) -> "Checked":
        """Return some of the samples."""
        weights = None if self.weights is None else self.weights[rows]
        return Checked(self.X[rows], self.targets[rows], self.codes[rows], weights)


class HeldOut(NamedTuple):
    """Samples to validate with, and their weights."""

    X: Samples
    targets: NDArray[Any]
    weights: NDArray[np.float64] | None


def as_kernels_take(X: Any) -> Samples:
    """Return samples that scikit-learn has checked as the kernels take them."""
    return as_samples(X, X.shape[1], X.dtype) if hasattr(X, "tocsr") else for_kernels(X)


def split(checked: Checked, fraction: float, seed: int) -> tuple[Checked, HeldOut]:
    """Return the samples to train on, and a fraction to validate with, the same of each class.

    Raises
    ------
    ValueError
        Fewer than two samples would be held out, or none would be left.
    """
    n = len(checked.targets)
    n_held_out = math.ceil(fraction * n)
    if not 2 <= n_held_out < n:
        raise ValueError(
            f"The validation set would have {n_held_out} of {n} samples: change validation_fraction, or pass X_val "
            "and y_val."
        )
    left, rows = hold_out(checked.codes, n_held_out, seed)
    out = checked.rows(rows)
    return checked.rows(left), HeldOut(as_kernels_take(out.X), out.targets, out.weights)


def training_data(checked: Checked, held_out: HeldOut | None, dtype: str) -> tuple[float, TrainingData]:
    """Return the mean weight of the samples, and the data of the fit, in which it is 1.

    Raises
    ------
    ValueError
        All weights are zero.
    """
    weights, mean = checked.weights, 1.0
    if weights is not None:
        mean = float(weights.mean())
        if not mean > 0:
            raise ValueError("The weights of all samples to train on are zero: nothing would be learned.")
        weights = (weights / mean).astype(dtype)
    validation = None if held_out is None else Validation(held_out.X, held_out.targets)
    rows = np.arange(len(checked.targets))
    return mean, TrainingData(as_kernels_take(checked.X), checked.targets, rows, weights, validation)
