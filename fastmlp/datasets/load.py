"""Load a data set by name or path, and find named data sets on this machine.

A name stands for the published data set and nothing else. If a folder with that name holds other files, that is an
error, because results on them would be compared with results on the published set.
"""

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastmlp.datasets.assemble import assemble
from fastmlp.datasets.catalogue import CATALOGUE, Published
from fastmlp.datasets.dataset import Dataset
from fastmlp.datasets.download import Unreachable, download
from fastmlp.datasets.formats import IDX_ROLES, from_idx, has_idx_files, idx_files, load_path
from fastmlp.datasets.idx import read_idx
from fastmlp.datasets.reading import AS_USUAL, Reading
from fastmlp.datasets.tables import read_frame
from fastmlp.errors import InputError, unknown_name
from fastmlp.inputs.checks import as_seed, known_name
from fastmlp.inputs.schema import make_schema
from fastmlp.inputs.table import Frame, is_frame
from fastmlp.system.input_files import resolved
from fastmlp.system.places import WHAT_TO_SET, user_cache, without_tilde

WORKING_COPY = Path(__file__).parents[2]
"""The folder above the package, which is a working copy if it holds pyproject.toml."""

TASKS = ("classification", "regression")

_BUILT_IN = "drawn"


def load_dataset(
    name_or_path: str | Path | Frame,
    *,
    label: str | int | Sequence[str] | None = None,
    weights: str | None = None,
    task: str = "classification",
    standardize: bool | None = None,
    seed: int = 0,
) -> Dataset:
    """Load a data set by name, from a path or from a data frame.

    A name (mnist, fashion-mnist, kmnist, emnist-digits, qmnist, drawn) stands for the published data set, in the first
    folder of `dataset_places` that has it, else downloaded. ``./<name>`` means a folder of that name.

    A path leads to one of these:

    * a folder of four IDX files named like MNIST's;
    * an .npz file, or a folder of .npy files (which are memory-mapped), with the arrays X and y, or X_train, y_train,
      X_test and y_test, which need not fit in memory if they are bytes or floats;
    * a table: .csv or .tsv, also gzipped and with other delimiters, or .parquet, which needs pyarrow. The labels are in
      the column `label`, or in the one called label, class, target, digit or y, or in the only column of text, or,
      without a header, in the first one;
    * a folder of pictures, <class>/*.png, or train/<class>/*.png and test/<class>/*.png.

    If there is no test set, a seventh of the samples, the same fraction of each class, becomes the test set.

    Parameters
    ----------
    name_or_path : str, Path, or data frame of pandas or polars
        A Path is never taken for a name.
    label : str, int or sequence of str, optional
        Column of a table that holds the labels: its name, or its number from 1, or -1; several for several targets.
    weights : str, optional
        Column of a table with the weight of each sample, for `fit(..., sample_weights=dataset.weights)`.
    task : {"classification", "regression"}
        Whether the labels are classes, or numbers to be predicted.
    standardize : bool, optional
        Whether a network with this schema standardizes its inputs; by default those that are no pixels.
    seed : int
        Seed of the choice of test samples, if there is no test set.

    Returns
    -------
    dataset : Dataset
        `X` (n, n_in) uint8, float32 or float64, C-contiguous, not standardized yet; `y` (n,) int64, or of a regression
        (n, n_targets) float64; `schema` for `Network(..., schema=dataset.schema)`.

    Raises
    ------
    InputError
        The name is unknown, or the files can't be read or hold something other than they should.
    Unreachable
        There is no copy of the named data set on this machine, and no mirror can be reached.
    """
    known_name("task", task, TASKS)
    labels = () if label is None else tuple(map(str, [label] if isinstance(label, str | int) else label))
    options: dict[str, Any] = {"labels": labels, "weights": weights, "standardize": standardize, "seed": as_seed(seed)}
    return read_dataset(name_or_path, Reading(**options, is_regression=task == "regression"))


def read_dataset(name_or_path: str | Path | Frame, reading: Reading) -> Dataset:
    """Do what load_dataset does, with the options in one object."""
    try:
        if is_frame(name_or_path):
            samples, source = read_frame(name_or_path, reading)
            return assemble("The data frame", samples, None, reading, source)
        if not isinstance(name_or_path, (str, Path)) or not str(name_or_path):
            raise unknown_name("data set", name_or_path, CATALOGUE)
        if isinstance(name_or_path, str) and name_or_path in CATALOGUE:
            return _load_named(name_or_path, reading)
        path = without_tilde(name_or_path)
        if isinstance(name_or_path, str) and not _looks_like_path(name_or_path) and not path.exists():
            raise unknown_name("data set", name_or_path, CATALOGUE)
        return dataclasses.replace(load_path(path, reading), name=str(name_or_path))
    except OSError as error:
        raise InputError(f"Data set {str(name_or_path)!r} can't be read: {error}.") from None
    except MemoryError:
        raise InputError(
            f"Data set {str(name_or_path)!r} does not fit in memory: store it as plain IDX files, or as .npy files "
            "X_train.npy and the like, of bytes or floats, which need not fit."
        ) from None


def load_named_or_default(name: str | None, reading: Reading = AS_USUAL) -> tuple[Dataset, Unreachable | None]:
    """Load the data set `name`; without a name, load MNIST or, if it can't be downloaded, the built-in drawn digits.

    Returns
    -------
    dataset : Dataset
    missing : Unreachable or None
        The reason why the drawn digits replace MNIST; None if they do not.
    """
    if name is not None:
        return read_dataset(name, reading), None
    try:
        return read_dataset("mnist", reading), None
    except Unreachable as error:
        return read_dataset("drawn", reading), error


def data_option(name: str) -> str:
    """Return the --data option that finds the same data set from any folder: its name, or its absolute path."""
    return name if name in CATALOGUE else str(resolved(without_tilde(name)))


def dataset_places(name: str) -> list[Path]:
    """Return the folders where a named data set is looked for, in this order; the last one is in the user's cache.

    A user without a home folder has no cache. Raises InputError for an unknown name.
    """
    _published(name)
    places = []
    if set_by_user := os.environ.get("FASTMLP_DATA"):
        places.append(without_tilde(set_by_user) / name)
    if (WORKING_COPY / "pyproject.toml").is_file():
        places.append(WORKING_COPY / "data" / name)
    cache = user_cache()
    return [*places, cache / name] if cache else places


def find_dataset(name: str) -> Path | None:
    """Return the first folder on this machine that holds a named data set, or None; nothing is downloaded.

    The data set `drawn` is code; its folder is that of the code. Raises InputError for an unknown name.
    """
    if not _published(name).files:
        return Path(__file__).with_name(name)
    return next((place for place in dataset_places(name) if has_idx_files(place)), None)


def fetch_dataset(name: str) -> Path:
    """Return the folder of a named data set; if no folder on this machine holds it, download it into the user's cache.

    Files that are in the cache already are checked, and downloaded again if they are wrong.

    Raises
    ------
    InputError
        The name is unknown, or a mirror sent other files than the published ones.
    Unreachable
        No mirror can be reached, or there is no cache that can be written.
    """
    published = _published(name)
    found = find_dataset(name)
    cache = user_cache()
    if cache and found == cache / name:
        try:
            _read_published(name, published, found)
        except InputError:
            found = None
    if found:
        return found
    if cache is None:
        raise Unreachable(f"Data set {name!r} can't be stored, since no home folder is known: {WHAT_TO_SET}.")
    return download(name, published, cache / name, dataset_places(name))


def _looks_like_path(text: str) -> bool:
    """Return True if a text can only be a path: ./digits, ~/digits, a/b, digits.npz."""
    return any(mark in text for mark in (".", "~", os.sep, os.altsep) if mark)


def _published(name: str) -> Published:
    """Return the catalogue's entry for `name`, or raise InputError."""
    if name not in CATALOGUE:
        raise unknown_name("data set", name, CATALOGUE)
    return CATALOGUE[name]


def _load_named(name: str, reading: Reading) -> Dataset:
    """Load a data set of the catalogue; download it if need be."""
    if reading.is_regression:
        raise InputError(f"{name} has classes: a regression takes a table with numbers to be predicted, --data FILE.")
    if name == _BUILT_IN:
        from fastmlp.datasets.drawn.dataset import load_drawn  # imported here: it loads Numba

        return _as_read(load_drawn(), reading)
    return _read_published(name, CATALOGUE[name], find_dataset(name) or fetch_dataset(name), reading)


def _as_read(data: Dataset, reading: Reading) -> Dataset:
    """Return a data set of pictures with the schema that `reading` asks for."""
    if not reading.standardize:
        return data
    schema = make_schema(data.train.X, image_shape=data.image_shape, is_picture=True, standardize=True)
    return dataclasses.replace(data, schema=schema)


def _read_published(name: str, published: Published, folder: Path, reading: Reading = AS_USUAL) -> Dataset:
    """Read the files of a named data set; raise InputError if they are not the published ones."""
    arrays = {}
    for (role, path), file in zip(idx_files(folder, name).items(), published.files, strict=True):
        content = hashlib.sha256() if file.content_sha256 else None
        arrays[role] = read_idx(path, content)
        if content and content.hexdigest() != file.content_sha256:
            raise _not_published(name, folder, f"{path.name} has another checksum")
    for role, n in zip(list(IDX_ROLES)[::2], (published.n_train, published.n_test), strict=True):
        if arrays[role].shape != (n, 28, 28) or arrays[role].dtype != "uint8":
            found = f"{' x '.join(map(str, arrays[role].shape))} {arrays[role].dtype}"
            raise _not_published(name, folder, f"its {role} are {found} instead of {n} x 28 x 28 uint8")
        if published.transposed:
            arrays[role] = arrays[role].transpose(0, 2, 1)
    dataset = from_idx(str(folder), arrays, reading)
    if len(dataset.classes) != len(published.classes):
        raise _not_published(name, folder, f"its labels go to {len(dataset.classes) - 1}")
    return dataclasses.replace(dataset, name=name, classes=published.classes)


def _not_published(name: str, folder: Path, difference: str) -> InputError:
    """Return the error for a folder that has the name of a data set but holds something else."""
    title = CATALOGUE[name].title.split(",")[0]
    return InputError(
        f"{folder} is not the published {title} ({difference}): pass its path instead of the name {name}, or remove it "
        f"to have the published one downloaded."
    )
