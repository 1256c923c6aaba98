"""Data sets at a path: a folder of IDX files, an .npz file, .npy files, a table, or a folder of pictures."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from fastmlp.datasets.assemble import Samples, Source, assemble
from fastmlp.datasets.dataset import Dataset
from fastmlp.datasets.idx import read_idx
from fastmlp.datasets.image_folders import holds_pictures, read_pictures
from fastmlp.datasets.npy_files import ArrayReaders, map_npy, open_npz
from fastmlp.datasets.reading import AS_USUAL, Reading
from fastmlp.datasets.tables import is_table, read_table
from fastmlp.errors import InputError

IDX_ROLES = {
    "training images": "train-images-idx3-ubyte",
    "training labels": "train-labels-idx1-ubyte",
    "test images": "t10k-images-idx3-ubyte",
    "test labels": "t10k-labels-idx1-ubyte",
}
"""MNIST's name for the file of each role."""

_IDX_NAME = re.compile(r"(?:(?P<set>[\w-]+)-)?(?P<split>train|t10k|test)-(?P<kind>images|labels)[-.]idx\d-\w+(?:\.gz)?")


def load_path(path: Path, reading: Reading = AS_USUAL) -> Dataset:
    """Read the data set at `path`; its content and name decide the format."""
    name = str(path)
    if path.is_dir():
        if folder := _idx_folder(path):
            return _read_idx_folder(name, folder, reading)
        if any((path / f"{key}.npy").is_file() for key in ("X", "X_train", "x", "x_train")):
            readers = {file.stem: partial(map_npy, file) for file in path.glob("*.npy")}
            return assemble(name, *_from_arrays(name, readers), reading)
        if holds_pictures(path):
            shape = None if reading.known is None else reading.known.image_shape
            known = (None, None) if shape is None else (len(shape) == 3, (shape[-2], shape[-1]))
            pictures = read_pictures(path, *known)
            return assemble(name, *pictures, reading, Source(from_files=True))
    elif not path.exists():
        raise InputError(f"There is no file or folder {path}.")
    elif path.suffix == ".npz":
        return _read_npz(path, reading)
    elif is_table(path):
        samples, source = read_table(path, reading)
        return assemble(name, samples, None, reading, source)
    elif path.name.endswith((".pkl", ".pkl.gz", ".pickle")):
        raise InputError(
            f"{path} is a pickle, which can run any code when it is read: load it yourself if you trust it, and write "
            "its arrays with np.savez('digits.npz', X_train=..., y_train=..., X_test=..., y_test=...)."
        )
    raise InputError(
        f"{path} holds no data set: give a folder of four IDX files, of X.npy and y.npy, or of pictures in one folder "
        "for each class, or a file .npz, .csv, .tsv or .parquet."
    )


def _idx_folder(path: Path) -> Path | None:
    """Return the folder that holds the IDX files: `path`, or its folder raw/ or MNIST/raw/, as torchvision has them."""
    return next((folder for folder in (path, path / "raw", path / "MNIST" / "raw") if has_idx_files(folder)), None)


def _read_idx_folder(name: str, folder: Path, reading: Reading) -> Dataset:
    """Read four IDX files; those of EMNIST, which have rows and columns exchanged, are set right."""
    files = idx_files(folder)
    arrays = {role: read_idx(file) for role, file in files.items()}
    for role in ("training images", "test images"):
        if files[role].name.startswith("emnist-"):
            arrays[role] = arrays[role].transpose(0, 2, 1)
    return from_idx(name, arrays, reading)


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
        named = [(match, path) for path in folder.iterdir() if (match := _IDX_NAME.fullmatch(path.name))]
        files = [(match, path) for match, path in named if path.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise InputError(f"{folder} can't be read: {error.strerror or error}.") from None
    for match, path in files:
        split = "training" if match["split"] == "train" else "test"
        yield f"{split} {match['kind']}", match["set"] or "", path


def from_idx(name: str, arrays: Mapping[str, NDArray[Any]], reading: Reading = AS_USUAL) -> Dataset:
    """Return the data set of one array per role; of QMNIST's labels, eight columns, the first column is the class."""
    labels = {role: array for role, array in arrays.items() if role.endswith("labels")}
    for role, array in labels.items():
        if array.ndim == 2 and array.shape[1] == 8:
            labels[role] = array[:, 0]
    return assemble(
        name,
        (arrays["training images"], labels["training labels"]),
        (arrays["test images"], labels["test labels"]),
        reading,
    )


def _read_npz(path: Path, reading: Reading) -> Dataset:
    """Read an .npz file."""
    with open_npz(path) as readers:
        return assemble(str(path), *_from_arrays(str(path), readers), reading)


def _from_arrays(name: str, readers: ArrayReaders) -> tuple[Samples, Samples | None]:
    """Read X_train, y_train, X_test and y_test, or X and y, of those that there are; case does not matter."""
    keys = {key.lower(): key for key in readers}
    for wanted in (("x_train", "y_train", "x_test", "y_test"), ("x", "y")):
        if all(key in keys for key in wanted):
            X, y, *test = (readers[keys[key]]() for key in wanted)
            return (X, y), (test[0], test[1]) if test else None
    raise InputError(
        f"{name} must hold arrays named X and y, or X_train, y_train, X_test and y_test, but holds "
        f"{', '.join(readers) or 'none'}."
    )
