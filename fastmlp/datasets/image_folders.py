"""Folders of pictures, one folder for each class.

All pictures are converted to grey by the same formula, and 16-bit values are divided by 256, so that a grey value means
the same brightness in each of them. `digit_picture`, in contrast, adapts to the single picture that it reads.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.picture_files import open_picture
from fastmlp.errors import InputError
from fastmlp.system.input_files import check_memory

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm"}

Pictures = tuple[NDArray[np.uint8], NDArray[np.str_]]


def holds_pictures(folder: Path) -> bool:
    """Return True if `folder` has folders with pictures in them, or if its folder train/ has."""
    return bool(_files(folder)) or bool(_files(folder / "train"))


def read_pictures(folder: Path) -> tuple[Pictures, Pictures | None]:
    """Read <class>/*.png, or train/<class>/*.png and test/<class>/*.png, as grey images; other formats work too.

    Returns
    -------
    train, test : (X, y)
        X (n, height, width) uint8, y (n,) the names of the folders. `test` is None if there is no folder train/.

    Raises
    ------
    InputError
        A picture can't be read or has another size than the first one. The message names it.
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
    """Return the pictures in the folders of `folder`, sorted; hidden files and folders are left out."""
    found = (path for path in folder.glob("*/*") if path.suffix.lower() in _SUFFIXES)
    return sorted(path for path in found if not path.name.startswith(".") and not path.parent.name.startswith("."))


def _read(files: list[Path]) -> Pictures:
    """Read pictures, which must have one size, and name each one's class after its folder."""
    first = _read_grey(files[0])
    check_memory(str(files[0].parent.parent), len(files) * first.size, "scale the pictures down")
    X = np.empty((len(files), *first.shape), np.uint8)
    for row, file in zip(X, files, strict=True):
        grey = _read_grey(file)
        if grey.shape != first.shape:
            sizes = [f"{width} x {height}" for height, width in (grey.shape, first.shape)]
            raise InputError(f"{file} has {sizes[0]} pixels, not {sizes[1]} as {files[0]}: all must have one size.")
        row[:] = grey
    return X, np.array([file.parent.name for file in files])


def _read_grey(file: Path) -> NDArray[np.uint8]:
    """Return the grey values of one picture, (height, width)."""
    with open_picture(file) as picture:
        if picture.mode.startswith("I"):  # 16 bits per pixel, which Pillow would clip at 255
            return (np.asarray(picture, np.uint32) >> 8).astype(np.uint8)
        return np.asarray(picture.convert("L"))
