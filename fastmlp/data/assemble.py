"""From raw arrays of any source to a `Dataset`: the checks, the dtypes, the classes, and the split where there is none.

Called by `load`, `formats`, `tables` and `pictures`; calls `dataset` and `errors`.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.data.dataset import Dataset, Split
from fastmlp.errors import InputError

Samples = tuple[NDArray[Any], NDArray[Any]]  # inputs and labels as a source has them

_SPLIT_SEED = 0
_MAX_LABEL = 65_535  # a larger number is no class but a measurement


def assemble(name: str, train: Samples, test: Samples | None) -> Dataset:
    """Check inputs and labels, and make a `Dataset` of them.

    Without a `test` set, a seventh of the samples becomes one: drawn at random with a fixed seed, always the same for
    the same number of samples, and both parts keep the order of the source.

    Parameters
    ----------
    name : str
        Name of the data set; for a source given by path, its path. It starts every error's sentence.
    train, test : (X, y)
        X of (n, n_in) or (n, height, width), y of (n,): class numbers from 0 or class names.
        uint8, float32 and float64 inputs keep their dtype, and their memory map; integers of other types become uint8
        if all are from 0 to 255, else float32, as other numbers do.

    Raises
    ------
    InputError
        No samples, lengths that differ, X of one dimension, dtypes that are no numbers, labels that are no classes.
    """
    parts = [train] if test is None else [train, test]
    Xs = [_inputs(f"{name}, {part} set", X) for part, (X, _) in zip(("train", "test"), parts, strict=False)]
    if len({X.shape[1:] for X in Xs}) > 1:
        raise InputError(f"{name}: training samples of shape {Xs[0].shape[1:]}, test samples of {Xs[1].shape[1:]}.")
    Xs = _one_dtype(name, Xs)
    ys = [_labels(name, len(X), y) for X, (_, y) in zip(Xs, parts, strict=True)]
    ys, classes = _encode(name, ys)
    image_shape = _image_shape(Xs[0].shape[1:])
    Xs = [np.ascontiguousarray(X.reshape(len(X), -1)) for X in Xs]
    if test is None:
        return Dataset(name, *_seventh(name, Xs[0], ys[0]), classes, image_shape)
    return Dataset(name, Split(Xs[0], ys[0]), Split(Xs[1], ys[1]), classes, image_shape)


def _inputs(where: str, X: NDArray[Any]) -> NDArray[Any]:
    """Refuse what is no table of numbers; return native byte order."""
    if X.dtype.kind not in "buif":
        raise InputError(f"{where}: the inputs must be numbers, but are of dtype {X.dtype}.")
    if X.ndim < 2:
        raise InputError(f"{where}: the inputs must have two dimensions, samples and features, but have {X.ndim}.")
    if X.size == 0:
        raise InputError(f"{where}: there are no samples (inputs of shape {X.shape}).")
    return X.astype(X.dtype.newbyteorder("="), copy=False)


def _one_dtype(name: str, Xs: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Convert to uint8, float32 or float64, the same for training and test set."""
    if all(X.dtype == np.uint8 for X in Xs):
        return Xs
    if all(X.dtype.kind in "ui" for X in Xs):
        pixels = all(X.min() >= 0 and X.max() <= 255 for X in Xs)
        return [X.astype(np.uint8 if pixels else np.float32) for X in Xs]
    if len({X.dtype for X in Xs}) > 1:
        raise InputError(f"{name}: training inputs are {Xs[0].dtype}, test inputs {Xs[1].dtype}: store both alike.")
    return [X if X.dtype in (np.float32, np.float64) else X.astype(np.float32) for X in Xs]


def _labels(where: str, n: int, y: NDArray[Any]) -> NDArray[Any]:
    """Return one label a sample, whole numbers as int64 and names as they are."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise InputError(f"{where}: the labels must be one class a sample, not an array of shape {y.shape}.")
    if len(y) != n:
        raise InputError(f"{where}: {n:,} samples but {len(y):,} labels.")
    if y.dtype.kind == "U":
        return y
    if y.dtype.kind not in "buif":
        raise InputError(f"{where}: the labels must be class numbers or names, but are of dtype {y.dtype}.")
    wrong = np.flatnonzero(~((y >= 0) & (y <= _MAX_LABEL) & (y == np.floor(y))))
    if len(wrong):
        raise InputError(
            f"{where}: label {y[wrong[0]]} of sample {wrong[0]:,} is no class: labels are whole numbers from 0 "
            f"to {_MAX_LABEL:,}, or names."
        )
    return y.astype(np.int64)


def _encode(name: str, ys: list[NDArray[Any]]) -> tuple[list[NDArray[np.int64]], tuple[str, ...]]:
    """Return the class number of each label, and the classes' names: the distinct ones, sorted, or "0" to the largest.

    Names that are all numbers are sorted as numbers: 2 before 10.
    """
    if len({y.dtype.kind for y in ys}) > 1:
        raise InputError(f"{name}: training and test labels must both be class numbers or both be names.")
    if ys[0].dtype.kind != "U":
        return ys, tuple(map(str, range(1 + max(int(y.max()) for y in ys))))
    names: list[str] = np.unique(np.concatenate(ys)).tolist()
    if all(label.isdecimal() for label in names):
        names.sort(key=int)
    numbers = {label: number for number, label in enumerate(names)}
    return [np.array([numbers[label] for label in y.tolist()], np.int64) for y in ys], tuple(names)


def _image_shape(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return (height, width) for a sample of that shape, or for as many features as a square has pixels."""
    if len(shape) == 2:
        return shape[0], shape[1]
    side = math.isqrt(shape[0])
    return (side, side) if len(shape) == 1 and side * side == shape[0] else None


def _seventh(name: str, X: NDArray[Any], y: NDArray[np.int64]) -> tuple[Split, Split]:
    """Split into training and test set, 6 : 1."""
    n = len(X)
    if n < 2:
        raise InputError(f"{name}: one sample can't be split into a training and a test set.")
    is_test = np.zeros(n, bool)
    is_test[np.random.default_rng(_SPLIT_SEED).permutation(n)[: max(1, n // 7)]] = True
    return Split(X[~is_test], y[~is_test]), Split(X[is_test], y[is_test])
