"""Tables as data sets: from CSV and Parquet files and data frames to inputs and labels."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets import csv_files
from fastmlp.datasets.assemble import Samples, Source
from fastmlp.datasets.reading import Header, Reading, Roles, column_name, find_roles
from fastmlp.errors import InputError, reason, shown
from fastmlp.inputs.table import Table, columns_of, encoded, table_of_columns, table_of_frame
from fastmlp.system.input_files import check_memory, file_size

PARQUET = ".parquet"


def is_table(path: Path) -> bool:
    """Return whether a file's name is that of a table."""
    return path.name.lower().endswith((*csv_files.SUFFIXES, PARQUET))


def read_table(path: Path, reading: Reading) -> tuple[Samples, Source]:
    """Read the table in a file; raise InputError if it can't be read, or if it has no labels."""
    if path.name.lower().endswith(PARQUET):
        return _samples(*_with_roles(read_parquet(path), reading), reading)
    is_counted = reading.known is None or not reading.known.has_unnamed_columns
    read = csv_files.read_csv(path, lambda header: find_roles(header, reading), counted_header=is_counted)
    return _samples(*read, reading)


def read_frame(frame: Any, reading: Reading) -> tuple[Samples, Source]:
    """Read the table in a data frame of pandas, polars or another library."""
    return _samples(*_with_roles(table_of_frame(frame, "The data frame"), reading), reading)


def read_parquet(path: Path) -> Table:
    """Read a Parquet file, with pyarrow.

    Raises
    ------
    InputError
        It can't be read, pyarrow is not installed, or a value is missing or neither a number nor a text.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise InputError(f"{path} is a Parquet file: install pyarrow to have it read, or write it as CSV.") from None
    check_memory(str(path), file_size(path) or 0, "write it in parts")
    try:
        read = parquet.read_table(path)
    except Exception as error:  # pyarrow raises errors of many kinds for a damaged file
        raise InputError(f"{path} can't be read as a Parquet file ({reason(error)}).") from None
    columns = zip(read.column_names, read.columns, strict=True)
    return table_of_columns(((name, np.asarray(column.to_numpy())) for name, column in columns), str(path))


def header_of(table: Table) -> Header:
    """Return what was known of a table before its values were read."""
    return Header(table.where, table.names, table.n_columns, frozenset(table.texts))


def _with_roles(table: Table, reading: Reading) -> tuple[Table, Header, Roles]:
    header = header_of(table)
    return table, header, find_roles(header, reading)


def _samples(table: Table, header: Header, roles: Roles, reading: Reading) -> tuple[Samples, Source]:
    """Return the inputs and labels of a table, and what the columns of the inputs are."""
    known = reading.known
    columns = columns_of(table, roles.inputs) if known is None or known.columns is None else known.columns
    X = encoded(table, columns, roles.inputs)
    if reading.is_regression:
        y = np.stack([_targets(table, header, label) for label in roles.labels], axis=1)
    else:
        y = _as_numbers(table.values(roles.labels[0]))
    weights = None if roles.weights is None else _weights(table, roles.weights)
    names = tuple(column_name(header, label) for label in roles.labels)
    return (X, y), Source(columns, names, weights, "" if roles.weights is None else column_name(header, roles.weights))


def _as_numbers(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels as numbers if all of them are, none with leading zeros: 007 is a name."""
    if labels.dtype.kind == "U" and any(
        text[:1] == "0" and text[1:2].isdecimal() for text in np.unique(labels).tolist()
    ):
        return labels
    try:
        return labels.astype(np.float64)
    except ValueError:
        return labels


def _targets(table: Table, header: Header, column: int) -> NDArray[np.float64]:
    """Return the targets of a regression in a column, (n,)."""
    values = table.values(column)
    numbers = _as_numbers(values)
    if numbers.dtype.kind == "f":
        return numbers
    are_texts = (_as_numbers(np.array([text])).dtype.kind != "f" for text in values.tolist())
    row = next(row for row, is_text in enumerate(are_texts, start=1) if is_text)
    raise InputError(
        f"{header.where}, row {row}, {table.title(column)}: {shown(str(values[row - 1]))} is not a number, as the "
        "targets of a regression are; leave out --loss regression for classes."
    )


def _weights(table: Table, column: int) -> NDArray[np.float64]:
    if column in table.texts:
        raise InputError(f"{table.where}, {table.title(column)}, holds texts: weights are numbers.")
    return table.values(column).astype(np.float64)
