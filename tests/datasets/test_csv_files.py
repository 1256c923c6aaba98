"""CSV files: the column of labels, the dtypes, and errors that name the line."""

import contextlib
import errno
import gzip
from pathlib import Path

import numpy as np
import pytest

from fastmlp.datasets import csv_files, load_dataset
from fastmlp.datasets.reading import AS_USUAL, Header, Roles, find_roles
from fastmlp.errors import InputError
from fastmlp.inputs.table import Table


def as_labelled(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers and the labels of a table, as they are before they become a data set."""
    table, _, roles = csv_files.read_csv(path, lambda header: find_roles(header, AS_USUAL))
    (label,) = roles.labels
    labels = table.values(label)
    with contextlib.suppress(ValueError):
        labels = labels.astype(np.float64)
    return table.numbers[:, list(roles.inputs)], labels


def put(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("text", "X", "y"),
    [
        ("1,2,3\n0,5,6\n", [[2, 3], [5, 6]], [1, 0]),
        ("label,a,b\n1,2,3\n0,5,6\n", [[2, 3], [5, 6]], [1, 0]),
        ("label,0,1\n1,2,3\n0,5,6\n", [[2, 3], [5, 6]], [1, 0]),
        ("x, y , Class\n2,3,1\n5,6,0\n", [[2, 3], [5, 6]], [1, 0]),
        ("x,digit,z\n2,1,3\n5,0,6\n", [[2, 3], [5, 6]], [1, 0]),
        ("kind,a,b\ncat,2,3\ndog,5,6\n", [[2, 3], [5, 6]], ["cat", "dog"]),
        ("a,b,kind\n2,3,cat\n5,6,dog\n", [[2, 3], [5, 6]], ["cat", "dog"]),
        ("a,b,kind_of_label\n2,3,1\n5,6,0\n", [[2, 3], [5, 6]], [1, 0]),
        ("0,1,2,3\n1,2,3,4\n0,5,6,7\n", [[2, 3, 4], [5, 6, 7]], [1, 0]),
        ("label;a;b\n1;2;3\n0;5;6\n", [[2, 3], [5, 6]], [1, 0]),
        ("label\ta\tb\n1\t2\t3\n0\t5\t6\n", [[2, 3], [5, 6]], [1, 0]),
        ("2,3,cat\n5,6,dog\n", [[2, 3], [5, 6]], ["cat", "dog"]),
        ("0,1,2,kind\n4,5,6,cat\n7,8,9,dog\n", [[4, 5, 6], [7, 8, 9]], ["cat", "dog"]),
        ("kind,1,2,3\ncat,4,5,6\ndog,7,8,9\n", [[4, 5, 6], [7, 8, 9]], ["cat", "dog"]),
        ("cat,1,2,3\ndog,4,5,6\ncat,7,8,9\n", [[1, 2, 3], [4, 5, 6], [7, 8, 9]], ["cat", "dog", "cat"]),
        ("y,2,3\nn,5,6\ny,7,8\n", [[2, 3], [5, 6], [7, 8]], ["y", "n", "y"]),
        ('label,"a;b;c;d",e\n1,2,3\n0,5,6\n', [[2, 3], [5, 6]], [1, 0]),
        ("cat;2;3\ndog;5;6\n", [[2, 3], [5, 6]], ["cat", "dog"]),
        ("\n1,2,3\n\n0,5,6", [[2, 3], [5, 6]], [1, 0]),
        ('"label","a,b","c"\r\n"1","2",3\r\n0,5,6\r\n', [[2, 3], [5, 6]], [1, 0]),
        ("cat,2,3\ndog,5,6\ncat,7,8\n", [[2, 3], [5, 6], [7, 8]], ["cat", "dog", "cat"]),
        ("a,target\n2,b\n5, a\n", [[2], [5]], ["b", "a"]),
        ("300,2,3\n0,5,255\n", [[2, 3], [5, 255]], [300, 0]),
        ("1,2.0,3\n0,5,6.0\n", [[2, 3], [5, 6]], [1, 0]),
    ],
)
def test_layouts_of_bytes(tmp_path: Path, text: str, X: list[list[int]], y: list[object]) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        found_X, found_y = as_labelled(put(tmp_path / "a.csv", text, encoding))
        np.testing.assert_array_equal(found_X, np.array(X, np.uint8), strict=True)
        assert found_y.tolist() == y


@pytest.mark.parametrize(
    ("value", "dtype"), [("0.5", "f4"), ("-1", "f4"), ("256", "f4"), ("1700000001", "f8"), ("1e10", "f8")]
)
def test_other_numbers_are_floats(tmp_path: Path, value: str, dtype: str) -> None:
    X, y = as_labelled(put(tmp_path / "a.csv", f"1,2,3\n0,5,{value}\n"))
    np.testing.assert_array_equal(X, np.array([[2, 3], [5, float(value)]], dtype), strict=True)
    assert y.tolist() == [1, 0]


@pytest.mark.parametrize("suffix", ["", ".0"])
def test_more_classes_than_a_byte_has_values(tmp_path: Path, suffix: str) -> None:
    text = "".join(f"class{number},{number % 7}{suffix}\n" for number in range(600))
    X, y = as_labelled(put(tmp_path / "a.csv", text))
    assert X[:, 0].tolist() == [number % 7 for number in range(600)]
    assert y.tolist() == [f"class{number}" for number in range(600)]


def test_data_set_of_a_table(tmp_path: Path) -> None:
    lines = "".join(f"{'abc'[row % 3]},{','.join(str(row + column) for column in range(9))}\n" for row in range(14))
    dataset = load_dataset(str(put(tmp_path / "a.csv", lines)))
    assert dataset.classes == ("a", "b", "c")
    assert dataset.image_shape is None
    assert dataset.schema.scale == "standardized"
    assert (len(dataset.train.X), len(dataset.test.X)) == (12, 2)
    np.testing.assert_array_equal(dataset.train.X[:, 0] % 3, dataset.train.y)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("label,a\n", "a header but no samples"),
        ("1\n2\n", "columns of numbers, separated by commas"),
        ("kind,a,b\n1,2,3\n0,5,6\n", "does not say which column holds the labels: 'kind', 'a', 'b'; pass --label"),
        ("label,a\n1,1;5\n2,2;5\n0,3\n", "line 2, column 'a': '1;5' is not a finite number"),
        (
            "label;a\nb;1,5\nc;2,5\n",
            "column 'a', has '1,5': write decimals with a point, and no commas between thousands",
        ),
        ("1,2,3\n0,5\n", "line 2: 2 fields instead of 3"),
        ("label,a,b\n1,2,3\n\n0,5,6,7\n", "line 4: 4 fields instead of 3"),
        ("cat,2,3\ndog,5,6,7\n", "line 2: 4 fields instead of 3"),
        ("1,2,3\n0,five,6\n", "line 2, column 2: 'five' is not a finite number"),
        ("1,2,3\n0,,6\n", "line 2, column 2: the value is missing; fill it in, or leave the line or the column out"),
        ("1,2,3\n0,1_0,6\n", "line 2, column 2: '1_0' is not"),
        ("1,2,3\n0,nan,6\n", "line 2, column 2: the value is missing"),
        ("1,2,3\n0,1e60,6\n", "line 2, column 2: '1e60' is not a finite number"),
        ("label,a,b\n1,x,2\n0,?,3\n", "line 3, column 'a': the value is missing"),
        ("label,a,b,c\n1,2,3\n0,5,6\n", "line 2: 3 fields instead of 4"),
        ("label,a\n1,2,3\n0,5,6\n", "line 2: 3 fields instead of 2"),
        ("label,a\n1,2\n,3\n", "line 3, column 'label': there is no label; add it"),
        ("0.5,2,3\n1.5,5,6\n", "label 0.5 of sample 0 is not a class"),
        ("nan,2,3\n1,5,6\n", "label nan of sample 0 is not a class"),
    ],
)
def test_refuses(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=rf"a\.csv.*{words}"):
        load_dataset(put(tmp_path / "a.csv", text))


def test_a_tsv_file_is_split_at_tabs(tmp_path: Path) -> None:
    X, y = as_labelled(put(tmp_path / "a.tsv", "label\ta,b,c\td,e,f\n1\t2\t3\n0\t5\t6\n"))
    assert (X.tolist(), y.tolist()) == ([[2, 3], [5, 6]], [1, 0])


def test_a_damaged_gzipped_file_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(b"label,a\n" + b"1,2\n0,3\n" * 1000))
    for damaged in (content[:60], content[:30] + b"xxxx" + content[34:]):
        (tmp_path / "a.csv.gz").write_bytes(damaged)
        with pytest.raises(InputError, match=r"a\.csv\.gz is not a CSV file of UTF-8 text"):
            load_dataset(tmp_path / "a.csv.gz")


def test_columns_that_nobody_needs_may_hold_anything(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "label,a,note\n1,2,\n0,5,nan\n1,3,7\n")
    table, _, _ = csv_files.read_csv(path, lambda header: Roles((0,), (1,)))
    assert table.numbers[:, 1].tolist() == [2, 5, 3]


def test_refuses_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2,3\n\xff\xfe,5,6\n")
    with pytest.raises(InputError, match="not a CSV file of UTF-8 text"):
        load_dataset(tmp_path / "a.csv")


def test_refuses_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    put(tmp_path / "a.csv", "1,2,3\n")
    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(InputError, match=r"can't be read: .*Permission denied.*a\.csv"):
        load_dataset(tmp_path / "a.csv")


def test_a_file_without_line_ends_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bytes(17 << 20))
    with pytest.raises(InputError, match=r"a\.csv has a line of more than 16,777,216 bytes: give each sample a line\."):
        as_labelled(path)
    path.write_text("label,a\n" + "1,2\r\n" * (4 << 20))  # lines that are short, in a file that is not
    layout = csv_files._Layout(",", 1, Header("a.csv", ("label", "a"), 2))
    monkeypatch.setattr("fastmlp.datasets.csv_files._read_layout", lambda *_: layout)
    monkeypatch.setattr("fastmlp.datasets.csv_files._read_as", lambda *_: (np.zeros((1, 2)), {0: ("1",)}))
    assert isinstance(csv_files.read_csv(path, lambda header: find_roles(header, AS_USUAL))[0], Table)


def test_a_long_label_is_refused(tmp_path: Path) -> None:
    """NumPy would store each of a million labels in as many characters as the longest has."""
    (tmp_path / "a.csv").write_text(f"label,a\ncat,1\n{'x' * 201},2\n")
    with pytest.raises(InputError, match=r"line 3, column 'label': the text has 201 characters, of at most 200\."):
        as_labelled(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(f"label,a\ncat,1\n{'x' * 200},2\n")
    assert as_labelled(tmp_path / "a.csv")[1].tolist() == ["cat", "x" * 200]


def test_a_long_field_is_not_quoted_in_full(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"label,a\n1,2\n0,{'9x' * 5000}\n")
    with pytest.raises(
        InputError, match=r"line 3, column 'a': '(9x)+9?\.\.\. \(10,002 characters\) is not a finite number"
    ):
        as_labelled(tmp_path / "a.csv")
