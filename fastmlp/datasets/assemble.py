"""Turn raw arrays from any source into a `Dataset`: checks, dtypes, classes, and a split if the source has none.

Every format goes through here, so that the same arrays give the same data set whatever file they came from.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Dataset, Split
from fastmlp.errors import InputError, printable
from fastmlp.system.file_arrays import is_large
from fastmlp.system.machine import memory

Samples = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and labels, not yet checked."""

MEMORY_FRACTION = 1 / 2
"""Fraction of the machine's memory that a copy of the samples may take."""
_SPLIT_SEED = 0
_LONGEST_NUMBER = 18  # digits; int(text) refuses very long texts
_MAX_LABEL = 65_535  # a larger number is probably a measurement and not a class


@np.errstate(invalid="ignore", over="ignore")  # numbers that are not finite are found where they are used
def assemble(name: str, train: Samples, test: Samples | None) -> Dataset:
    """Return a `Dataset` of checked inputs and labels.

    Without a `test` set, a seventh of the samples becomes the test set. They are chosen at random with a fixed seed, so
    that the same number of samples is always split in the same way. Both splits keep the order of the source.

    Parameters
    ----------
    name : str
        Name of the data set, or the path of its source. Every error message starts with it.
    train, test : (X, y)
        X of shape (n, n_in) or (n, height, width), y of shape (n,): class numbers from 0, or class names. Inputs of
        uint8, float32 and float64 keep their dtype and their memory map. Other integers become uint8 if all of them are
        from 0 to 255, else float32. All other numbers become float32.

    Raises
    ------
    InputError
        There are no samples, the lengths differ, X has one dimension, a dtype is not numeric, or labels are not
        classes.
    """
    splits = [train] if test is None else [train, test]
    Xs = [_inputs(f"{name}, {split} set", X) for split, (X, _) in zip(("train", "test"), splits, strict=False)]
    if len({X.shape[1:] for X in Xs}) > 1:
        raise InputError(f"{name}: training samples of shape {Xs[0].shape[1:]}, test samples of {Xs[1].shape[1:]}.")
    Xs = _one_dtype(name, Xs)
    ys = [_labels(name, len(X), y) for X, (_, y) in zip(Xs, splits, strict=True)]
    ys, classes = _encode(name, ys)
    image_shape = _image_shape(Xs[0].shape[1:])
    Xs = [np.ascontiguousarray(X.reshape(len(X), -1)) for X in Xs]
    if test is None:
        return Dataset(name, *_seventh(name, Xs[0], ys[0]), classes, image_shape)
    return Dataset(name, Split(Xs[0], ys[0]), Split(Xs[1], ys[1]), classes, image_shape)


def _inputs(where: str, X: NDArray[Any]) -> NDArray[Any]:
    """Return inputs, in native byte order unless they stay on the disk; raise InputError if they are no numbers."""
    if X.dtype.kind not in "buif":
        raise InputError(f"{where}: the inputs must be numbers, but are of dtype {X.dtype}.")
    if X.ndim < 2:
        raise InputError(f"{where}: the inputs must have two dimensions, samples and features, but have {X.ndim}.")
    if X.size == 0:
        raise InputError(f"{where}: there are no samples (inputs of shape {X.shape}).")
    is_float_on_disk = X.dtype.kind == "f" and is_large(X.nbytes) and not X.flags.writeable
    return X if is_float_on_disk else X.astype(X.dtype.newbyteorder("="), copy=False)


def _one_dtype(name: str, Xs: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return the inputs as uint8, float32 or float64, with one dtype for both splits."""
    if all(X.dtype == np.uint8 for X in Xs):
        return Xs
    if all(X.dtype.kind in "ui" for X in Xs):
        pixels = all(X.min() >= 0 and X.max() <= 255 for X in Xs)
        return [X.astype(np.uint8 if pixels else np.float32) for X in Xs]
    if len({X.dtype.newbyteorder("=") for X in Xs}) > 1:
        raise InputError(f"{name}: training inputs are {Xs[0].dtype}, test inputs {Xs[1].dtype}: store both alike.")
    return [X if X.dtype.newbyteorder("=") in (np.float32, np.float64) else X.astype(np.float32) for X in Xs]


def _labels(where: str, n: int, y: NDArray[Any]) -> NDArray[Any]:
    """Return one label per sample: whole numbers as int64, names as they are."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise InputError(f"{where}: the labels must be one class per sample, not an array of shape {y.shape}.")
    if len(y) != n:
        raise InputError(f"{where}: {n:,} samples but {len(y):,} labels.")
    if y.dtype.kind == "U":
        return y
    if y.dtype.kind not in "buif":
        raise InputError(f"{where}: the labels must be class numbers or names, but are of dtype {y.dtype}.")
    whole = y == np.floor(y) if y.dtype.kind == "f" else True
    wrong = np.flatnonzero(~((y >= 0) & (y <= _MAX_LABEL) & whole))
    if len(wrong):
        raise InputError(
            f"{where}: label {y[wrong[0]]} of sample {wrong[0]:,} is not a class: labels are whole numbers from 0 "
            f"to {_MAX_LABEL:,}, or names."
        )
    return y.astype(np.int64, copy=False)


def _encode(name: str, ys: list[NDArray[Any]]) -> tuple[list[NDArray[np.int64]], tuple[str, ...]]:
    """Return the class number of each label, and the names of the classes.

    The names are the distinct names, sorted, or "0" to the largest number. If all names are numbers, they are sorted as
    numbers: 2 before 10. Characters that don't print are replaced in them, since they are shown in terminals.
    """
    if len({y.dtype.kind for y in ys}) > 1:
        raise InputError(f"{name}: training and test labels must both be class numbers or both be names.")
    if ys[0].dtype.kind != "U":
        return ys, tuple(map(str, range(1 + max(int(y.max()) for y in ys))))
    names: list[str] = np.unique(np.concatenate(ys)).tolist()
    if all(label.isdecimal() and len(label) <= _LONGEST_NUMBER for label in names):
        names.sort(key=int)
    numbers = {label: number for number, label in enumerate(names)}
    classes = tuple(map(printable, names))
    return [np.array([numbers[label] for label in y.tolist()], np.int64) for y in ys], classes


def _image_shape(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return (height, width) of a sample with this shape; a square if the sample is a row of n * n features."""
    if len(shape) == 2:
        return shape[0], shape[1]
    side = math.isqrt(shape[0])
    return (side, side) if len(shape) == 1 and side * side == shape[0] else None


def _seventh(name: str, X: NDArray[Any], y: NDArray[np.int64]) -> tuple[Split, Split]:
    """Split samples 6 : 1 into a training and a test set."""
    n = len(X)
    if n < 2:
        raise InputError(f"{name}: one sample can't be split into a training and a test set.")
    if X.nbytes > MEMORY_FRACTION * memory():
        raise InputError(
            f"{name}: {X.nbytes / 1e9:,.0f} GB of samples are too many to be split in memory: store X_train, y_train, "
            "X_test and y_test as .npy files, which need not fit."
        )
    is_test = np.zeros(n, bool)
    is_test[np.random.default_rng(_SPLIT_SEED).permutation(n)[: max(1, n // 7)]] = True
    return Split(X[~is_test], y[~is_test]), Split(X[is_test], y[is_test])
