"""Checks of labels, targets and weights: each returns arrays as the kernels take them."""

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp.errors import InputError, shown
from fastmlp.inputs.arrays import as_array, for_kernels
from fastmlp.inputs.checks import not_negative
from fastmlp.inputs.schema import Schema

Targets = NDArray[Any]
"""Labels (n,) int64, or targets (n, n_out) of the network's dtype."""
ClassWeights = Mapping[int, float] | ArrayLike
"""Weights of the classes as users pass them: one for each label, or "balanced"."""


def as_labels(y: ArrayLike, n: int, n_classes: int, name: str = "y") -> NDArray[np.int64]:
    """Return the labels `y` as the kernels take them.

    Parameters
    ----------
    y : array-like (n,) or (n, 1)
        Whole numbers from 0 to n_classes - 1.
    n : int
        The number of samples that they belong to.
    n_classes : int
        The network's outputs.
    name : str
        What the messages call it.

    Returns
    -------
    (n,) int64, C-contiguous

    Raises
    ------
    InputError
        Not one whole number a sample, another number of them, or one outside the classes.
    """
    array = as_array(y, name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(f"{name} has shape {array.shape}: pass one label a sample, {name}.argmax(axis=1) if one-hot.")
    if len(array) != n:
        raise InputError(f"{name} has {len(array)} labels for {n} samples: pass one label for each row of X.")
    if array.dtype.kind not in "fiub" or (array.dtype.kind == "f" and not np.all(array == np.floor(array))):
        raise InputError(f"{name} has dtype {array.dtype}: pass whole numbers from 0 to {n_classes - 1} as labels.")
    outside = np.flatnonzero((array < 0) | (array >= n_classes))
    if len(outside):
        raise InputError(
            f"{name}[{outside[0]}] is {array[outside[0]]}, but the network has {n_classes} outputs: "
            f"labels go from 0 to {n_classes - 1}."
        )
    labels: NDArray[np.int64] = for_kernels(array.astype(np.int64, copy=False))
    return labels


def some_targets(y: Targets, rows: slice | NDArray[np.int64]) -> Targets:
    """Return some of the labels, of any whole number, or targets as the kernels take them."""
    return y[rows].astype(np.int64, copy=False) if y.ndim == 1 else y[rows]


def as_targets(
    y: ArrayLike, n: int, n_out: int, loss: str, dtype: np.dtype[Any], name: str = "y", schema: Schema | None = None
) -> Targets:
    """Return `y` as the kernels take it for a loss.

    Parameters
    ----------
    y : array-like
        Labels (n,) for the losses in LABEL_LOSSES, see as_labels. Else numbers (n, n_out), or (n,) for one output: any
        for "regression", from 0 to 1 for "binary_cross_entropy".
    n, n_out : int
        Number of samples, and of the network's outputs.
    loss : str
    dtype : float32 or float64
        Dtype of the network.
    name : str
        Name in the messages.
    schema : Schema or None
        Has the mean and the deviation of the targets of a regression, if those are standardized.

    Returns
    -------
    (n,) int64 or (n, n_out) of `dtype`, C-contiguous

    Raises
    ------
    InputError
        Another shape, no numbers, NaN or infinity, or a number that the loss does not take.
    """
    if loss in kernels.LABEL_LOSSES:
        return as_labels(y, n, n_out, name)
    array = as_array(y, name)
    if array.ndim == 1 and n_out == 1:
        array = array[:, None]
    if array.shape != (n, n_out):
        raise InputError(
            f"{name} has shape {array.shape}: {loss} wants a number for each sample and output, ({n}, {n_out})."
        )
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name} has dtype {array.dtype}: pass numbers, such as {name}.astype(np.float32).")
    with np.errstate(over="ignore"):
        if schema is not None and loss == "regression":
            array = schema.scaled_targets(array)
        array = array.astype(dtype, order="C", copy=False)
    bad = ~np.isfinite(array) if loss == "regression" else ~((array >= 0) & (array <= 1))
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        wanted = "finite numbers" if loss == "regression" else "numbers from 0 to 1, such as 0 for no and 1 for yes"
        raise InputError(f"{name}[{row}, {column}] is {array[row, column]}: {loss} takes {wanted}.")
    return for_kernels(array)


def as_sample_weights(
    sample_weights: ArrayLike | None, class_weights: NDArray[np.float64] | None, y: Targets, dtype: np.dtype[Any]
) -> NDArray[Any] | None:
    """Return the factor of each sample's loss, or None if neither weights are given.

    Parameters
    ----------
    sample_weights : array-like (n,), optional
        Numbers of at least 0, not all 0.
    class_weights : (n_out,) float64, optional
        From as_class_weights.
    y : (n,) int64 or (n, n_out)
        From as_targets.
    dtype : float32 or float64

    Returns
    -------
    (n,) of `dtype`, C-contiguous, or None

    Raises
    ------
    InputError
        Not one number for each sample, one that is negative, NaN or infinite, or only zeros.
    """
    if sample_weights is None:
        return None if class_weights is None else class_weights[y].astype(dtype)
    array = as_array(sample_weights, "sample_weights")
    if array.shape != (len(y),):
        raise InputError(f"sample_weights has shape {array.shape}: pass one number for each of the {len(y)} samples.")
    weights = _as_weights(array, "sample_weights")
    with np.errstate(over="ignore"):
        weights = (weights if class_weights is None else weights * class_weights[y]).astype(dtype)
    too_large = np.flatnonzero(np.isinf(weights))
    if len(too_large):
        k = too_large[0]
        raise InputError(
            f"sample_weights[{k}] is {array[k]}, with its class's weight too large for {dtype}: divide it."
        )
    return weights


def as_class_weights(class_weights: ClassWeights, n_out: int, y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the weight of each class.

    Parameters
    ----------
    class_weights : "balanced", mapping or array-like (n_out,)
        A mapping names labels; those that it does not name have weight 1. "balanced" gives n / (classes * samples of
        the class) to the classes that `y` has, so that each of them counts the same.
    n_out : int
    y : (n,) int64
        Labels.

    Raises
    ------
    InputError
        An unknown label, another number of weights, one that is negative, NaN or infinite, or only zeros.
    """
    if isinstance(class_weights, str):
        if class_weights != "balanced":
            raise InputError(f"class_weights is {shown(class_weights)}: pass 'balanced', or a weight for each label.")
        counts = np.bincount(y, minlength=n_out)
        return len(y) / np.maximum(counts, 1) / np.count_nonzero(counts)
    if isinstance(class_weights, Mapping):
        weights = np.ones(n_out)
        for label, weight in class_weights.items():
            try:
                index = -1 if isinstance(label, bool) else operator.index(label)
            except TypeError:
                index = -1
            if not 0 <= index < n_out:
                raise InputError(
                    f"class_weights names the label {shown(label)}: labels are whole numbers from 0 to {n_out - 1}."
                )
            weights[index] = not_negative(f"class_weights[{label}]", weight)
        return _as_weights(weights, "class_weights")
    array = as_array(class_weights, "class_weights")
    if array.shape != (n_out,):
        raise InputError(f"class_weights has shape {array.shape}: pass one number for each of the {n_out} labels.")
    return _as_weights(array, "class_weights")


def _as_weights(array: NDArray[Any], name: str) -> NDArray[np.float64]:
    weights = array.astype(np.float64) if array.dtype.kind in "fiub" else np.full(array.shape, np.nan)
    bad = np.flatnonzero(~((weights >= 0) & (weights < np.inf)))
    if len(bad):
        raise InputError(f"{name}[{bad[0]}] is {array[bad[0]]}: pass numbers of at least 0.")
    if not weights.any():
        raise InputError(f"{name} is all 0: nothing would be learned.")
    return weights
