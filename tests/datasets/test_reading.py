"""Which columns of a table are its labels."""

import pytest

from fastmlp import InputError
from fastmlp.datasets.reading import Header, Reading, column_name, find_roles, inputs_alone
from fastmlp.inputs.schema import Column, Schema


def header(names: str | None, n_columns: int = 3, texts: set[int] | None = None) -> Header:
    split = None if names is None else tuple(names.split())
    return Header("T", split, len(split) if split else n_columns, frozenset(texts or ()))


@pytest.mark.parametrize(
    ("names", "texts", "label"),
    [
        ("a label y", {}, 1),
        ("y a Target", {}, 2),
        ("a Digit_label c", {}, 1),
        ("a b species", {2}, 2),
        ("labelled a species", {2}, 2),
        ("0 1 2", {}, 0),
        ("x y z", {1}, 1),
        (None, {}, 0),
        (None, {2}, 2),
        (None, {0, 2}, 0),
    ],
)
def test_labels_are_recognized(names, texts, label):
    assert find_roles(header(names, texts=set(texts)), Reading()).labels == (label,)


@pytest.mark.parametrize(
    ("names", "texts"),
    [
        ("a b c", {}),
        ("a b c", {0, 1}),
        ("x y z kind", {3}),
        ("ticket_class kind", {1}),
        ("class_label target_value a", {}),
        (None, {1, 2}),
    ],
)
def test_labels_that_are_not_clear_are_asked_for(names, texts):
    with pytest.raises(InputError, match=r"T does not say which column holds the labels.*pass --label COLUMN"):
        find_roles(header(names, texts=set(texts)), Reading())


@pytest.mark.parametrize(
    ("wanted", "label"), [("b", 1), ("B", 1), (" b ", 1), ("1", 0), ("3", 2), ("-1", 2), ("-3", 0)]
)
def test_a_column_by_name_or_number(wanted, label):
    assert find_roles(header("a b c"), Reading(labels=(wanted,))).labels == (label,)


def test_a_name_goes_before_a_number():
    assert find_roles(header("0 2 1"), Reading(labels=("2",))).labels == (1,)


@pytest.mark.parametrize(
    ("names", "wanted", "words"),
    [
        ("age b c", ("aeg",), "did you mean 'age'"),
        ("a b c", ("4",), "T has 3 columns, and no column 4: they are counted from 1"),
        ("a b c", ("0",), "no column 0"),
        (None, ("a",), "T has no header: pass the number of the column, from 1, instead of 'a'"),
        ("a b b", ("b",), "T has 2 columns called 'b'"),
        ("a b c", ("a", "b"), "several targets are for --loss regression"),
        ("a b c", ("a", "1"), "a column can be named once"),
    ],
)
def test_refuses(names, wanted, words):
    with pytest.raises(InputError, match=words):
        find_roles(header(names), Reading(labels=wanted))


def test_targets_and_weights():
    roles = find_roles(header("a w c d"), Reading(labels=("d", "a"), weights="w", is_regression=True))
    assert roles == ((3, 0), (2,), 1)
    with pytest.raises(InputError, match="a column can be named once, as labels or as weights"):
        find_roles(header("a b c"), Reading(labels=("b",), weights="b"))
    with pytest.raises(InputError, match="must have a column of labels and columns of numbers"):
        find_roles(header("a w"), Reading(labels=("a",), weights="w"))


def test_the_labels_of_the_training_are_found_again():
    known = Schema(scale="as it is", low=0, high=1, columns=(Column("a"), Column("b")), labels=("y",))
    assert find_roles(header("y b a"), Reading(known=known)).labels == (0,)
    with pytest.raises(InputError, match="T lacks the labels of the training, y: pass --label COLUMN"):
        find_roles(header("label b a"), Reading(known=known))
    plain = Schema(scale="as it is", low=0, high=1, columns=(Column(""), Column("")), labels=("3",))
    assert find_roles(header(None, 3), Reading(known=plain)).labels == (2,)


def test_names_of_labels():
    assert column_name(header("a b c"), 1) == "b"
    assert column_name(header(None), 2) == "3"


KNOWN = Schema(scale="as it is", low=0, high=1, columns=(Column("a"), Column("b")), labels=("784",), weights="w")
COUNTED = Schema(scale="as it is", low=0, high=1, columns=(Column(""), Column("")), labels=("3",), weights="1")


@pytest.mark.parametrize(
    ("given", "known", "inputs"),
    [
        (header("b x a"), KNOWN, (2, 0)),
        (header("784 b w a"), KNOWN, (3, 1)),
        (header(None, 2), KNOWN, (0, 1)),
        (header(None, 2), COUNTED, (0, 1)),
        (header(None, 4), COUNTED, (1, 3)),
        (header("p q"), COUNTED, (0, 1)),
    ],
)
def test_the_inputs_of_a_table_to_be_predicted(given, known, inputs):
    assert inputs_alone(given, known) == ((), inputs, None)


@pytest.mark.parametrize(
    ("given", "known"), [(header(None, 3), KNOWN), (header(None, 3), COUNTED), (header("a c"), KNOWN)]
)
def test_a_table_of_other_columns_is_refused(given, known):
    with pytest.raises(InputError, match=r"T (has 3 columns of inputs|lacks the column 'b')"):
        inputs_alone(given, known)


def test_a_label_that_is_asked_for_is_no_input():
    known = Schema(scale="as it is", low=0, high=1, columns=(Column(""), Column("")), labels=("1",))
    assert find_roles(header(None, 3), Reading(labels=("-1",), known=known)) == ((2,), (0, 1), None)
