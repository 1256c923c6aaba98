"""Data sets that need not fit in memory: their files are mapped read-only, and nothing copies them."""

from pathlib import Path

import numpy as np
import pytest

from fastmlp.datasets import load_dataset, write_idx
from fastmlp.errors import InputError
from fastmlp.system.file_arrays import FileArray

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.integers(0, 256, (60, 5, 4), np.uint8), RNG.integers(0, 3, 60).astype(np.uint8)


@pytest.fixture(autouse=True)
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastmlp.system.file_arrays.LARGE", 0)


def idx_folder(folder: Path, images: np.ndarray) -> Path:
    for prefix, n in (("train", 60), ("t10k", 20)):
        write_idx(folder / f"{prefix}-images-idx3-ubyte", images[:n])
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", LABELS[:n])
    return folder


def npy_folder(folder: Path, images: np.ndarray) -> Path:
    for split, n in (("train", 60), ("test", 20)):
        np.save(folder / f"X_{split}.npy", images[:n])
        np.save(folder / f"y_{split}.npy", LABELS[:n])
    return folder


@pytest.mark.parametrize("write", [idx_folder, npy_folder])
@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f4", ">f8"])
def test_samples_stay_in_the_file(tmp_path: Path, write, dtype: str) -> None:
    images = IMAGES if dtype == "u1" else (IMAGES / 255).astype(dtype)
    dataset = load_dataset(write(tmp_path, images))
    for X, n in ((dataset.train.X, 60), (dataset.test.X, 20)):
        np.testing.assert_array_equal(X, images[:n].reshape(n, 20))
        stored = FileArray.behind(X)
        assert stored is not None
        assert stored.path.parent == tmp_path
        assert not X.flags.writeable
    assert (dataset.image_shape, dataset.classes) == ((5, 4), ("0", "1", "2"))
    np.testing.assert_array_equal(dataset.train.y, LABELS)


@pytest.mark.parametrize("dtype", ["i2", ">i4", "i8", "?"])
def test_whole_numbers_become_bytes_or_floats_in_memory(tmp_path: Path, dtype: str) -> None:
    X = load_dataset(npy_folder(tmp_path, (IMAGES // 2).astype(dtype))).train.X
    assert X.dtype == (np.float32 if dtype == "?" else np.uint8)
    assert FileArray.behind(X) is None


def test_samples_that_are_too_many_to_be_split_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "X.npy", IMAGES)
    np.save(tmp_path / "y.npy", LABELS)
    monkeypatch.setattr("fastmlp.datasets.assemble.memory", lambda: 2 * IMAGES.nbytes)
    assert len(load_dataset(tmp_path).test.X) == 8
    monkeypatch.setattr("fastmlp.datasets.assemble.memory", lambda: 2 * IMAGES.nbytes - 2)
    with pytest.raises(InputError, match="too many to be split in memory: store X_train, y_train, X_test and y_test"):
        load_dataset(tmp_path)
