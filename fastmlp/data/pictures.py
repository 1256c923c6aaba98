"""Folders of pictures: one folder a class.

Called by `formats`; calls `errors`.
"""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm"}

Pictures = tuple[NDArray[np.uint8], NDArray[np.str_]]


def holds_pictures(folder: Path) -> bool:
    """Tell whether `folder` has folders with pictures in them, or train/ and test/ that do."""
    return bool(_files(folder)) or bool(_files(folder / "train"))


def read_pictures(folder: Path) -> tuple[Pictures, Pictures | None]:
    """Read <class>/*.png and the like, or train/<class>/... and test/<class>/..., as grey images.

    Returns
    -------
    train, test : (X, y)
        X (n, height, width) uint8, y (n,) the names of the folders. `test` is None if there is no folder test.

    Raises
    ------
    InputError
        A picture can't be read or has another size than the first; the sentence names it.
    """
    train, test = _files(folder / "train"), _files(folder / "test")
    if not train:
        return _read(_files(folder)), None
    if not test:
        raise InputError(f"{folder} has pictures in train/ but none in test/: put some there, or move the classes up.")
    X, y = _read(train + test)
    n_train = len(train)
    return (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])


def _files(folder: Path) -> list[Path]:
    """Return the pictures in the folders of `folder`, sorted, without hidden ones."""
    found = (path for path in folder.glob("*/*") if path.suffix.lower() in _SUFFIXES)
    return sorted(path for path in found if not path.name.startswith(".") and not path.parent.name.startswith("."))


def _read(files: list[Path]) -> Pictures:
    """Read pictures of one size."""
    first = _read_grey(files[0])
    X = np.empty((len(files), *first.shape), np.uint8)
    for row, file in zip(X, files, strict=True):
        grey = _read_grey(file)
        if grey.shape != first.shape:
            sizes = [f"{width} x {height}" for height, width in (grey.shape, first.shape)]
            raise InputError(f"{file} has {sizes[0]} pixels, not {sizes[1]} as {files[0]}: all must have one size.")
        row[:] = grey
    return X, np.array([file.parent.name for file in files])


def _read_grey(file: Path) -> NDArray[np.uint8]:
    """Read one picture as grey values."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file) as picture:
                if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip
                    return (np.asarray(picture, np.uint32) >> 8).astype(np.uint8)
                return np.asarray(picture.convert("L"))
        except Exception as error:  # Pillow's readers raise whatever a damaged file leads them to
            raise InputError(f"{file} can't be read as a picture ({error}).") from None
