"""Folders of pictures, one folder for each class."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.pictures import SUFFIXES, is_colored, read_grey, read_rgb
from fastmlp.errors import InputError
from fastmlp.system.input_files import check_memory

JUDGED = 50
"""Pictures, evenly spread, that tell whether all are read in colour."""

Pictures = tuple[NDArray[np.uint8], NDArray[np.str_]]


def holds_pictures(folder: Path) -> bool:
    """Return True if `folder` has folders with pictures in them, or if its folder train/ has."""
    return bool(_files(folder)) or bool(_files(folder / "train"))


def read_pictures(
    folder: Path, in_color: bool | None = None, size: tuple[int, int] | None = None
) -> tuple[Pictures, Pictures | None]:
    """Read <class>/*.png, or train/<class>/*.png and test/<class>/*.png, as grey images; other formats work too.

    All are read in colour or all in grey, as `in_color` says; if it is None, in colour if some of them show colours.
    All are scaled to `size`, (height, width); without it they must have one size.

    Returns
    -------
    train, test : (X, y)
        X (n, height, width) uint8, or (n, height, width, 3) in colour; y (n,) the names of the folders. `test` is None
        if there is no folder train/.

    Raises
    ------
    InputError
        A picture can't be read or has another size than the first one. The message names it.
    """
    train, test = _files(folder / "train"), _files(folder / "test")
    if not train:
        return _read(_files(folder), in_color, size), None
    if not test:
        raise InputError(f"{folder} has pictures in train/ but none in test/: put some there, or move the classes up.")
    X, y = _read(train + test, in_color, size)
    n_train = len(train)
    return (X[:n_train], y[:n_train]), (X[n_train:], y[n_train:])


def pictures_below(folder: Path) -> list[Path]:
    """Return the pictures in `folder` and in all folders below it, sorted; hidden ones are left out."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _files(folder: Path) -> list[Path]:
    """Return the pictures in the folders of `folder`, sorted; hidden files and folders are left out."""
    found = (path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not path.name.startswith(".") and not path.parent.name.startswith("."))


def _read(files: list[Path], in_color: bool | None, size: tuple[int, int] | None) -> Pictures:
    """Read pictures, scaled to `size` or of one size, and name each one's class after its folder."""
    if in_color is None:
        in_color = any(map(is_colored, files[:: max(1, len(files) // JUDGED)]))
    read = read_rgb if in_color else read_grey
    first = read(files[0], size)
    check_memory(str(files[0].parent.parent), len(files) * first.size, "scale the pictures down")
    X = np.empty((len(files), *first.shape), np.uint8)
    for row, file in zip(X, files, strict=True):
        pixels = read(file, size)
        if pixels.shape != first.shape:
            sizes = [f"{shape[1]} x {shape[0]}" for shape in (pixels.shape, first.shape)]
            raise InputError(f"{file} has {sizes[0]} pixels, not {sizes[1]} as {files[0]}: all must have one size.")
        row[:] = pixels
    return X, np.array([file.parent.name for file in files])
