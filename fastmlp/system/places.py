"""The user's own places: the cache folder, and paths that begin with ~."""

import os
from pathlib import Path

from fastmlp.errors import InputError

WHAT_TO_SET = "set HOME, or XDG_CACHE_HOME to the full path of a folder of yours"
"""Advice where no home folder is known."""


def user_cache() -> Path | None:
    """Return the folder of fastmlp in the user's cache, or None for a user without a home folder.

    There is none if HOME is not set and the user is not in the system's list, as in some containers. A cache named
    ~/.cache would then be a folder of that name in the working directory. XDG_CACHE_HOME counts only if it is an
    absolute path, as the XDG Base Directory Specification says.
    """
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("fastmlp", appauthor=False)
    except RuntimeError:  # there is no home folder
        return None
    if not folder.is_absolute():
        folder = Path(os.path.expanduser("~/.cache/fastmlp"))  # noqa: PTH111 (which raises no error)
    return folder if folder.is_absolute() else None


def without_tilde(path: str | os.PathLike[str]) -> Path:
    """Return a path that a user gave, with the home folder in place of ~.

    Raises
    ------
    InputError
        The path needs a home folder that is not known.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise InputError(
            f"The path {os.fspath(path)!r} needs a home folder, and none is known: pass the full path."
        ) from None
