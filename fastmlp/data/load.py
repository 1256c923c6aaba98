"""`load_dataset`: from a name or a path to a data set, and where named sets are looked for.

Called by everything above `fastmlp.data`; calls the rest of `fastmlp.data`.
"""

import dataclasses
import hashlib
import os
from pathlib import Path

import fastmlp
from fastmlp.data.catalogue import CATALOGUE, Published
from fastmlp.data.dataset import Dataset
from fastmlp.data.download import download
from fastmlp.data.formats import IDX_ROLES, from_idx, has_idx_files, idx_files, load_path
from fastmlp.data.idx import read_idx
from fastmlp.errors import InputError, unknown_name

_BUILT_IN = "drawn"


def load_dataset(name_or_path: str | Path) -> Dataset:
    """Load a named data set or one that lies at a path.

    A name of the catalogue (mnist, fashion-mnist, kmnist, emnist-digits, qmnist, drawn) is looked for in
    ``$FASTMLP_DATA/<name>/``, in ``data/<name>/`` of the working copy and in the user's cache, then downloaded into the
    cache. It is the published data set or an error: MNIST's files are compared with their checksums, those of the
    others with their published shapes and number of classes. A name goes before a folder of that name in the current
    directory, which is meant by ``./<name>``.

    A path leads to a folder of four IDX files named as MNIST's; an .npz file, or a folder of .npy files (which are
    memory-mapped), of X and y or of X_train, y_train, X_test and y_test; a .csv file with the label in the first column
    or in one whose header is label, class, target, digit or y; or a folder of pictures, <class>/*.png or
    train/<class>/*.png and test/<class>/*.png. Where there is no test set, a seventh of the samples, drawn with a fixed
    seed, becomes it.

    Parameters
    ----------
    name_or_path : str or Path
        A Path is always a path.

    Returns
    -------
    dataset : Dataset
        `X` (n, n_in) uint8, float32 or float64, C-contiguous; `y` (n,) int64.

    Raises
    ------
    InputError
        The name is unknown, the files can't be read or are not what they should be.
    Unreachable
        Of a name: no copy on this machine, and no mirror could be reached.
    """
    try:
        if not isinstance(name_or_path, (str, Path)) or not str(name_or_path):
            raise unknown_name("data set", name_or_path, CATALOGUE)
        if isinstance(name_or_path, str) and name_or_path in CATALOGUE:
            return _load_named(name_or_path)
        path = Path(name_or_path).expanduser()
        if isinstance(name_or_path, str) and not _looks_like_path(name_or_path) and not path.exists():
            raise unknown_name("data set", name_or_path, CATALOGUE)
        return dataclasses.replace(load_path(path), name=str(name_or_path))
    except OSError as error:
        raise InputError(f"Data set {str(name_or_path)!r} can't be read: {error}.") from None
    except MemoryError:
        raise InputError(
            f"Data set {str(name_or_path)!r} does not fit in memory: plain IDX files, and X_train.npy and the like, of "
            f"bytes or floats, don't need to."
        ) from None


def dataset_places(name: str) -> list[Path]:
    """Return the folders where a named data set is looked for, in order; the last is in the user's cache.

    Raises InputError for an unknown name.
    """
    from platformdirs import user_cache_path

    _published(name)
    places = []
    if set_by_user := os.environ.get("FASTMLP_DATA"):
        places.append(Path(set_by_user).expanduser() / name)
    working_copy = Path(fastmlp.__file__).parents[1]
    if (working_copy / "pyproject.toml").is_file():
        places.append(working_copy / "data" / name)
    return [*places, user_cache_path("fastmlp", appauthor=False) / name]


def find_dataset(name: str) -> Path | None:
    """Return the folder where a named data set lies on this machine, the first in the order of the search, or None.

    No download. For `drawn`, which is code, that is the folder of this package. Raises InputError for an unknown name.
    """
    if not _published(name).files:
        return Path(__file__).parent
    return next((place for place in dataset_places(name) if has_idx_files(place)), None)


def fetch_dataset(name: str) -> Path:
    """Return the folder of a named data set, downloaded into the user's cache if it is nowhere on this machine.

    Files in the cache are checked, and downloaded again if they are wrong.

    Raises
    ------
    InputError
        The name is unknown, a mirror has other files than the published ones, or the cache can't be written.
    Unreachable
        No mirror could be reached.
    """
    published = _published(name)
    found = find_dataset(name)
    places = dataset_places(name)
    cache = places[-1]
    if found == cache:
        try:
            _read_published(name, published, cache)
        except InputError:
            found = None
    return found or download(name, published, cache, places)


def _looks_like_path(text: str) -> bool:
    """Tell whether a string can only be a path: ./digits, ~/digits, a/b, digits.npz."""
    return any(mark in text for mark in (".", "~", os.sep, os.altsep) if mark)


def _published(name: str) -> Published:
    """Return the entry of the catalogue."""
    if name not in CATALOGUE:
        raise unknown_name("data set", name, CATALOGUE)
    return CATALOGUE[name]


def _load_named(name: str) -> Dataset:
    """Load a data set of the catalogue."""
    if name == _BUILT_IN:
        from fastmlp.data.drawn import drawn

        return drawn()
    return _read_published(name, CATALOGUE[name], find_dataset(name) or fetch_dataset(name))


def _read_published(name: str, published: Published, folder: Path) -> Dataset:
    """Read the files of a named data set, and make sure that it is the published one."""
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
    dataset = from_idx(str(folder), arrays)
    if len(dataset.classes) != len(published.classes):
        raise _not_published(name, folder, f"its labels go to {len(dataset.classes) - 1}")
    return dataclasses.replace(dataset, name=name, classes=published.classes)


def _not_published(name: str, folder: Path, difference: str) -> InputError:
    """Return the error for a folder that has a data set's name but other contents."""
    title = CATALOGUE[name].title.split(",")[0]
    return InputError(
        f"{folder} is not the published {title} ({difference}): pass its path instead of the name {name}, or remove it "
        f"to have the published one downloaded."
    )
