"""A folder that keeps trained networks, named by everything they were computed from: a second run trains nothing."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.npy_files import open_npz
from fastmlp.errors import InputError
from fastmlp.system.files import write_bytes
from fastmlp.system.places import user_cache
from fastmlp.system.source_hash import source_hash
from fastmlp.system.unused import note_use, remove_unused

SOURCES = ("kernels", "inputs", "network", "training", "explore/jobs.py")
"""The code that decides the result of a training: rooms of the package, and single files of others."""


class Store:
    """A folder of .npz files, each named by a hash of a key and of the code that trains.

    Parameters
    ----------
    folder : Path or None
        The folder. Nothing is kept if it is None or can't be written.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def names(self, keys: Sequence[Sequence[object]]) -> list[str]:
        """Return the name of the result of each key.

        A key is everything that the result depends on, beside the code: a sequence of arrays, and of objects whose
        repr is complete. An array in several keys is hashed once.
        """
        code, contents = source_hash(*SOURCES).encode(), dict[int, bytes]()
        return [_name(code, key, contents) for key in keys]

    def get(self, name: str) -> dict[str, NDArray[Any]] | None:
        """Return the arrays that are kept under this name, or None if there are none or the file is damaged."""
        if self.folder is None:
            return None
        path = self.folder / f"{name}.npz"
        note_use(path)
        try:
            with open_npz(path) as readers:
                return {key: read() for key, read in readers.items()}
        except InputError:
            return None

    def put(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Keep arrays under this name, if the folder can be written."""
        if self.folder is None:
            return
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]  # its stub takes a keyword for one of its own
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self.folder / f"{name}.npz", content.getvalue())
        except OSError:
            pass


def default_store() -> Store:
    """Return the store in the user's cache, without networks that nobody has used for a month."""
    cache = user_cache()
    if cache is None:
        return Store(None)
    remove_unused(cache / "explore", r"[0-9a-f]{32}\.npz")
    return Store(cache / "explore")


def _name(code: bytes, key: Sequence[object], contents: dict[int, bytes]) -> str:
    """Return the name of one key; `contents` has the hashes of arrays by their id, and gets those that are missing."""
    digest = hashlib.sha256(code)
    for each in key:
        if isinstance(each, np.ndarray):
            if id(each) not in contents:
                contents[id(each)] = _content(each)
            digest.update(contents[id(each)])
        else:
            digest.update(repr(each).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def _content(array: NDArray[Any]) -> bytes:
    """Return the hash of an array's type, shape and bytes."""
    digest = hashlib.sha256(f"{array.dtype} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.digest()
