"""Samples without labels, as `fastmlp predict` takes them: pictures, folders of pictures, tables and arrays."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets import csv_files
from fastmlp.datasets.digit_picture import SIDE, read_digit
from fastmlp.datasets.image_folders import pictures_below
from fastmlp.datasets.npy_files import map_npy, open_npz
from fastmlp.datasets.pictures import read_grey, read_rgb
from fastmlp.datasets.reading import AS_USUAL, Header, Roles, find_roles, inputs_alone
from fastmlp.datasets.tables import PARQUET, header_of, is_table, read_parquet
from fastmlp.errors import InputError, reason
from fastmlp.inputs.schema import Schema
from fastmlp.inputs.table import columns_of, encoded

ARRAYS = (".npy", ".npz")


class NewSamples(NamedTuple):
    """Samples to predict.

    Attributes
    ----------
    names : list of str
        What each sample is called: the file of a picture, or the number of a row from 1.
    X : (n, n_in)
        As the network takes them.
    are_pictures : bool
    """

    names: list[str]
    X: NDArray[Any]
    are_pictures: bool


def files_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder and in its folders; raise InputError if there are none."""
    found = pictures_below(folder)
    if not found:
        raise InputError(f"{folder}: there are no pictures in this folder.")
    return found


def read_samples(path: str | Path, n_in: int, schema: Schema | None = None) -> NewSamples:
    """Read the samples in a file, for a network of `n_in` inputs with a schema, if it has one.

    A picture is taken as the pictures of the training were: as it is in its file, or, for networks of 28x28 that were
    not trained on picture files, as a digit in the form of MNIST's images. The labels of a table, if it has some, are
    left out.

    Raises
    ------
    InputError
        The file can't be read, or holds something that the network was not trained on.
    """
    path = Path(path)
    try:
        X = _read_table(path, n_in, schema) if is_table(path) else _read_arrays(path) if path.suffix in ARRAYS else None
    except OSError as error:
        raise InputError(f"{path} can't be read: {reason(error)}.") from None
    if X is None:
        return NewSamples([str(path)], _read_picture(path, n_in, schema).reshape(1, -1), True)
    if X.shape[1] != n_in:
        raise InputError(f"{path} has {X.shape[1]} values in a row, and the network takes {n_in}.")
    return NewSamples([str(row + 1) for row in range(len(X))], X, False)


def _read_table(path: Path, n_in: int, schema: Schema | None) -> NDArray[Any]:
    """Read the inputs in a table, without labels."""
    columns = None if schema is None else schema.columns

    def roles_of(header: Header) -> Roles:
        if columns is not None and schema is not None:
            return inputs_alone(header, schema)
        if header.n_columns not in (n_in, n_in + 1):
            raise InputError(f"{path} has {header.n_columns} columns, and the network takes {n_in} inputs.")
        labels = () if header.n_columns == n_in else find_roles(header, AS_USUAL).labels
        return Roles((), tuple(each for each in range(header.n_columns) if each not in labels))

    if path.name.lower().endswith(PARQUET):
        table = read_parquet(path)
        roles = roles_of(header_of(table))
    else:
        is_counted = schema is None or not schema.has_unnamed_columns
        table, _, roles = csv_files.read_csv(path, roles_of, counted_header=is_counted)
    return encoded(table, columns_of(table, roles.inputs) if columns is None else columns, roles.inputs)


def _read_arrays(path: Path) -> NDArray[Any]:
    """Read the samples of an .npy file, or the array X or X_test of an .npz file, as rows."""
    if path.suffix == ".npy":
        X = map_npy(path)
    else:
        with open_npz(path) as readers:
            keys = {key.lower(): key for key in readers}
            name = next((keys[key] for key in ("x", "x_test") if key in keys), None)
            if name is None:
                raise InputError(
                    f"{path} must hold an array named X or X_test, but holds {', '.join(readers) or 'none'}."
                )
            X = readers[name]()
    if X.ndim < 2 or not X.size or X.dtype.kind not in "buif":
        raise InputError(f"{path} must hold rows of numbers, not {X.dtype} of shape {X.shape}.")
    if X.ndim == 4 and X.shape[3] == 3:
        X = X.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(X.reshape(len(X), -1))


def _read_picture(path: Path, n_in: int, schema: Schema | None) -> NDArray[Any]:
    """Return the pixels of a picture, (n_in,)."""
    shape = None if schema is None else schema.image_shape
    if schema is not None and shape is None and schema.columns is not None:
        raise InputError(
            f"{path}: the network was trained on a table of {len(schema.columns)} columns, and reads tables: .csv, "
            ".tsv or .parquet files."
        )
    if schema is not None and not schema.has_known_range:
        raise InputError(
            f"{path}: the network comes from another library and does not say what pictures it was trained on: import "
            "it with the schema of its data set."
        )
    is_digit = shape in (None, (SIDE, SIDE)) and n_in == SIDE * SIDE
    if is_digit and not (schema is not None and schema.from_files):
        digit = read_digit(path)
        return _in_units(255 - digit if schema is not None and schema.is_dark_on_light else digit, schema)
    if shape is None:
        raise InputError(f"{path}: the network takes {n_in} inputs, and was not trained on pictures.")
    if len(shape) == 3:
        return _in_units(read_rgb(path, (shape[1], shape[2])).transpose(2, 0, 1).reshape(-1), schema)
    return _in_units(read_grey(path, (shape[0], shape[1])).reshape(-1), schema)


def _in_units(pixels: NDArray[np.uint8], schema: Schema | None) -> NDArray[Any]:
    """Return bytes in the numbers of the training: 0 to 255 for pixels, else from its least number to its largest."""
    if schema is None or schema.keeps_bytes:
        return pixels
    return (schema.low + (schema.high - schema.low) * pixels / 255).astype(np.float32)
