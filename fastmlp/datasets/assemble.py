"""Turn raw arrays from any source into a `Dataset`: checks, dtypes, classes, the schema, and a split if there is none.

Every format goes through here, so that the same arrays give the same data set whatever file they came from.
"""

import dataclasses
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Dataset, Split
from fastmlp.datasets.reading import AS_USUAL, Reading
from fastmlp.errors import InputError, printable
from fastmlp.inputs.hold_out import hold_out
from fastmlp.inputs.schema import Column, Schema, look_like_pixels, make_schema
from fastmlp.inputs.statistics import standardization, value_range
from fastmlp.system.file_arrays import is_large
from fastmlp.system.machine import memory

Samples = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and labels, not yet checked."""


class Source(NamedTuple):
    """All that a source says of its samples beside the arrays.

    Attributes
    ----------
    columns : tuple of Column, or None
        The columns of a table.
    labels : tuple of str
        The names of its columns of labels.
    weights : (n,) array or None
        The weight of each sample.
    weights_column : str
        The name of its column of weights.
    from_files : bool
        Whether the samples are picture files.
    """

    columns: tuple[Column, ...] | None = None
    labels: tuple[str, ...] = ()
    weights: NDArray[Any] | None = None
    weights_column: str = ""
    from_files: bool = False


ARRAYS = Source()
"""A source of plain arrays."""
MEMORY_FRACTION = 1 / 2
"""Fraction of the machine's memory that a copy of the samples may take."""
LEAST_ROW = 64
"""Numbers in a row from which on a square number of them may be a picture."""
_LONGEST_NUMBER = 18  # digits; int(text) refuses very long texts
_MAX_LABEL = 65_535  # a larger number is probably a measurement and not a class


@np.errstate(invalid="ignore", over="ignore")  # numbers that are not finite are found where they are used
def assemble(
    name: str, train: Samples, test: Samples | None, reading: Reading = AS_USUAL, source: Source = ARRAYS
) -> Dataset:
    """Return a `Dataset` of checked inputs and labels.

    Without a `test` set, a seventh of the samples becomes the test set, the same fraction of each class. They are
    chosen at random with the seed of `reading`. Both splits keep the order of the source.

    Parameters
    ----------
    name : str
        Name of the data set, or the path of its source. Every error message starts with it.
    train, test : (X, y)
        X of shape (n, n_in), (n, height, width) or (n, height, width, 3), y of shape (n,): class numbers from 0, or
        class names; for a regression (n,) or (n, targets). Inputs of uint8, float32 and float64 keep their dtype and
        their memory map. Other integers, and pixels stored as floats, become uint8 if all of them are whole and from 0
        to 255, else float32. All other numbers become float32.
    reading : Reading
    source : Source

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
    Xs = [_without_channel(X) for X in Xs]
    image_shape, is_picture = _image_shape(Xs[0].shape[1:])
    Xs = [_rows(X) for X in Xs]
    is_plain = reading.every_row and reading.known is None  # a network without a schema takes floats as they are
    Xs = _one_dtype(name, Xs, image_shape is not None and not is_plain)
    if reading.is_regression:
        ys: list[NDArray[Any]] = [_targets(name, len(X), y) for X, (_, y) in zip(Xs, splits, strict=True)]
        classes = _target_names(ys[0].shape[1], source)
    else:
        ys = [_labels(name, len(X), y) for X, (_, y) in zip(Xs, splits, strict=True)]
        ys, classes = _encode(name, ys, only_present=source.columns is not None and ys[0].dtype.kind != "U")
    if test is not None:
        parts, weights = (Split(Xs[0], ys[0]), Split(Xs[1], ys[1])), source.weights
    elif reading.every_row:
        parts, weights = (Split(Xs[0], ys[0]),) * 2, source.weights
    else:
        parts, weights = _seventh(name, Xs[0], ys[0], source.weights, reading.seed)
    schema = reading.known or _schema(parts[0], image_shape, is_picture, reading, source)
    shape = image_shape if image_shape is not None and len(image_shape) == 2 and _shown(schema, source) else None
    return Dataset(name, *parts, classes, shape, schema, weights)


def _schema(
    train: Split, image_shape: tuple[int, ...] | None, is_picture: bool, reading: Reading, source: Source
) -> Schema:
    """Return the schema of the training samples."""
    schema = make_schema(
        train.X,
        image_shape=image_shape,
        is_picture=is_picture,
        standardize=reading.standardize,
        columns=source.columns,
        labels=source.labels,
        weights=source.weights_column,
        from_files=source.from_files,
    )
    if not reading.is_regression or reading.standardize is False:
        return schema
    mean, deviation = standardization(train.y)
    return dataclasses.replace(schema, target_mean=tuple(mean.tolist()), target_deviation=tuple(deviation.tolist()))


def _shown(schema: Schema, source: Source) -> bool:
    """Return whether samples that have the shape of an image are shown as images: not those of a table of numbers."""
    return schema.image_shape is not None or source.columns is None


def _rows(X: NDArray[Any]) -> NDArray[Any]:
    """Return samples as rows; those of colour images have all of red first, then green, then blue."""
    if X.ndim == 4 and X.shape[3] == 3:
        X = X.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(X.reshape(len(X), -1))


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


def _one_dtype(name: str, Xs: list[NDArray[Any]], may_be_pictures: bool) -> list[NDArray[Any]]:
    """Return rows of inputs as uint8, float32 or float64, with one dtype for both splits."""
    if all(X.dtype == np.uint8 for X in Xs):
        return Xs
    if all(X.dtype.kind in "ui" for X in Xs):
        pixels = all(X.min() >= 0 and X.max() <= 255 for X in Xs)
        return [X.astype(np.uint8 if pixels else np.float32) for X in Xs]
    if len({X.dtype.newbyteorder("=") for X in Xs}) > 1:
        raise InputError(f"{name}: training inputs are {Xs[0].dtype}, test inputs {Xs[1].dtype}: store both alike.")
    if may_be_pictures and all(_are_whole_pixels(X) for X in Xs):
        return [X.astype(np.uint8) for X in Xs]
    return [X if X.dtype.newbyteorder("=") in (np.float32, np.float64) else X.astype(np.float32) for X in Xs]


def _are_whole_pixels(X: NDArray[Any]) -> bool:
    """Return whether floats in memory are pixels from 0 to 255 that could be bytes."""
    if X.dtype.kind != "f" or is_large(X.nbytes):
        return False
    low, high, is_whole = value_range(X)
    return is_whole and high > 1 and look_like_pixels(X, low, high)


def _targets(where: str, n: int, y: NDArray[Any]) -> NDArray[np.float64]:
    """Return the targets of a regression, (n, n_targets)."""
    y = y[:, None] if y.ndim == 1 else y
    if y.ndim != 2 or y.dtype.kind not in "buif":
        raise InputError(
            f"{where}: the targets of a regression must be numbers, one or several per sample, not {y.dtype} of shape "
            f"{y.shape}: leave out --loss regression for classes."
        )
    if len(y) != n:
        raise InputError(f"{where}: {n:,} samples but {len(y):,} targets.")
    bad = np.argwhere(~np.isfinite(y.astype(np.float64)))
    if len(bad):
        raise InputError(f"{where}: target {y[tuple(bad[0])]} of sample {bad[0][0]:,} is not a finite number.")
    return y.astype(np.float64)


def _target_names(n: int, source: Source) -> tuple[str, ...]:
    if len(source.labels) == n:
        return source.labels
    return ("target",) if n == 1 else tuple(f"target {k + 1}" for k in range(n))


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
            f"to {_MAX_LABEL:,}, or names; --loss regression predicts numbers, and --label names another column."
        )
    return y.astype(np.int64, copy=False)


def _encode(
    name: str, ys: list[NDArray[Any]], *, only_present: bool
) -> tuple[list[NDArray[np.int64]], tuple[str, ...]]:
    """Return the class number of each label, and the names of the classes.

    The names are the distinct names, sorted, or "0" to the largest number; of a table only those that it has. If all
    names are numbers, they are sorted as numbers: 2 before 10. Characters that don't print are replaced in them, since
    they are shown in terminals.
    """
    if len({y.dtype.kind for y in ys}) > 1:
        raise InputError(f"{name}: training and test labels must both be class numbers or both be names.")
    if only_present:
        present = np.unique(np.concatenate(ys))
        return [np.searchsorted(present, y).astype(np.int64) for y in ys], tuple(map(str, present.tolist()))
    if ys[0].dtype.kind != "U":
        return ys, tuple(map(str, range(1 + max(int(y.max()) for y in ys))))
    names: list[str] = np.unique(np.concatenate(ys)).tolist()
    if all(label.isdecimal() and len(label) <= _LONGEST_NUMBER for label in names):
        names.sort(key=int)
    numbers = {label: number for number, label in enumerate(names)}
    classes = tuple(map(printable, names))
    return [np.array([numbers[label] for label in y.tolist()], np.int64) for y in ys], classes


def _without_channel(X: NDArray[Any]) -> NDArray[Any]:
    """Return grey images (n, height, width, 1) or (n, 1, height, width) as (n, height, width), all else as it is."""
    if X.ndim == 4 and X.shape[3] == 1:
        return X[..., 0]
    return X[:, 0] if X.ndim == 4 and X.shape[1] == 1 else X


def _image_shape(shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, bool]:
    """Return the shape of a sample as an image, (height, width) or (3, height, width), and if it is one for sure.

    A row of a square number of features may be one.
    """
    if len(shape) == 2:
        return (shape[0], shape[1]), True
    if len(shape) == 3 and shape[2] == 3:
        return (3, shape[0], shape[1]), True
    if len(shape) == 3 and shape[0] == 3:
        return shape, True
    side = math.isqrt(shape[0])
    is_square = len(shape) == 1 and side * side == shape[0] >= LEAST_ROW
    return (side, side) if is_square else None, False


def _seventh(
    name: str, X: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None, seed: int
) -> tuple[tuple[Split, Split], NDArray[Any] | None]:
    """Split samples 6 : 1 into a training and a test set; return the weights of the training samples, too."""
    n = len(X)
    if n < 2:
        raise InputError(f"{name}: one sample can't be split into a training and a test set.")
    if X.nbytes > MEMORY_FRACTION * memory():
        raise InputError(
            f"{name}: {X.nbytes / 1e9:,.0f} GB of samples are too many to be split in memory: store X_train, y_train, "
            "X_test and y_test as .npy files, which need not fit."
        )
    rest, held_out = hold_out(y, max(1, n // 7), seed)
    parts = Split(X[rest], y[rest]), Split(X[held_out], y[held_out])
    return parts, None if weights is None else weights[rest]
