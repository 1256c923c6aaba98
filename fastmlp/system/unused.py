"""Old files in the user's cache: what nobody has used for a month is removed."""

import contextlib
import os
import re
import stat
import time
from itertools import islice
from pathlib import Path

DAY = 24 * 3600.0
"""A day in seconds."""
MONTH = 30 * DAY
"""Time without use after which a file or folder is removed."""
MOST = 100
"""Files or folders that one call removes at most, so that no start takes long."""


def note_use(path: Path) -> None:
    """Note that a file or folder is used, by its time of change; once a day, and only where that is possible."""
    with contextlib.suppress(OSError):
        if path.stat().st_mtime < time.time() - DAY:
            os.utime(path)


def remove_unused(folder: Path, names: str) -> None:
    """Remove what nobody has used for a month: files, and folders of files.

    What belongs to another user, links, and what can't be removed stay.

    Parameters
    ----------
    folder : Path
    names : str
        A regular expression for the names of all that may be removed.
    """
    with contextlib.suppress(OSError):
        unused = (path for path in sorted(folder.iterdir()) if re.fullmatch(names, path.name) and _is_unused(path))
        for path in islice(unused, MOST):
            with contextlib.suppress(OSError):
                _remove(path)


def _is_unused(path: Path) -> bool:
    """Return whether this is a file or folder of this user that has not been used for a month."""
    try:
        status = path.lstat()
    except OSError:
        return False
    is_mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return is_mine and not stat.S_ISLNK(status.st_mode) and status.st_mtime < time.time() - MONTH


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink()
        return
    for file in path.iterdir():
        file.unlink()
    path.rmdir()
