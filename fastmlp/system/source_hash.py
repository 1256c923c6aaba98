"""A hash of source files, to name what is computed by them: what other code computed is not taken for it."""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def source_hash(*places: str) -> str:
    """Return the SHA-256 of the Python files in some places of the package, as hexadecimal digits.

    Parameters
    ----------
    places : str
        Paths of files or folders below the package's folder, such as "training" or "explore/jobs.py". A folder stands
        for all Python files in it and in its subfolders.

    Raises
    ------
    FileNotFoundError
        There is no Python file in one of the places, so that the hash would not change with the code.
    """
    digest = hashlib.sha256()
    for place in places:
        path = PACKAGE / place
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        if not files:
            raise FileNotFoundError(f"There is no Python file in {path}.")
        for file in files:
            digest.update(str(file.relative_to(PACKAGE)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
