"""Data sets at a path: IDX folders, .npz and .npy files, and what is refused."""

import errno
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers.small_sets import NAMES, arrays, write_set

from fastmlp.datasets import load_dataset, write_idx
from fastmlp.datasets.formats import has_idx_files
from fastmlp.errors import InputError

X = np.arange(8 * 9, dtype=np.uint8).reshape(8, 9)
Y = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def save(folder: Path, how: str, **named: np.ndarray) -> Path:
    """Save arrays as an .npz file or as a folder of .npy files."""
    if how == "npz":
        np.savez_compressed(folder / "a.npz", **named)
        return folder / "a.npz"
    (folder / "a").mkdir()
    for name, array in named.items():
        np.save(folder / "a" / f"{name}.npy", array)
    return folder / "a"


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        tuple(name.removesuffix(".gz") for name in NAMES),
        tuple(name.replace("-idx", ".idx").replace("t10k", "test") for name in NAMES),
        tuple(f"my-own-{name}" for name in NAMES),
    ],
)
def test_folder_of_idx_files(tmp_path: Path, names: tuple[str, ...]) -> None:
    four = arrays()
    dataset = load_dataset(write_set(tmp_path / "digits", four, names))
    np.testing.assert_array_equal(dataset.train.X, four[0].reshape(12, 784), strict=True)
    np.testing.assert_array_equal(dataset.train.y, four[1].astype(np.int64), strict=True)
    np.testing.assert_array_equal(dataset.test.X, four[2].reshape(6, 784), strict=True)
    np.testing.assert_array_equal(dataset.test.y, four[3].astype(np.int64), strict=True)
    assert dataset.classes == ("0", "1", "2")
    assert dataset.image_shape == (28, 28)
    assert dataset.name == str(tmp_path / "digits")
    assert repr(dataset).endswith("12 + 6 samples of 784 uint8, 3 classes)")


def test_a_plain_idx_file_takes_precedence_over_the_gzipped_one(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "digits", arrays())
    write_idx(folder / "train-labels.idx1-ubyte", np.full(12, 1, np.uint8))
    assert set(load_dataset(folder).train.y) == {1}


def test_idx_labels_of_eight_columns_are_qmnists(tmp_path: Path) -> None:
    four = arrays()
    for at in (1, 3):
        four[at] = np.column_stack([four[at].astype(np.int32), np.full((len(four[at]), 7), 99, np.int32)])
    assert load_dataset(write_set(tmp_path / "digits", four)).train.y.tolist() == [0, 1, 2] * 4


def test_an_idx_folder_that_lacks_a_file(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "digits", arrays())
    (folder / NAMES[3]).unlink()
    with pytest.raises(InputError, match=r"digits lacks the test labels: put t10k-labels-idx1-ubyte\.gz there"):
        load_dataset(folder)


def test_an_idx_folder_with_two_files_for_one_role(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "digits", arrays())
    write_idx(folder / "test-labels-idx1-ubyte", np.zeros(6, np.uint8))
    with pytest.raises(InputError, match=r"two files for the test labels, t10k-labels.* and test-labels"):
        load_dataset(folder)


@pytest.mark.parametrize("how", ["npz", "npy"])
@pytest.mark.parametrize(
    "keys", [("X_train", "y_train", "X_test", "y_test"), ("x_train", "y_train", "x_test", "y_test")]
)
def test_arrays_with_a_split(tmp_path: Path, how: str, keys: tuple[str, ...]) -> None:
    path = save(tmp_path, how, **dict(zip(keys, (X.reshape(8, 3, 3), Y, X[:2].reshape(2, 3, 3), Y[:2]), strict=True)))
    dataset = load_dataset(str(path))
    np.testing.assert_array_equal(dataset.train.X, X, strict=True)
    np.testing.assert_array_equal(dataset.test.y, Y[:2], strict=True)
    assert dataset.image_shape == (3, 3)
    assert dataset.train.X.flags.writeable


@pytest.mark.parametrize("how", ["npz", "npy"])
def test_arrays_without_a_split_give_a_seventh_to_the_test_set(tmp_path: Path, how: str) -> None:
    X = np.arange(70 * 3, dtype=np.float32).reshape(70, 3)
    y = np.arange(70) % 5
    path = save(tmp_path, how, X=X, y=y)
    dataset = load_dataset(path)
    assert (len(dataset.train.X), len(dataset.test.X)) == (60, 10)
    assert dataset.image_shape is None
    np.testing.assert_array_equal(load_dataset(path).test.X, dataset.test.X)
    assert 5 < dataset.test.X[:, 0].mean() / 3 < 64  # drawn at random: neither the first rows nor the last


def test_npy_files_with_a_split_are_mapped_copy_on_write(tmp_path: Path) -> None:
    path = save(tmp_path, "npy", X_train=X, y_train=Y, X_test=X, y_test=Y)
    before = (path / "X_train.npy").read_bytes()
    train = load_dataset(path).train.X
    base: object = train
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    train[:] = 7
    assert (path / "X_train.npy").read_bytes() == before


@pytest.mark.parametrize("how", ["npz", "npy"])
@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"X": X, "y": Y[:-1]}, "8 samples but 7 labels"),
        ({"X": X.astype(object), "y": Y}, "can't be read"),
        ({"X": X}, "must hold arrays named X and y.*but holds X"),
        ({"X_train": X, "y_train": Y, "X_test": X[:0], "y_test": Y[:0]}, "test set: there are no samples"),
    ],
)
def test_refuses_wrong_arrays_and_names_the_path(
    tmp_path: Path, how: str, named: dict[str, np.ndarray], words: str
) -> None:
    path = save(tmp_path, how, **named)
    with pytest.raises(InputError, match=words) as caught:
        load_dataset(path)
    assert str(path) in str(caught.value)


def npy_of_a_terabyte() -> bytes:
    """Return the start of an .npy file whose header claims a terabyte."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (1 << 20, 1 << 20)})
    return file.getvalue() + bytes(100)


@pytest.mark.parametrize("content", [b"", b"no array", npy_of_a_terabyte(), npy_of_a_terabyte()[:20]])
def test_refuses_a_bad_npy_file(tmp_path: Path, content: bytes) -> None:
    path = save(tmp_path, "npy", X=X, y=Y)
    (path / "X.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"X\.npy can't be read"):
        load_dataset(path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + bytes(40), npy_of_a_terabyte()])
def test_refuses_a_bad_npz_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npz"):
        load_dataset(tmp_path / "a.npz")


def test_refuses_an_npy_file_called_npz(tmp_path: Path) -> None:
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, X)
    with pytest.raises(InputError, match=r"is an \.npy file, not an \.npz archive"):
        load_dataset(tmp_path / "a.npz")


@pytest.mark.parametrize("damage", ["member of a terabyte", "flipped", "no deflate stream"])
def test_refuses_a_damaged_npz_member(tmp_path: Path, damage: str) -> None:
    path = save(tmp_path, "npz", X=np.random.default_rng(0).integers(0, 256, (99, 99), np.uint8), y=np.zeros(99, int))
    if damage == "no deflate stream":
        content = bytearray(path.read_bytes())
        content[30 + len("X.npy") + int.from_bytes(content[28:30], "little")] = 0x07  # a block type that is not
        path.write_bytes(content)
    elif damage == "flipped":
        content = bytearray(path.read_bytes())
        content[2000] ^= 0xFF
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("X.npy", npy_of_a_terabyte())
            archive.writestr("y.npy", npy_of_a_terabyte())
    with pytest.raises(InputError, match=r"a\.npz"):
        load_dataset(path)


def test_refuses_a_path_without_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no data")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 0, 1, 1))
    for name in ("empty", "notes.txt", "train-images-idx3-ubyte"):
        with pytest.raises(InputError, match=f"{name} holds no data set: give a folder of four IDX files"):
            load_dataset(tmp_path / name)
    with pytest.raises(InputError, match="There is no file or folder"):
        load_dataset(tmp_path / "missing.npz")


def test_refuses_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    folder = write_set(tmp_path / "digits", arrays())
    monkeypatch.setattr(Path, "iterdir", denied)  # not chmod, which does not hold back root
    for ask in (load_dataset, has_idx_files):
        with pytest.raises(InputError, match="digits can't be read: Permission denied"):
            ask(folder)


def test_out_of_memory_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    path = save(tmp_path, "npy", X=X, y=Y)
    monkeypatch.setattr("fastmlp.datasets.assemble.np.zeros", no_memory)
    with pytest.raises(InputError, match=r"does not fit in memory.*X_train\.npy"):
        load_dataset(path)
