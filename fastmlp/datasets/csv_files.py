"""CSV files: tables of numbers and texts, with or without a header, plain or gzipped, with any usual delimiter.

NumPy reads the numbers. The rest of this module finds out how the file is laid out, and names the line and column of a
wrong field.
"""

import csv
import gzip
import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastmlp.datasets.reading import LABEL_NAMES, Header, Roles
from fastmlp.errors import InputError, printable, reason, shown
from fastmlp.inputs.statistics import are_bytes
from fastmlp.inputs.table import Table, column_title
from fastmlp.system.input_files import check_memory, file_size

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
"""Endings of the names of CSV files."""
_DELIMITERS = ",;\t|"
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "."})
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_ROWS_JUDGED = 200  # after the header; they tell which columns hold texts
_NUMBERED = 4  # columns from which on a first line 0,1,2,3,... is a header, as pandas writes it
_LARGEST_EXACT = 1 << 24  # larger whole numbers, such as seconds since 1970, are not exact in float32
_LONGEST_LINE = 1 << 24  # bytes; a file without line ends would be read into memory as one line
_LONGEST_TEXT = 200  # NumPy stores each text in as many characters as the longest has
_CHUNK = 1 << 20


class _Columns(NamedTuple):
    """How columns are read: the numbers of those that hold texts, labels, or nothing that is wanted."""

    of_text: frozenset[int]
    labels: frozenset[int]
    ignored: frozenset[int]

    @classmethod
    def of(cls, header: Header, roles: Roles) -> "_Columns":
        used = {*roles.labels, *roles.inputs} | (set() if roles.weights is None else {roles.weights})
        ignored = frozenset(range(header.n_columns)) - used
        return cls(frozenset((header.texts | set(roles.labels)) - ignored), frozenset(roles.labels), ignored)


class _Layout(NamedTuple):
    """How a file is laid out: its delimiter, the lines of its header, and what is known of its columns."""

    delimiter: str
    n_header: int
    header: Header


def read_csv(
    path: Path, find: Callable[[Header], Roles], *, counted_header: bool = True
) -> tuple[Table, Header, Roles]:
    """Read a table of numbers and texts.

    The delimiter is the one of , ; tab and | that the first line has most often. The first line is a header if none of
    its fields is a number; if some field is not and the fields below it are; if a field is the name of labels; or if
    the fields are 0, 1, 2, ..., as pandas writes them. A column is one of text if none of its first 200 values is a
    number.

    Parameters
    ----------
    path : Path
    find : function of a Header
        Returns what the columns are. Labels are read as texts.
    counted_header : bool
        Whether 0, 1, 2, ... may be a header.

    Returns
    -------
    table : Table
        Its numbers are uint8 if all inputs are whole numbers from 0 to 255, float32 if that holds them, else float64.
        Columns that `find` does not name are 0: they may hold anything.
    header : Header
    roles : Roles
        What `find` returned.

    Raises
    ------
    InputError
        The file has no data, or a line has too few or too many fields, a field that is not a finite number in a column
        of numbers, or one that is missing. The message names the line.
    """
    try:
        _check_size(path)
        layout = _read_layout(path, counted_header)
        roles = find(layout.header)
        numbers, texts = _read_values(path, layout, _Columns.of(layout.header, roles))
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is not a CSV file of UTF-8 text ({reason(error)}).") from None
    return Table(str(path), layout.header.names, numbers, texts), layout.header, roles


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """Open a plain or gzipped file of text for the duration of a `with` block."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file


def _check_size(path: Path) -> None:
    """Raise InputError if the file, or one of its lines, is larger than any table needs."""
    advice = "convert it to .npy files X.npy and y.npy, which need not fit"
    check_memory(str(path), file_size(path) or 0, advice)
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        place = start = 0  # of the chunk, and of the line that is not yet ended
        while chunk := file.read(_CHUNK):
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            start = place + end + 1 if end >= 0 else start
            place += len(chunk)
            if place - start > _LONGEST_LINE:
                raise InputError(f"{path} has a line of more than {_LONGEST_LINE:,} bytes: give each sample a line.")
            check_memory(str(path), place, advice)


# ---- layout ----------------------------------------------------------------------------------------------------------


def _read_layout(path: Path, counted_header: bool) -> _Layout:
    """Find the delimiter, the header and the columns of text."""
    with _opened(path) as file:
        lines = list(islice((line for line in file if line.strip()), 2))
    if not lines:
        raise InputError(f"{path} is empty.")
    delimiter = "\t" if ".tsv" in path.name.lower() else _delimiter(*map(_without_quoted, lines))
    with _opened(path) as file:
        rows = csv.reader(file, delimiter=delimiter)
        first = next(row for row in rows if row)
        n_lines = rows.line_num
        below = list(islice((row for row in rows if row), _ROWS_JUDGED))
    names = tuple(printable(field.strip()) for field in first)
    columns = [[row[column] for row in below if column < len(row)] for column in range(len(first))]
    has_header = _is_header(first, columns, counted_header)
    if has_header and not below:
        raise InputError(f"{path} has a header but no samples.")
    if has_header and "" in names:
        raise InputError(
            f"{path}, column {names.index('') + 1}, has no name: remove it if it numbers the rows (in pandas with "
            "index=False), else name it."
        )
    if not has_header:
        columns = [[field, *fields] for field, fields in zip(first, columns, strict=True)]
    texts = frozenset(number for number, fields in enumerate(columns) if _kind(fields) == "text")
    for number in sorted(texts):
        if all(_DECIMAL_COMMA.fullmatch(field.strip()) for field in columns[number] if not _is_missing(field)):
            title = column_title(names if has_header else None, number)
            raise InputError(
                f"{path}, {title}, has {shown(columns[number][0])}: write decimals with a point, and no commas between "
                "thousands."
            )
    header = Header(str(path), names if has_header else None, len(first), texts)
    return _Layout(delimiter, n_lines if has_header else 0, header)


def _without_quoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _delimiter(first: str, second: str = "") -> str:
    """Return the delimiter that the first line has most often, if possible one that both have equally often."""
    return max(_DELIMITERS, key=lambda each: (0 < first.count(each) == second.count(each), first.count(each)))


def _kind(fields: Sequence[str]) -> str:
    """Return "numbers", "text" or "mixed" for the fields of a column; "nothing" if there are none."""
    present = [field for field in fields if not _is_missing(field)]
    numbers = sum(map(_is_number, present))
    if not present:
        return "nothing"
    return "numbers" if numbers == len(present) else "mixed" if numbers else "text"


def _is_header(first: Sequence[str], columns: Sequence[Sequence[str]], counted_header: bool) -> bool:
    """Return whether the first line holds names, above columns with these fields."""
    fields = [field.strip() for field in first]
    numbers = [field for field in fields if _reads_as_number(field)]
    if not numbers:
        return True
    may_be_counted = counted_header and numbers[:1] in (["0"], ["1"]) and len(numbers) >= _NUMBERED - 1
    if may_be_counted:  # what pandas writes, with names among the numbers or without
        start = int(numbers[0])
        are_new = all(_reads_as_number(name) or name not in below for name, below in zip(first, columns, strict=True))
        is_long = len(numbers) >= _NUMBERED or len(numbers) < len(fields)
        if is_long and are_new and numbers == [str(start + k) for k in range(len(numbers))]:
            return True
    for field, below in zip(fields, columns, strict=True):
        if field.lower() in LABEL_NAMES and field not in map(str.strip, below):
            return True
        is_name = not _reads_as_number(field) and not _is_missing(field)
        if is_name and _kind(below) == "numbers":
            return True
    return False


def _is_missing(field: str) -> bool:
    return field.strip().lower() in _MISSING


def _reads_as_number(field: str) -> bool:
    """Tell whether `field` is a number of any size, also infinity."""
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_number(field: str) -> bool:
    """Tell whether `field` is a finite float32."""
    try:
        return bool(abs(float(field)) <= float(np.finfo(np.float32).max)) and "_" not in field
    except ValueError:
        return False


# ---- values ----------------------------------------------------------------------------------------------------------


def _text(field: str) -> str:
    """Return a text without the spaces around it; raise ValueError if it is too long, or has several lines."""
    text = field.strip()
    if len(text) > _LONGEST_TEXT or "\n" in text:
        raise ValueError
    return text


def _read_values(path: Path, layout: _Layout, columns: _Columns) -> tuple[NDArray[Any], dict[int, tuple[str, ...]]]:
    """Return the numbers of a file, and the different texts of each column of text.

    Bytes are tried first, because NumPy reads integers eight times faster than floats (60,000 x 784: 0.9 s against
    6.7 s).
    """
    read = _read_as(path, layout, columns, np.uint8) or _read_as(path, layout, columns, np.float32)
    if read is None or not np.isfinite(read[0]).all():
        raise _error_in(path, layout, columns)
    if read[0].dtype == np.float32 and _is_coarse(read[0]):
        read = _read_as(path, layout, columns, np.float64) or read
    numbers, texts = read
    _check_texts(path, layout, columns, texts)
    others = [column for column in range(numbers.shape[1]) if column not in columns.of_text]
    if numbers.dtype != np.uint8 and others and are_bytes(numbers[:, others]):
        too_many = max(map(len, texts.values()), default=0) > 256
        numbers = numbers if too_many else numbers.astype(np.uint8)  # they were written as 0.0, 255.0
    return numbers, texts


def _read_as(
    path: Path, layout: _Layout, columns: _Columns, dtype: DTypeLike
) -> tuple[NDArray[Any], dict[int, tuple[str, ...]]] | None:
    """Read all numbers as one dtype, and texts as numbers by appearance; return None if some line does not fit."""
    seen: dict[int, dict[str, int]] = {column: {} for column in columns.of_text}

    def numbered(column: int) -> Callable[[str], int]:
        numbers = seen[column]
        return lambda field: numbers.setdefault(_text(field), len(numbers))

    converters: dict[int, Callable[[str], int]] = {column: numbered(column) for column in columns.of_text}
    converters |= {column: lambda _: 0 for column in columns.ignored}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # older versions of NumPy read "1.0" as an integer, with a warning
        try:
            numbers = np.loadtxt(  # type: ignore[call-overload]  # which opens a gzipped file, too
                path,
                dtype,
                comments=None,
                delimiter=layout.delimiter,
                converters=converters or None,
                skiprows=layout.n_header,
                ndmin=2,
                encoding="utf-8-sig",
                quotechar='"',
            )
        except UnicodeDecodeError:
            raise
        except (ValueError, OverflowError, DeprecationWarning):
            return None
    if numbers.shape[1] != layout.header.n_columns:
        return None
    return numbers, {column: tuple(map(printable, texts)) for column, texts in sorted(seen.items())}


def _is_coarse(numbers: NDArray[np.float32]) -> bool:
    """Return whether some column needs float64: large whole numbers, or small differences between large numbers."""
    low, high = numbers.min(axis=0), numbers.max(axis=0)
    largest = np.maximum(np.abs(low), np.abs(high))
    return bool(np.any((largest > _LARGEST_EXACT) | ((largest > 1) & (high - low < largest / 1000))))


def _check_texts(path: Path, layout: _Layout, columns: _Columns, texts: dict[int, tuple[str, ...]]) -> None:
    """Raise InputError if a label or a text is missing."""
    for column, different in texts.items():
        is_label = column in columns.labels
        if any(not text if is_label else _is_missing(text) for text in different):
            raise _error_in(path, layout, columns)


def _error_in(path: Path, layout: _Layout, columns: _Columns) -> InputError:
    """Return the error for the first wrong line: a slow search, made only after the fast reading has failed."""
    n_columns, names = layout.header.n_columns, layout.header.names
    with _opened(path) as file:
        rows = csv.reader(file, delimiter=layout.delimiter)
        for row in rows:
            if rows.line_num <= layout.n_header or not row:
                continue
            line = f"{path}, line {rows.line_num}"
            if len(row) != n_columns:
                return InputError(f"{line}: {len(row)} fields instead of {n_columns}.")
            for column, field in enumerate(row):
                what_is_wrong = "" if column in columns.ignored else _fault(field, column, columns)
                if what_is_wrong:
                    return InputError(f"{line}, {column_title(names, column)}: {what_is_wrong}")
    return InputError(f"{path} is not a table of numbers with one column of labels.")


def _fault(field: str, column: int, columns: _Columns) -> str:
    """Return what is wrong with a field; an empty text if nothing is."""
    if column in columns.of_text and len(field) > _LONGEST_TEXT:
        return f"the text has {len(field):,} characters, of at most {_LONGEST_TEXT}."
    if column in columns.of_text and "\n" in field.strip():
        return "the text has several lines; close its quote."
    if column in columns.labels:
        return "" if field.strip() else "there is no label; add it, or remove the line."
    if _is_missing(field):
        return "the value is missing; fill it in, or leave the line or the column out."
    return "" if column in columns.of_text or _is_number(field) else f"{shown(field)} is not a finite number."
