"""Tables: named columns of numbers and of texts, from a file or a data frame, and the inputs that they become."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, nearest_name, printable, shown
from fastmlp.inputs.schema import Column

MOST_TEXTS = 100
"""Different texts of a column of text that becomes inputs. One with more is probably a name of each row."""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    where : str
        Path or name in the messages.
    names : tuple of str, or None
        Names of the columns; None without a header.
    numbers : (n, n_columns) array
        The values; in a column of text, the number of each text.
    texts : mapping of tuple of str
        The different texts of each column of text, by the column's number.
    """

    where: str
    names: tuple[str, ...] | None
    numbers: NDArray[Any]
    texts: Mapping[int, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def n_columns(self) -> int:
        """The number of columns."""
        return int(self.numbers.shape[1])

    def title(self, column: int) -> str:
        """Return a column's name in messages: column 'age', or column 3."""
        return column_title(self.names, column)

    def values(self, column: int) -> NDArray[Any]:
        """Return the numbers or the texts of a column, (n,)."""
        numbers = self.numbers[:, column]
        if column not in self.texts:
            return np.ascontiguousarray(numbers)
        return np.array(self.texts[column], dtype=np.str_)[numbers.astype(np.intp)]


def column_title(names: Sequence[str] | None, column: int) -> str:
    """Return a column's name in messages: column 'age', or column 3."""
    return f"column {column + 1}" if names is None else f"column {shown(names[column])}"


class Frame(Protocol):
    """A data frame of pandas, polars or pyarrow, as far as a type checker must know it."""

    @property
    def columns(self) -> Any:
        """The columns, or their names."""


def is_frame(X: object) -> bool:
    """Return whether X is a data frame of pandas, polars or pyarrow: it has named columns."""
    return hasattr(X, "columns") and any(hasattr(X, each) for each in ("items", "get_columns", "column_names"))


def table_of_frame(frame: Any, where: str, wanted: Collection[str] | None = None) -> Table:
    """Return the table in a data frame of pandas, polars or pyarrow.

    Parameters
    ----------
    frame : data frame
    where : str
        Name in the messages.
    wanted : collection of str, optional
        The names of the columns that are needed; by default all. Others may hold anything.

    Raises
    ------
    InputError
        A value is missing, or a column holds neither numbers nor texts.
    """
    series: Iterable[tuple[Any, Any]]
    if hasattr(frame, "column_names"):
        series = zip(frame.column_names, frame.columns, strict=True)
    else:
        series = frame.items() if hasattr(frame, "items") else ((each.name, each) for each in frame.get_columns())
    named = ((str(name), each) for name, each in series)
    needed = ((name, each) for name, each in named if wanted is None or name in wanted)
    return table_of_columns(((name, np.asarray(each.to_numpy())) for name, each in needed), where)


def table_of_columns(columns: Iterable[tuple[str, NDArray[Any]]], where: str) -> Table:
    """Return the table of some columns, each a name and an array (n,) of numbers, texts or objects; see table_of_frame.

    Its numbers are uint8 if all are, float32 if no more is needed, else float64.
    """
    names, arrays, texts = [], [], {}
    for number, (name, values) in enumerate(columns):
        if not name:
            raise InputError(f"{where}, column {number + 1}, has no name: name it.")
        if values.ndim != 1:
            raise InputError(f"{where}, column {shown(name)}, holds arrays: pass numbers or texts.")
        names.append(printable(name))
        title = column_title(names, number)
        array, different = _numbered(values, where, title)
        arrays.append(array)
        if different is not None:
            texts[number] = different
    if not arrays or not len(arrays[0]):
        raise InputError(f"{where} is empty: pass at least one row.")
    dtypes = {array.dtype for number, array in enumerate(arrays) if number not in texts}
    dtype = next((each for each in (np.uint8, np.float32) if dtypes <= {np.dtype(each)}), np.float64)
    if texts and dtype is np.uint8 and max(map(len, texts.values())) > 256:
        dtype = np.float32
    numbers = np.empty((len(arrays[0]), len(arrays)), dtype)
    for column, array in enumerate(arrays):
        numbers[:, column] = array
    return Table(where, tuple(names), numbers, texts)


def _numbered(values: NDArray[Any], where: str, title: str) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """Return a column as numbers, and its different texts if it is one of text."""
    if values.dtype.kind == "O":
        values = _without_objects(values, where, title)
    if values.dtype.kind in "UTb":  # a CSV file has True and False, too
        different, codes = np.unique(np.char.strip(values.astype(np.str_)), return_inverse=True)
        if "" in different.tolist():
            raise missing_value(where, int(np.flatnonzero(codes == different.tolist().index(""))[0]) + 1, title)
        return codes, tuple(map(printable, different.tolist()))
    if values.dtype.kind not in "iuf":
        raise InputError(f"{where}, {title}, is of dtype {values.dtype}: pass numbers or texts.")
    if values.dtype.kind == "f":
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            row = int(wrong[0])
            if np.isnan(values[row]):
                raise missing_value(where, row + 1, title)
            raise InputError(f"{where}, row {row + 1}, {title}, is {values[row]}: pass finite numbers.")
        return values.astype(np.float32 if values.dtype.itemsize < 8 else np.float64), None
    fits_bytes = not len(values) or (values.min() >= 0 and values.max() <= 255)
    return values.astype(np.uint8 if fits_bytes else np.float64), None


def _without_objects(values: NDArray[Any], where: str, title: str) -> NDArray[Any]:
    """Return a column of objects as an array of texts or of numbers."""
    objects = values.tolist()
    missing = next((row for row, value in enumerate(objects, start=1) if _is_absent(value)), None)
    if missing is not None:
        raise missing_value(where, missing, title)
    if all(isinstance(value, str) for value in objects):
        return np.array(objects, dtype=np.str_)
    try:
        numbers = np.array(objects, dtype=np.float64)
        if numbers.ndim != 1:
            raise TypeError
        return numbers
    except (TypeError, ValueError, OverflowError):
        odd = next((value for value in objects if not isinstance(value, str | int | float)), None)
        held = "numbers and texts" if odd is None else shown(odd)
        raise InputError(f"{where}, {title}, holds {held}: pass numbers or texts.") from None


def _is_absent(value: object) -> bool:
    """Return whether a value of a data frame is missing: None, NaN, or the NA of pandas, which equals nothing."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True
    except ValueError:  # an array
        return False


def missing_value(where: str, row: int, title: str) -> InputError:
    """Return the error for a value that is missing in row `row`, from 1."""
    return InputError(
        f"{where}, row {row}, {title}: the value is missing; fill it in, or leave the row or the column out."
    )


# ---- inputs ----------------------------------------------------------------------------------------------------------


def columns_of(table: Table, chosen: Sequence[int]) -> tuple[Column, ...]:
    """Return the description of the chosen columns, of which a network is to be trained.

    Raises
    ------
    InputError
        Two columns have the same name; or a column of text has so many different texts that it is probably a name of
        each row.
    """
    described = []
    counts = Counter(table.names)
    for column in chosen:
        if table.names is not None and counts[table.names[column]] > 1:
            raise InputError(f"{table.where} has two columns called {shown(table.names[column])}: rename one.")
        texts = table.texts.get(column, ())
        if len(texts) > MOST_TEXTS:
            raise InputError(
                f"{table.where}, {table.title(column)}, has {len(texts):,} different texts, such as "
                f"{shown(texts[0])}: an input is made of each text, of at most {MOST_TEXTS}; leave the column out."
            )
        described.append(Column("" if table.names is None else table.names[column], tuple(sorted(texts))))
    return tuple(described)


def encoded(table: Table, columns: Sequence[Column], chosen: Sequence[int]) -> NDArray[Any]:
    """Return the inputs (n, n_in) of the chosen columns of a table, as numbers that are not yet scaled.

    Parameters
    ----------
    table : Table
    columns : sequence of Column
        What the network takes.
    chosen : sequence of int
        The number of each of them in the table.

    Raises
    ------
    InputError
        Numbers in place of texts or the reverse, or a text that the network does not know.
    """
    if not any(each.categories for each in columns) and not any(number in table.texts for number in chosen):
        return np.ascontiguousarray(np.take(table.numbers, chosen, axis=1))
    parts: list[NDArray[Any]] = []
    for column, number in zip(columns, chosen, strict=True):
        if bool(column.categories) != (number in table.texts):
            held, wanted = ("texts", "numbers") if number in table.texts else ("numbers", "texts")
            raise InputError(
                f"{table.where}, {table.title(number)}, holds {held}, and the network was trained on {wanted} there."
            )
        if column.categories:
            parts.append(_one_hot(table, column, number))
        else:
            parts.append(table.numbers[:, number, None])
    widest = np.result_type(np.float32, *(part.dtype for part in parts))
    return np.concatenate([part.astype(widest) for part in parts], axis=1)


def _one_hot(table: Table, column: Column, number: int) -> NDArray[np.float32]:
    """Return (n, texts): 1 for the text of the row, else 0."""
    texts = table.texts[number]
    unknown = sorted(set(texts) - set(column.categories))
    if unknown:
        row = int(np.flatnonzero(table.values(number) == unknown[0])[0]) + 1
        raise InputError(
            f"{table.where}, row {row}, {table.title(number)}: the network was not trained on {shown(unknown[0])}; it "
            f"knows {', '.join(column.categories[:10])}{', ...' if len(column.categories) > 10 else ''}."
        )
    places = np.array([column.categories.index(text) for text in texts])
    codes = table.numbers[:, number].astype(np.intp)
    inputs: NDArray[np.float32] = np.eye(len(column.categories), dtype=np.float32)[places[codes]]
    return inputs


def matched(
    where: str, names: Sequence[str] | None, candidates: Sequence[int], columns: Sequence[Column]
) -> tuple[int, ...]:
    """Return the number of each of a network's columns in a new table: by name where both have names.

    Columns that the network does not take are left out.

    Parameters
    ----------
    where : str
        Path or name in the messages.
    names : sequence of str, or None
        Names of the new table's columns; None without a header.
    candidates : sequence of int
        Without names on both sides, the columns that may be inputs: not labels, not weights.
    columns : sequence of Column
        What the network takes.

    Raises
    ------
    InputError
        A column is missing; or, without names, the number of columns is another one.
    """
    if names is None or not columns[0].name:
        if len(candidates) != len(columns):
            raise InputError(
                f"{where} has {len(candidates)} columns of inputs, and the network was trained on {len(columns)}: pass "
                "the same ones, or give both files a header."
            )
        return tuple(candidates)
    counts, places = Counter(names), {name: number for number, name in enumerate(names)}
    for column in columns:
        if column.name not in places:
            raise InputError(
                f"{where} lacks the column {shown(column.name)} of the training{nearest_name(column.name, names)}"
            )
        if counts[column.name] > 1:
            raise InputError(f"{where} has two columns called {shown(column.name)}: rename one.")
    return tuple(places[column.name] for column in columns)
