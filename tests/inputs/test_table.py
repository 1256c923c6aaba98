"""Tables: columns of numbers and texts, their inputs, and how a new table is matched with that of the training."""

import numpy as np
import pytest

from fastmlp import InputError
from fastmlp.inputs.schema import Column
from fastmlp.inputs.table import Table, columns_of, encoded, matched, table_of_columns


def table(**columns: object) -> Table:
    return table_of_columns(((name, np.asarray(values)) for name, values in columns.items()), "T")


CITIES = {"age": [30.0, 40.0, 50.0], "city": ["Rome", "Bern", "Rome"], "rich": [1, 0, 1], "old": [True, False, True]}


def test_a_column_of_text_becomes_one_input_for_each_text():
    given = table(**CITIES)
    columns = columns_of(given, (0, 1, 2, 3))
    texts = {"city": ("Bern", "Rome"), "old": ("False", "True")}
    assert columns == tuple(Column(name, texts.get(name, ())) for name in CITIES)
    wanted = np.array([[30, 0, 1, 1, 0, 1], [40, 1, 0, 0, 1, 0], [50, 0, 1, 1, 0, 1]])
    np.testing.assert_array_equal(encoded(given, columns, (0, 1, 2, 3)), wanted)


def test_texts_of_a_new_table_are_matched_by_what_they_say():
    columns = columns_of(table(**CITIES), (0, 1, 2))
    new = table(age=[1.0], city=["Rome"], rich=[0])
    np.testing.assert_array_equal(encoded(new, columns, (0, 1, 2)), [[1, 0, 1, 0]])
    with pytest.raises(
        InputError, match=r"T, row 2, column 'city': the network was not trained on 'Oslo'; it knows Bern, Rome"
    ):
        encoded(table(age=[1.0, 2.0], city=["Rome", "Oslo"], rich=[1, 0]), columns, (0, 1, 2))
    with pytest.raises(InputError, match="column 'city', holds numbers, and the network was trained on texts"):
        encoded(table(age=[1.0], city=[5.0], rich=[0]), columns, (0, 1, 2))


@pytest.mark.parametrize(
    ("arrays", "dtype"),
    [
        ([np.uint8([1, 2]), np.array([3, 4])], np.uint8),
        ([np.float32([1, 2]), np.array([True, False])], np.float32),
        ([np.float32([1, 2]), np.float32([3, 4])], np.float32),
        ([np.array([1.5, 2.0]), np.array([3, 300])], np.float64),
        ([np.array([1, 2], object), np.array(["a", "b"], object)], np.float64),
    ],
)
def test_the_dtype_of_the_numbers(arrays, dtype):
    assert table_of_columns(zip("ab", arrays, strict=True), "T").numbers.dtype == dtype


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, np.nan], "row 2, column 'a': the value is missing"),
        (np.array(["x", None], object), "row 2, column 'a': the value is missing"),
        ([np.inf, 1.0], "row 1, column 'a', is inf: pass finite numbers"),
        (np.array([1, "x"], object), "column 'a', holds numbers and texts: pass numbers or texts"),
        (np.array(["2020-01-01"], "datetime64[D]"), r"column 'a', is of dtype datetime64\[D\]"),
        (np.array([[1], [2]], object)[:, 0:1], "column 'a', holds arrays"),
        (np.array([10**400, 1], object), "column 'a', holds"),
        (["x", " "], "row 2, column 'a': the value is missing"),
        ([], "T is empty"),
    ],
)
def test_refuses(values, words):
    with pytest.raises(InputError, match=words):
        table(a=values)


def test_a_name_for_each_row_is_no_input():
    with pytest.raises(InputError, match=r"column 'name', has 101 different texts, such as .*; leave the column out"):
        columns_of(table(name=[f"n{k}" for k in range(101)]), (0,))


def test_columns_are_found_by_name():
    columns = (Column("a"), Column("b"))
    assert matched("T", ("id", "b", "y", "a"), (), columns) == (3, 1)
    with pytest.raises(InputError, match=r"T lacks the column 'b' of the training: did you mean 'bb'\?"):
        matched("T", ("a", "bb"), (0, 1), columns)
    with pytest.raises(InputError, match="T has two columns called 'b': rename one"):
        matched("T", ("a", "b", "b"), (0, 1), columns)


def test_columns_without_names_are_counted():
    assert matched("T", None, (0, 2), (Column(""), Column(""))) == (0, 2)
    assert matched("T", ("x", "y"), (0, 1), (Column(""), Column(""))) == (0, 1)
    with pytest.raises(InputError, match="T has 3 columns of inputs, and the network was trained on 2"):
        matched("T", None, (0, 1, 2), (Column("a"), Column("b")))
