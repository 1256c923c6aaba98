"""Results that took long to compute, kept by their settings, so that a second run is immediate. Called by Lab."""

import functools
import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.files import write_bytes

PACKAGE = Path(__file__).parents[1]


class Store:
    """A folder of .npz files, each named after a hash of all that its arrays were computed from.

    Parameters
    ----------
    folder : Path or None
        Where the files are; None keeps nothing. A folder that can't be written keeps nothing either.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def keys(self, many: Sequence[Sequence[object]]) -> list[str]:
        """Return, for each sequence of parts, the name of what this code computes from them.

        A part is an array, or an object whose repr says all of it. An array that comes again is read once.
        """
        contents: dict[int, bytes] = {}
        return [self._key(parts, contents) for parts in many]

    def _key(self, parts: Sequence[object], contents: dict[int, bytes]) -> str:
        digest = hashlib.sha256(_code().encode())
        for part in parts:
            if isinstance(part, np.ndarray):
                if id(part) not in contents:
                    contents[id(part)] = _content(part)
                digest.update(contents[id(part)])
            else:
                digest.update(repr(part).encode())
            digest.update(b"\0")
        return digest.hexdigest()[:32]

    def get(self, key: str) -> dict[str, NDArray[Any]] | None:
        """Return the arrays kept under `key`, or None where there are none or the file is damaged."""
        if self.folder is None:
            return None
        try:
            content = io.BytesIO((self.folder / f"{key}.npz").read_bytes())
            with np.load(content, allow_pickle=False) as file:
                return dict(file)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, key: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Keep `arrays` under `key`, if the folder can be written."""
        if self.folder is None:
            return
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]  # its stub takes a keyword for one of its own
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self.folder / f"{key}.npz", content.getvalue())
        except OSError:
            pass


def default_folder() -> Path:
    """Return the folder in the user's cache where trained networks are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("fastmlp", appauthor=False) / "explore"


@functools.cache
def _code() -> str:
    """Return a hash of the sources that training depends on: what another version has trained is not reused."""
    digest = hashlib.sha256()
    for path in sorted(
        [*PACKAGE.glob("*.py"), *(PACKAGE / "kernels").glob("*.py"), *PACKAGE.glob("explore/training.py")]
    ):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _content(array: NDArray[Any]) -> bytes:
    digest = hashlib.sha256(f"{array.dtype} {array.shape} ".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.digest()
