"""Locks that the system takes from a process when it ends, however it ends."""

import contextlib
import errno
import os
from pathlib import Path

from fastmlp.errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
"""Name of the file that a run locks in the folder of its results."""


def lock(descriptor: int) -> None:
    """Lock an open file until it is closed or the process ends.

    Raises
    ------
    BlockingIOError
        Another process, or another opening of the file in this one, has the lock.
    OSError
        The system or the file system has no locks.
    """
    if fcntl is None:
        raise OSError(errno.ENOSYS, "there are no locks here")
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """The lock of a folder of results, which keeps other runs out; where there are no locks, it does nothing.

    Parameters
    ----------
    folder : Path
        A folder that exists and can be written. It has the file .lock until `release`; one that a killed process has
        left keeps nobody out.

    Raises
    ------
    InputError
        Another run is writing to the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK
        self._descriptor: int | None = None
        while self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                lock(descriptor)
            except BlockingIOError:
                os.close(descriptor)
                raise InputError(
                    f"Another run is writing to {str(folder)!r}: wait for its end, or choose another folder with --out."
                ) from None
            except OSError:
                pass
            if os.fstat(descriptor).st_nlink:
                self._descriptor = descriptor
            else:  # the other run has just ended and removed it
                os.close(descriptor)

    def release(self) -> None:
        """Let other runs in."""
        if self._descriptor is not None:
            if fcntl is None:  # Windows removes no open file
                os.close(self._descriptor)
            with contextlib.suppress(OSError):
                self._path.unlink()
            if fcntl is not None:
                os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
