"""The folder of compiled kernels: where it is, who may write there, and what is removed from it.

A cached kernel is machine code in a pickle: whoever can write one, or put another folder in the place of its folder,
runs code as the user who loads it. So kernels are loaded only from folders that nobody else but root can change.
"""

import contextlib
import functools
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

DAY = 24 * 3600.0
"""A day in seconds."""
MONTH = 30 * DAY
"""Time without use after which compiled kernels of other sources or versions are removed."""
MOST = 10
"""Folders that are removed at once."""
ROOT = 0
"""The user who can do everything, and the group of users who act for it."""
OTHERS = stat.S_IWGRP | stat.S_IWOTH
"""Rights to write of all but the owner."""


def default_folder() -> Path | None:
    """Return the folder under which kernels are kept: `$NUMBA_CACHE_DIR`, or Numba's in the user's cache.

    None if no home folder is known. Links are resolved, so that none of them can be changed after the check.
    """
    from numba.misc.appdirs import AppDirs

    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen) if chosen else Path(AppDirs("numba", appauthor=False).user_cache_dir)
    if not chosen and not folder.is_absolute():  # XDG_CACHE_HOME is empty or relative, or there is no home folder
        folder = Path(os.path.expanduser("~/.cache/numba"))  # noqa: PTH111 (which raises no error)
        if not folder.is_absolute():
            return None
    try:
        return folder.resolve() / "fastmlp"
    except (OSError, RuntimeError):  # a circle of links
        return folder / "fastmlp"


@functools.cache
def why_not_loaded(folder: Path | None) -> str | None:
    """Return why no kernel may be loaded from a folder, in a few words, or None if it may.

    The folder is created if need be. It and its files must belong to this user or root, and nobody else may write
    there. Nobody else may replace one of the folders above it.
    """
    if folder is None:
        return "no home folder is known"
    try:
        _create(folder)
        if os.name == "nt":
            return None
        return _threat(folder, folder.stat(), is_above=False) or next(
            (threat for above in folder.parents if (threat := _threat(above, above.stat(), is_above=True))), None
        )
    except OSError as error:
        return f"{error.filename or folder} can't be used ({error.strerror or error})"


def why_not_kept(folder: Path | None) -> str | None:
    """Return why no kernel can be kept in a folder, in a few words, or None if it can."""
    reason = why_not_loaded(folder)
    if reason is not None:
        return reason
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        return f"{folder} can't be written ({error.strerror or error})"
    return None


def read_own(path: Path) -> bytes:
    """Return the content of a file; raise PermissionError if anyone but this user and root could have written it."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if os.name != "nt" and (status.st_uid not in _trusted() or status.st_mode & OTHERS):
            raise PermissionError(f"{path} may be of another user")
        return file.read()


def note_use(folder: Path) -> None:
    """Note that a folder is used, by its time of change; once a day, and only where that is possible."""
    with contextlib.suppress(OSError):
        if folder.stat().st_mtime < time.time() - DAY:
            os.utime(folder)


def remove_unused(folder: Path) -> None:
    """Remove what nobody has used for a month beside `folder`: kernels of other sources or versions, of this user.

    Temporary files that a killed process has left in `folder` are removed, too, after a day.
    """
    with contextlib.suppress(OSError):
        _remove(each for each in folder.glob("*.tmp") if _is_older(each, DAY))
        unused = (
            each
            for each in folder.parent.iterdir()
            if re.fullmatch("[0-9a-f]{20}", each.name) and each != folder and _is_older(each, MONTH)
        )
        for _, each in zip(range(MOST), unused, strict=False):
            _remove([*each.glob("*.kernel"), *each.glob("*.tmp")])
            with contextlib.suppress(OSError):  # it holds other files
                each.rmdir()


def _create(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for this user alone."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
        if folder == folder.parent:
            break
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def _trusted() -> set[int]:
    return {os.getuid(), ROOT}


def _threat(folder: Path, status: os.stat_result, *, is_above: bool) -> str | None:
    """Return what allows others to write to a folder or, for one above it, to replace what is inside; None if nothing.

    In a folder with the sticky bit, such as /tmp, nobody can replace what belongs to another user. The owner of the
    file system's root counts as root: in a user namespace root has another number.
    """
    trusted = _trusted() | {Path(folder.anchor).stat().st_uid} if is_above else _trusted()
    if status.st_uid not in trusted:
        return f"{folder} belongs to another user"
    if is_above and status.st_mode & stat.S_ISVTX:
        return None
    group_counts = not is_above or not _is_private(status.st_gid)
    if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and group_counts):
        return f"others can write to {folder}"
    return None


def _is_private(group: int) -> bool:
    """Return whether a group is root's, or this user's own, which many systems create for each user."""
    import grp
    import pwd

    if group == ROOT:
        return True
    try:
        user, entry = pwd.getpwuid(os.getuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return user.pw_gid == group and entry.gr_name == user.pw_name and set(entry.gr_mem) <= {user.pw_name}


def _is_older(path: Path, age: float) -> bool:
    """Return whether this is a file or folder of this user's, and no link, that has not changed for so many seconds."""
    status = path.lstat()
    is_mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return is_mine and not stat.S_ISLNK(status.st_mode) and status.st_mtime < time.time() - age


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
