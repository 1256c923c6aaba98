"""Large arrays in files: which are read from there, what is read, and what is said if it can't be."""

import os

import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.system.file_arrays import FileArray, is_large, map_mode

X = np.random.default_rng(0).integers(0, 256, (50, 12), np.uint8)


def content(array):
    """Return the rows of a mapped array, as they are read from its file."""
    stored = FileArray.behind(array)
    assert stored.shape == array.shape
    rows = np.empty(stored.shape, stored.dtype)
    with stored.open() as file:
        stored.announce(file, 0, len(rows))
        stored.read(file, 0, rows[:7])
        stored.read(file, 7, rows[7:])
    return rows


@pytest.mark.parametrize(
    "view",
    [
        lambda X: X,
        lambda X: X[20:40],
        lambda X: X[3:].reshape(-1, 3, 4).reshape(-1, 12)[2:],
        lambda X: np.ascontiguousarray(np.asarray(X)[5:].reshape(len(X) - 5, -1)),
        lambda X: X.view(">f4"),
        lambda X: X[:1],
    ],
)
def test_a_view_of_a_map_is_read_from_its_place_in_the_file(on_disk, view):
    mapped = on_disk(X)
    np.testing.assert_array_equal(content(view(mapped)), view(mapped))


def test_a_file_without_a_header(on_disk, tmp_path):
    on_disk(X)
    X.tofile(tmp_path / "raw")
    for offset in (0, 24):
        np.testing.assert_array_equal(
            content(np.memmap(tmp_path / "raw", np.uint8, "r", offset, (40, 12))), X[offset // 12 :][:40]
        )
    with (tmp_path / "raw").open("rb") as file:
        np.testing.assert_array_equal(content(np.memmap(file, np.uint8, "r", 0, (50, 12))), X)


def test_other_arrays_are_not_read_from_a_file(on_disk, tmp_path):
    mapped = on_disk(X)
    changeable = [np.load(tmp_path / "X.npy", mmap_mode=mode) for mode in ("c", "r+")]
    for array in (X, mapped[::2], mapped[:, :5], mapped.T, mapped[0], mapped.reshape(5, 10, 12), mapped[[1, 2]]):
        assert FileArray.behind(array) is None
    for array in changeable:
        assert FileArray.behind(array) is None
        assert FileArray.behind(np.asarray(array)) is None


def test_what_is_large_does_not_depend_on_the_machine(tmp_path):
    assert [is_large(n) for n in (1, 1 << 30, (1 << 30) + 1)] == [False, False, True]
    assert [map_mode(n) for n in (1, 1 << 30, (1 << 30) + 1)] == ["c", "c", "r"]
    np.save(tmp_path / "X.npy", X)
    assert FileArray.behind(np.load(tmp_path / "X.npy", mmap_mode="r")) is None


@pytest.mark.parametrize("what", ["gone", "replaced", "cut"])
def test_a_file_that_is_no_longer_the_mapped_one(on_disk, tmp_path, what):
    mapped, path = on_disk(X), tmp_path / "X.npy"
    path.rename(tmp_path / "old.npy")
    if what == "replaced":
        np.save(path, X[::-1])
    elif what == "cut":
        path.write_bytes((tmp_path / "old.npy").read_bytes()[:-1])
    words = {"gone": "No such file", "replaced": "another file", "cut": "it is shorter than it was"}[what]
    with pytest.raises(
        InputError, match=rf"^The samples in '.*X.npy' can't be read \({words}.*\): restore the file\.$"
    ):
        FileArray.behind(mapped)


def test_a_file_that_is_cut_while_it_is_read(on_disk, tmp_path):
    stored = FileArray.behind(on_disk(X))
    rows = np.empty((10, 12), np.uint8)
    with stored.open() as file:
        os.truncate(tmp_path / "X.npy", stored.offset + 45 * 12)
        stored.read(file, 35, rows)
        with pytest.raises(InputError, match="shorter than it was"):
            stored.read(file, 36, rows)
