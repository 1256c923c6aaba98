"""Reading: how a data set is to be read, and which columns of a table are its labels."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fastmlp.errors import InputError, shown, unknown_name
from fastmlp.inputs.schema import Schema
from fastmlp.inputs.table import matched

LABEL_NAMES = ("label", "class", "target", "digit", "y")
"""Names of the column of labels; the first one that a header has is taken."""
LABEL_WORDS = frozenset({"label", "labels", "class", "target"})
"""Words that make a longer name, such as Digit_label, the name of the column of labels."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a data set is to be read.

    Attributes
    ----------
    labels : tuple of str
        Columns of a table that hold the labels or targets, each a name or a number from 1; -1 is the last. If empty,
        the column is recognized.
    weights : str or None
        Column of a table with the weight of each sample.
    is_regression : bool
        Whether the labels are numbers to be predicted, and not classes.
    standardize : bool or None
        As in make_schema.
    seed : int
        Seed of the choice of test samples, if there are none in the data set.
    every_row : bool
        Whether every sample is a test sample, unless the data set has test samples of its own: to evaluate a network.
    known : Schema or None
        The schema of the network that is to be evaluated, if it has one.
    """

    labels: tuple[str, ...] = ()
    weights: str | None = None
    is_regression: bool = False
    standardize: bool | None = None
    seed: int = 0
    every_row: bool = False
    known: Schema | None = None


AS_USUAL = Reading()
"""How a data set is read if nobody says more."""


class Roles(NamedTuple):
    """The roles of a table's columns: the numbers of those that are labels, inputs and weights."""

    labels: tuple[int, ...]
    inputs: tuple[int, ...]
    weights: int | None = None


class Header(NamedTuple):
    """The layout of a table, known before its values are read.

    Attributes
    ----------
    where : str
        Path or name in the messages.
    names : tuple of str, or None
        Names of the columns; None without a header.
    n_columns : int
    texts : frozenset of int
        The numbers of the columns of text.
    """

    where: str
    names: tuple[str, ...] | None
    n_columns: int
    texts: frozenset[int] = frozenset()


def find_roles(header: Header, reading: Reading) -> Roles:
    """Return what the columns of a table with labels are.

    Raises
    ------
    InputError
        A column that is asked for is not there, or it is not clear which one holds the labels.
    """
    where, names, n_columns, texts = header
    weights = None if reading.weights is None else find_column(header, reading.weights)
    known = reading.known
    if reading.labels:
        labels = tuple(find_column(header, each) for each in reading.labels)
    elif known is not None and known.columns is not None:
        labels = known_labels(header, known)
        if not labels:
            raise InputError(
                f"{where} lacks the labels of the training, {', '.join(known.labels)}: pass --label COLUMN."
            )
    else:
        labels = (_recognized(where, names, set(range(n_columns)) - {weights}, texts, reading.is_regression),)
    if len(set(labels)) < len(labels) or weights in labels:
        raise InputError(f"{where}: a column can be named once, as labels or as weights.")
    if names is not None and len({names[each] for each in labels}) < len(labels):
        raise InputError(f"{where} has two columns called {shown(names[labels[0]])}: rename one.")
    if len(labels) > 1 and not reading.is_regression:
        raise InputError(
            f"{where}: one column holds the labels; several targets are for --loss regression, in Python "
            "task='regression'."
        )
    if known is not None and weights is None:
        weights = known_weights(header, known)
    inputs = tuple(each for each in range(n_columns) if each not in labels and each != weights)
    if known is not None and known.columns is not None:
        inputs = matched(where, names, inputs, known.columns)
    if not inputs:
        raise InputError(f"{where} must have a column of labels and columns of numbers, separated by commas.")
    return Roles(labels, inputs, weights)


def find_column(header: Header, wanted: str) -> int:
    """Return the number of the column that a name, or a number from 1, stands for; -1 stands for the last one."""
    where, names, n_columns, _ = header
    for form in (str, str.lower):
        found = [number for number, name in enumerate(names or ()) if form(name) == form(wanted.strip())]
        if len(found) > 1:
            raise InputError(f"{where} has {len(found)} columns called {shown(wanted)}: give them different names.")
        if found:
            return found[0]
    if re.fullmatch(r"-?\d{1,9}", wanted.strip()):
        number = int(wanted)
        if 1 <= number <= n_columns or -n_columns <= number <= -1:
            return number - 1 if number > 0 else n_columns + number
        raise InputError(f"{where} has {n_columns} columns, and no column {number}: they are counted from 1.")
    if names is None:
        raise InputError(f"{where} has no header: pass the number of the column, from 1, instead of {shown(wanted)}.")
    raise InputError(f"{where}: {unknown_name('column', wanted, names)}")


def _recognized(
    where: str, names: Sequence[str] | None, columns: set[int], texts: Collection[int], is_regression: bool
) -> int:
    """Return the number of the column that holds the labels, as far as a table says it by itself."""
    lower = [] if names is None else [name.strip().lower() for name in names]
    of_text = [] if is_regression else sorted(columns & set(texts))
    named = next((lower.index(name) for name in LABEL_NAMES if name in lower), None)
    if named is not None and (lower[named] != "y" or len(of_text) != 1 or named in of_text):
        return named  # x, y and z may be coordinates
    with_word = [number for number, name in enumerate(lower) if LABEL_WORDS & set(re.split(r"[^a-z0-9]+", name))]
    likely = {*with_word, *of_text} | (set() if named is None else {named})
    if len(likely) == 1:
        return likely.pop()
    if not is_regression and all(name.isdecimal() for name in lower) and (not of_text or 0 in of_text):
        return 0  # as in MNIST's CSV files
    shown_names = list(map(repr, names or ()))
    few = (
        f": {', '.join(shown_names if len(shown_names) < 7 else [*shown_names[:3], '...', *shown_names[-3:]])}"
        if names
        else ""
    )
    raise InputError(
        f"{where} does not say which column holds the labels{few}; pass --label COLUMN, or label=... in Python."
    )


def inputs_alone(header: Header, known: Schema) -> Roles:
    """Return what the columns of a table to be predicted are, for a network of a table: inputs; labels are left out.

    Raises
    ------
    InputError
        An input is missing, or without names the number of columns is another one.
    """
    labels, weights = known_labels(header, known), known_weights(header, known)
    candidates = tuple(each for each in range(header.n_columns) if each not in labels and each != weights)
    return Roles((), matched(header.where, header.names, candidates, known.columns or ()))


def known_labels(header: Header, known: Schema) -> tuple[int, ...]:
    """Return the numbers of the columns of labels in a new table for a network; none if they are not there."""
    found = [_known_column(header, known, each) for each in known.labels]
    return () if None in found else tuple(each for each in found if each is not None)


def known_weights(header: Header, known: Schema) -> int | None:
    """Return the number of the column of weights in a new table for a network; None if it is not there."""
    return _known_column(header, known, known.weights) if known.weights else None


def _known_column(header: Header, known: Schema, column: str) -> int | None:
    """Return the number of a column that the table of the training had: by name, or by place in a table of as many."""
    columns = known.columns or ()
    if columns and columns[0].name:
        return header.names.index(column) if header.names is not None and column in header.names else None
    n_columns = len(columns) + len(known.labels) + bool(known.weights)
    is_number = re.fullmatch(r"\d{1,9}", column) and 1 <= int(column) <= n_columns
    return int(column) - 1 if is_number and header.n_columns == n_columns else None


def column_name(header: Header, column: int) -> str:
    """Return the name of a column, or its number from 1 in a table without a header."""
    return str(column + 1) if header.names is None else header.names[column]
