"""Assembling a data set from arrays: the dtypes, the labels, the classes, the split, and what is refused."""

import numpy as np
import pytest

from fastmlp.datasets import Dataset
from fastmlp.datasets.assemble import assemble
from fastmlp.errors import InputError

X = np.arange(8 * 9, dtype=np.uint8).reshape(8, 9)
Y = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def both(X: np.ndarray, y: object = Y) -> Dataset:
    """Assemble a data set whose test set is its training set."""
    return assemble("set", (X, np.asarray(y)), (X, np.asarray(y)))


def test_images_become_rows() -> None:
    dataset = assemble("set", (X.reshape(8, 3, 3), Y), (X[:2].reshape(2, 3, 3), Y[:2]))
    np.testing.assert_array_equal(dataset.train.X, X, strict=True)
    np.testing.assert_array_equal(dataset.test.X, X[:2], strict=True)
    np.testing.assert_array_equal(dataset.test.y, Y[:2], strict=True)
    assert dataset.name == "set"


@pytest.mark.parametrize(
    ("shape", "image_shape"),
    [
        ((8, 9), None),
        ((1, 64), (8, 8)),
        ((1, 72), None),
        ((8, 1, 9), (1, 9)),
        ((12, 6), None),
        ((8, 3, 3, 1), (3, 3)),
        ((8, 1, 3, 3), (3, 3)),
        ((2, 3, 4, 3), None),
    ],
)
def test_image_shapes(shape: tuple[int, ...], image_shape: tuple[int, int] | None) -> None:
    X = np.resize(np.arange(256, dtype=np.uint8), shape)
    assert both(X, np.zeros(shape[0], int)).image_shape == image_shape


def test_colour_images_become_three_planes() -> None:
    images = np.random.default_rng(0).integers(0, 256, (8, 4, 5, 3), np.uint8)
    last, first = both(images), both(images.transpose(0, 3, 1, 2))
    for dataset in (last, first):
        assert dataset.schema is not None
        assert dataset.schema.image_shape == (3, 4, 5)
        np.testing.assert_array_equal(dataset.train.X.reshape(8, 3, 4, 5)[:, 1], images[..., 1])


@pytest.mark.parametrize("n", [2, 6, 7, 13, 70, 1000])
def test_without_a_split_a_seventh_becomes_the_test_set(n: int) -> None:
    X = np.arange(n * 3, dtype=np.float32).reshape(n, 3)
    y = np.arange(n) % 5
    dataset = assemble("set", (X, y), None)
    assert len(dataset.test.X) == max(1, n // 7)
    for split in (dataset.train, dataset.test):  # each in the order of the source, with its labels
        rows = (split.X[:, 0] / 3).astype(int)
        assert (np.diff(rows) > 0).all()
        np.testing.assert_array_equal(split.X, X[rows])
        np.testing.assert_array_equal(split.y, y[rows])
    together = np.concatenate([dataset.train.X, dataset.test.X])
    assert len(together) == n
    assert len(np.unique(together[:, 0])) == n
    np.testing.assert_array_equal(assemble("other", (-X, y), None).test.X, -dataset.test.X)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.uint8, np.uint8),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (">f8", np.float64),
        (np.float16, np.float32),
        (bool, np.float32),
        (np.int64, np.uint8),
    ],
)
def test_dtypes(given: type, expected: type) -> None:
    dataset = both(X.astype(given))
    np.testing.assert_array_equal(dataset.train.X, X.astype(given).astype(expected), strict=True)
    assert dataset.train.X.dtype.isnative


@pytest.mark.parametrize("outlier", [-1, 256])
def test_integers_that_are_no_bytes_become_floats_in_both_splits(outlier: int) -> None:
    test = X.astype(np.int32)
    test[3, 3] = outlier
    dataset = assemble("set", (X.astype(np.int32), Y), (test, Y))
    assert dataset.train.X.dtype == dataset.test.X.dtype == np.float32
    assert dataset.test.X[3, 3] == outlier


def test_arrays_of_the_right_dtype_and_order_are_not_copied() -> None:
    for dtype in (np.uint8, np.float32, np.float64):
        given = X.astype(dtype)
        assert np.shares_memory(both(given).train.X, given)


def test_columns_in_fortran_order_become_rows() -> None:
    dataset = both(np.asfortranarray(X))
    assert dataset.train.X.flags.c_contiguous
    np.testing.assert_array_equal(dataset.train.X, X)


@pytest.mark.parametrize(
    ("labels", "numbers", "classes"),
    [
        (["b", "a", "c", "a"] * 2, [1, 0, 2, 0] * 2, ("a", "b", "c")),
        (["10", "2", "10", "9"] * 2, [2, 0, 2, 1] * 2, ("2", "9", "10")),
        ([0, 3, 0, 1] * 2, [0, 3, 0, 1] * 2, ("0", "1", "2", "3")),
        ([0.0, 2.0, 1.0, 2.0] * 2, [0, 2, 1, 2] * 2, ("0", "1", "2")),
        ([[1], [0], [1], [1]] * 2, [1, 0, 1, 1] * 2, ("0", "1")),
        ([True, False] * 4, [1, 0] * 4, ("0", "1")),
    ],
)
def test_labels(labels: list[object], numbers: list[int], classes: tuple[str, ...]) -> None:
    dataset = both(X, labels)
    np.testing.assert_array_equal(dataset.train.y, np.array(numbers, np.int64), strict=True)
    assert dataset.classes == classes


def test_classes_are_those_of_both_splits() -> None:
    dataset = assemble("set", (X[:2], np.array(["d", "b"])), (X[:2], np.array(["a", "b"])))
    assert dataset.classes == ("a", "b", "d")
    assert dataset.train.y.tolist() == [2, 1]
    assert dataset.test.y.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ((X[:0], Y[:0]), None, "train set: there are no samples"),
        ((X[:, :0], Y), None, "there are no samples"),
        ((X, Y[:-1]), None, "8 samples but 7 labels"),
        ((X[:, 0], Y), None, "must have two dimensions.*have 1"),
        ((X.astype(complex), Y), None, "must be numbers.*complex128"),
        ((X.astype(str), Y), None, "must be numbers.*<U"),
        ((X, np.eye(8)), None, r"one class per sample, not an array of shape \(8, 8\)"),
        ((X, Y - 1), None, "label -1 of sample 0 is not a class"),
        ((X, Y + 0.5), None, "label 0.5 of sample 0 is not a class"),
        ((X, Y * np.nan), None, "label nan of sample 0 is not a class"),
        ((X, Y * 10**9), None, "label 1000000000 of sample 1 is not a class"),
        ((X, np.array([b"a"] * 8)), None, r"class numbers or names.*\|S1"),
        ((X[:1], Y[:1]), None, "one sample can't be split"),
        ((X, Y), (X[:, :8], Y), r"of shape \(9,\), test samples of \(8,\)"),
        ((X, Y), (X / 255, Y), "inputs are uint8, test inputs float64"),
        ((X, Y), (X, Y.astype(str)), "both be class numbers or both be names"),
        ((X, Y), (X[:0], Y[:0]), "test set: there are no samples"),
    ],
)
def test_refuses(train: tuple, test: tuple | None, words: str) -> None:
    with pytest.raises(InputError, match=rf"^a/path.*{words}"):
        assemble("a/path", train, test)


def test_names_of_many_digits_are_sorted_as_texts() -> None:
    """Python refuses to read a number of 5,000 digits."""
    y = np.array(["9" * 5000, "10", "2"])
    assert assemble("a", (np.zeros((3, 2)), y), (np.zeros((3, 2)), y)).classes == ("10", "2", "9" * 5000)


def test_names_of_classes_can_be_shown() -> None:
    y = np.array(["\x1b[31mred", "two\nlines"])
    assert assemble("a", (np.zeros((2, 2)), y), (np.zeros((2, 2)), y)).classes == (r"\x1b[31mred", r"two\nlines")


def test_odd_numbers_give_no_warning() -> None:
    """Signalling NaN and numbers too large for float32 make NumPy warn; the network refuses them later."""
    X = np.array([[0x7FA00000, 0, 1]], np.uint32).view(np.float32).repeat(8, 0)
    assemble("a", (X, np.arange(8)), None)
    assemble("a", (np.full((8, 2), 1e300, np.longdouble), np.arange(8)), None)
    with pytest.raises(InputError, match="is not a class"):
        assemble("a", (np.zeros((8, 2)), X[:, 0]), None)
