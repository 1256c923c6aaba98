"""CSV files: the column of labels, the dtypes, and errors that name the line."""

import errno
from pathlib import Path

import numpy as np
import pytest

from fastmlp.datasets import load_dataset
from fastmlp.datasets.csv_files import read_csv
from fastmlp.errors import InputError


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
        ("kind,a,b\n1,2,3\n0,5,6\n", [[2, 3], [5, 6]], [1, 0]),
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
        found_X, found_y = read_csv(put(tmp_path / "a.csv", text, encoding))
        np.testing.assert_array_equal(found_X, np.array(X, np.uint8), strict=True)
        assert found_y.tolist() == y


@pytest.mark.parametrize("value", ["0.5", "-1", "256", "1e10"])
def test_other_numbers_are_float32(tmp_path: Path, value: str) -> None:
    X, y = read_csv(put(tmp_path / "a.csv", f"1,2,3\n0,5,{value}\n"))
    np.testing.assert_array_equal(X, np.array([[2, 3], [5, float(value)]], np.float32), strict=True)
    assert y.tolist() == [1, 0]


@pytest.mark.parametrize("suffix", ["", ".0"])
def test_more_classes_than_a_byte_has_values(tmp_path: Path, suffix: str) -> None:
    text = "".join(f"class{number},{number % 7}{suffix}\n" for number in range(600))
    X, y = read_csv(put(tmp_path / "a.csv", text))
    assert X[:, 0].tolist() == [number % 7 for number in range(600)]
    assert y.tolist() == [f"class{number}" for number in range(600)]


def test_data_set_of_a_table(tmp_path: Path) -> None:
    lines = "".join(f"{'abc'[row % 3]},{','.join(str(row + column) for column in range(9))}\n" for row in range(14))
    dataset = load_dataset(str(put(tmp_path / "a.csv", lines)))
    assert dataset.classes == ("a", "b", "c")
    assert dataset.image_shape == (3, 3)
    assert (len(dataset.train.X), len(dataset.test.X)) == (12, 2)
    np.testing.assert_array_equal(dataset.train.X[:, 0] % 3, dataset.train.y)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("label,a\n", "a header but no samples"),
        ("1\n2\n", "columns of numbers, separated by commas"),
        ("1;2;3\n", "separated by commas"),
        ("1,2,3\n0,5\n", "line 2: 2 fields instead of 3"),
        ("label,a,b\n1,2,3\n\n0,5,6,7\n", "line 4: 4 fields instead of 3"),
        ("cat,2,3\ndog,5,6,7\n", "line 2: 4 fields instead of 3"),
        ("1,2,3\n0,five,6\n", "line 2, column 2: 'five' is not a finite number"),
        ("1,2,3\n0,,6\n", "line 2, column 2: '' is not a finite number"),
        ("1,2,3\n0,1_0,6\n", "line 2, column 2: '1_0' is not"),
        ("1,2,3\n0,nan,6\n", "line 2, column 2: 'nan' is not a finite number"),
        ("1,2,3\n0,1e60,6\n", "line 2, column 2: '1e60' is not a finite number"),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "line 1, column 3: 'setosa' is not a finite number"),
        ("0.5,2,3\n1.5,5,6\n", "label 0.5 of sample 0 is not a class"),
        ("nan,2,3\n1,5,6\n", "label nan of sample 0 is not a class"),
    ],
)
def test_refuses(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=rf"a\.csv.*{words}"):
        load_dataset(put(tmp_path / "a.csv", text))


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
        read_csv(path)
    path.write_text("label,a\n" + "1,2\r\n" * (4 << 20))  # lines that are short, in a file that is not
    monkeypatch.setattr("fastmlp.datasets.csv_files._read_layout", lambda path: (1, 2, 0))
    monkeypatch.setattr("fastmlp.datasets.csv_files._read_table", lambda *_: (np.zeros((1, 1)), np.array(["1"])))
    read_csv(path)


def test_a_long_label_is_refused(tmp_path: Path) -> None:
    """NumPy would store each of a million labels in as many characters as the longest has."""
    (tmp_path / "a.csv").write_text(f"label,a\ncat,1\n{'x' * 201},2\n")
    with pytest.raises(InputError, match=r"line 3, column 1: the label has 201 characters, of at most 200\."):
        read_csv(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text(f"label,a\ncat,1\n{'x' * 200},2\n")
    assert read_csv(tmp_path / "a.csv")[1].tolist() == ["cat", "x" * 200]


def test_a_long_field_is_not_quoted_in_full(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"label,a\n0,{'9x' * 5000}\n")
    with pytest.raises(
        InputError, match=r"line 2, column 2: '(9x)+9?\.\.\. \(10,002 characters\) is not a finite number"
    ):
        read_csv(tmp_path / "a.csv")
