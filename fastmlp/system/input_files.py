"""Checks of files before they are opened: that they are files, and that what they hold fits in memory."""

import os
import stat
from pathlib import Path

from fastmlp.errors import InputError, reason
from fastmlp.system.machine import memory

_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def file_size(path: str | os.PathLike[str]) -> int | None:
    """Return the size of a file in bytes, or None if there is none at `path`.

    Only a regular file may be opened: a pipe can wait for its writer for ever, and a device such as /dev/zero has no
    end. Links are followed.

    Raises
    ------
    InputError
        The path leads to a folder, a pipe or a device, or it may not be looked at.
    """
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise InputError(f"{path} can't be read: {reason(error)}.") from None
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a device")
        raise InputError(f"{path} is not a file but {kind}: pass the path of a file.")
    return status.st_size


def resolved(path: Path) -> Path:
    """Return the absolute path without links. `Path.resolve` fails at a loop of links before Python 3.13."""
    return Path(os.path.realpath(path))


def check_memory(what: str, n_bytes: int, advice: str) -> None:
    """Raise InputError if `n_bytes` are more than the machine's memory: a file can promise any number.

    Parameters
    ----------
    what : str
        The file, or the part of it, that needs them: the first words of the message.
    n_bytes : int
    advice : str
        What to do: the last words of the message.
    """
    if n_bytes > memory():
        raise InputError(f"{what} needs {n_bytes // 10**9:,} GB and does not fit in memory: {advice}.")
