"""CSV files with one sample per line and one column of labels.

NumPy reads the numbers. The rest of this module finds the labels, and names the line and column of a wrong field.
"""

import csv
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, reason, shown
from fastmlp.system.input_files import check_memory, file_size

_LABEL_NAMES = ("label", "class", "target", "digit", "y")  # the first one that the header has
_LONGEST_LINE = 1 << 24  # bytes; a file without line ends would be read into memory as one line
_LONGEST_LABEL = 200  # NumPy stores each label in as many characters as the longest has
_CHUNK = 1 << 20


def read_csv(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read a comma-separated table of numbers with one column of labels.

    The labels are in the column with the header label, class, target, digit or y, otherwise in the first column. The
    first line is a header if it has one of these names, or if none of its fields is a number.

    Returns
    -------
    X : (n, n_in) uint8 if all values are whole numbers from 0 to 255, else float32
    y : (n,) float64, or str if some label is not a number

    Raises
    ------
    InputError
        The file has no data, or a line has too few or too many fields or a field that is not a finite number. The
        message names the line.
    """
    try:
        _check_size(path)
        n_header, n_columns, label = _read_layout(path)
        table = _read_table(path, n_header, label, np.uint8) or _read_table(path, n_header, label, np.float32)
        if table is None or not np.isfinite(table[0]).all():
            raise _error_in(path, n_header, n_columns, label)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a CSV file of UTF-8 text ({reason(error)}).") from None
    X, labels = table
    if not labels.astype(bool).all():
        number = int(np.flatnonzero(labels == "")[0]) + 1
        raise InputError(f"{path}: sample {number} has no label: add it, or remove the sample.")
    if X.dtype != np.uint8 and X.min() >= 0 and X.max() <= 255 and (np.floor(X) == X).all():
        X = X.astype(np.uint8)  # written as 0.0, 255.0, or with more than 256 classes
    try:
        return X, labels.astype(np.float64)
    except ValueError:
        return X, labels


def _check_size(path: Path) -> None:
    """Raise InputError if the file, or one of its lines, is larger than any table needs."""
    check_memory(str(path), file_size(path) or 0, "convert it to .npy files X.npy and y.npy, which need not fit")
    with path.open("rb") as file:
        place = start = 0  # of the chunk, and of the line that is not yet ended
        while chunk := file.read(_CHUNK):
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            start = place + end + 1 if end >= 0 else start
            place += len(chunk)
            if place - start > _LONGEST_LINE:
                raise InputError(f"{path} has a line of more than {_LONGEST_LINE:,} bytes: give each sample a line.")


def _label(field: str) -> str:
    """Return a label without the spaces around it; raise ValueError if it is too long to be one."""
    label = field.strip()
    if len(label) > _LONGEST_LABEL:
        raise ValueError
    return label


def _read_layout(path: Path) -> tuple[int, int, int]:
    """Return the number of header lines, the number of columns and the column of the labels."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        first = next((row for row in rows if row), None)
        n_lines = rows.line_num
        has_samples = any(rows)
    if first is None:
        raise InputError(f"{path} is empty.")
    names = [field.strip().lower() for field in first]
    label = next((names.index(name) for name in _LABEL_NAMES if name in names), None)
    has_header = label is not None or not any(map(_is_number, names))
    if has_header and "" in names:
        raise InputError(
            f"{path}, column {names.index('') + 1}, has no name: remove it if it numbers the rows (in pandas with "
            "index=False), else name it."
        )
    if len(first) < 2:
        raise InputError(f"{path} must have a column of labels and columns of numbers, separated by commas.")
    if has_header and not has_samples:
        raise InputError(f"{path} has a header but no samples.")
    return n_lines if has_header else 0, len(first), label or 0


def _is_number(field: str) -> bool:
    """Tell whether `field` is a finite float32."""
    try:
        return bool(abs(float(field)) <= float(np.finfo(np.float32).max)) and "_" not in field
    except ValueError:
        return False


def _read_table(
    path: Path, n_header: int, label: int, dtype: type[np.uint8 | np.float32]
) -> tuple[NDArray[Any], NDArray[np.str_]] | None:
    """Read all numbers as one dtype and the labels as text; return None if some line does not fit.

    The caller tries bytes first, because NumPy reads integers eight times faster than floats (60,000 x 784: 0.9 s
    against 6.7 s).
    """
    numbers: dict[str, int] = {}  # labels numbered by appearance, so that one pass reads them with the other fields
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # older versions of NumPy read "1.0" as an integer, with a warning
        try:
            table = np.loadtxt(
                path,
                dtype,
                comments=None,
                delimiter=",",
                converters={label: lambda field: numbers.setdefault(_label(field), len(numbers))},
                skiprows=n_header,
                ndmin=2,
                encoding="utf-8-sig",
                quotechar='"',
            )
        except UnicodeDecodeError:
            raise
        except (ValueError, DeprecationWarning):
            return None
    return np.delete(table, label, axis=1), np.array(list(numbers))[table[:, label].astype(np.intp)]


def _error_in(path: Path, n_header: int, n_columns: int, label: int) -> InputError:
    """Return the error for the first wrong line: a slow search, made only after the fast reading has failed."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        for row in rows:
            line = rows.line_num
            if line <= n_header or not row:
                continue
            if len(row) != n_columns:
                return InputError(f"{path}, line {line}: {len(row)} fields instead of {n_columns}.")
            for column, field in enumerate(row):
                place = f"{path}, line {line}, column {column + 1}"
                if column != label and not _is_number(field):
                    return InputError(f"{place}: {shown(field)} is not a finite number.")
                if column == label and len(field) > _LONGEST_LABEL:
                    return InputError(f"{place}: the label has {len(field):,} characters, of at most {_LONGEST_LABEL}.")
    return InputError(f"{path} is not a table of numbers with one column of labels.")
