"""Data sets at a path: a folder of IDX files, an .npz file, .npy files, a .csv file, or a folder of pictures."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.assemble import Samples, assemble
from fastmlp.datasets.csv_files import read_csv
from fastmlp.datasets.dataset import Dataset
from fastmlp.datasets.idx import read_idx
from fastmlp.datasets.image_folders import holds_pictures, read_pictures
from fastmlp.errors import InputError
from fastmlp.system.file_arrays import map_mode

IDX_ROLES = {
    "training images": "train-images-idx3-ubyte",
    "training labels": "train-labels-idx1-ubyte",
    "test images": "t10k-images-idx3-ubyte",
    "test labels": "t10k-labels-idx1-ubyte",
}
"""MNIST's name for the file of each role."""

_IDX_NAME = re.compile(r"(?:(?P<set>[\w-]+)-)?(?P<split>train|t10k|test)-(?P<kind>images|labels)[-.]idx\d-\w+(?:\.gz)?")


def load_path(path: Path) -> Dataset:
    """Read the data set at `path`; its content and name decide the format."""
    name = str(path)
    if path.is_dir():
        if has_idx_files(path):
            return from_idx(name, {role: read_idx(file) for role, file in idx_files(path).items()})
        if any((path / f"{key}.npy").is_file() for key in ("X", "X_train", "x", "x_train")):
            return assemble(name, *_from_arrays(name, {file.stem: file for file in path.glob("*.npy")}))
        if holds_pictures(path):
            return assemble(name, *read_pictures(path))
    elif not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    elif path.suffix == ".npz":
        return _read_npz(path)
    elif path.suffix == ".csv":
        return assemble(name, read_csv(path), None)
    raise InputError(
        f"{path} holds no data set: give a folder of four IDX files, of X.npy and y.npy, or of pictures in one folder "
        "for each class, or a file .npz or .csv."
    )


def idx_files(folder: Path, name: str = "") -> dict[str, Path]:
    """Find the four IDX files of a folder, in the usual spellings; a plain file goes before a gzipped one.

    Parameters
    ----------
    folder : Path
    name : str
        Name of the data set. If the folder holds the files of several data sets, those that start with this name are
        taken.

    Returns
    -------
    files : dict
        The path for each of `IDX_ROLES`.

    Raises
    ------
    InputError
        A file is missing, or two different files have the same role.
    """
    found: dict[str, dict[str, Path]] = {role: {} for role in IDX_ROLES}
    named = sorted(_idx_names(folder), key=lambda item: item[2].suffix == ".gz", reverse=True)
    own = [item for item in named if item[1] == name]
    for role, _, file in own or named:
        found[role][file.name.removesuffix(".gz").replace(".idx", "-idx")] = file
    for role, files in found.items():
        if not files:
            raise InputError(f"{folder} lacks the {role}: put {IDX_ROLES[role]}.gz there.")
        if len(files) > 1:
            raise InputError(f"{folder} holds two files for the {role}, {' and '.join(sorted(files))}: keep one.")
    return {role: next(iter(files.values())) for role, files in found.items()}


def has_idx_files(folder: Path) -> bool:
    """Return True if `folder` exists and holds a file that is named like those of MNIST."""
    return next(_idx_names(folder), None) is not None


def _idx_names(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield the role, the prefix of the name and the path of each IDX file; nothing if the folder does not exist."""
    try:
        paths = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise InputError(f"{folder} can't be read: {error.strerror or error}.") from None
    for path in paths:
        if (match := _IDX_NAME.fullmatch(path.name)) and path.is_file():
            split = "training" if match["split"] == "train" else "test"
            yield f"{split} {match['kind']}", match["set"] or "", path


def from_idx(name: str, arrays: Mapping[str, NDArray[Any]]) -> Dataset:
    """Return the data set of one array per role; of QMNIST's labels, eight columns, the first column is the class."""
    labels = {role: array for role, array in arrays.items() if role.endswith("labels")}
    for role, array in labels.items():
        if array.ndim == 2 and array.shape[1] == 8:
            labels[role] = array[:, 0]
    return assemble(
        name,
        (arrays["training images"], labels["training labels"]),
        (arrays["test images"], labels["test labels"]),
    )


def _read_npz(path: Path) -> Dataset:
    """Read an .npz file."""
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise InputError(f"{path} is an .npy file, not an .npz archive: name it X.npy and put y.npy beside it.")
            return assemble(str(path), *_from_arrays(str(path), archive))
    except InputError:
        raise
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} can't be read as an .npz of number arrays ({error}).") from None


def _from_arrays(name: str, source: Mapping[str, Any]) -> tuple[Samples, Samples | None]:
    """Pick X_train, y_train, X_test and y_test, or X and y, from arrays or .npy files; case does not matter."""
    keys = {key.lower(): key for key in source}
    for wanted in (("x_train", "y_train", "x_test", "y_test"), ("x", "y")):
        if all(key in keys for key in wanted):
            X, y, *test = (_array(source[keys[key]]) for key in wanted)
            return (X, y), (test[0], test[1]) if test else None
    raise InputError(
        f"{name} must hold arrays named X and y, or X_train, y_train, X_test and y_test, but holds "
        f"{', '.join(source) or 'none'}."
    )


def _array(value: Any) -> NDArray[Any]:
    """Return an array, or the memory-mapped array of an .npy file."""
    if not isinstance(value, Path):
        return np.asarray(value)
    try:
        return np.asarray(np.load(value, mmap_mode=map_mode(value.stat().st_size), allow_pickle=False))
    except (ValueError, EOFError) as error:
        raise InputError(f"{value} can't be read as an .npy array of numbers ({error}).") from None
