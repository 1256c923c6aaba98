"""Files that are written whole or not at all.

A process can be killed and a disk can fill up at any moment. A file is therefore written beside its final path, flushed
to the disk and then renamed, which is one indivisible step. What a killed process leaves is removed by the next one
that writes into the folder: a temporary file is locked as long as its writer lives.
"""

import contextlib
import errno
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastmlp.errors import InputError
from fastmlp.system import locks
from fastmlp.system.input_files import resolved

TEMPORARY = re.compile(r"\..*-[0-9a-f]{16}\.part(\.[^.]*)?")
"""Names of temporary files."""
LONGEST_STEM = 40
"""Characters of a file's name that the name of its temporary file has."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success rename it to `path`, on any error remove it.

    A reader sees the old file or the new one, never half a file, whatever happens to this process or the disk. If
    `path` is a link, the file that it leads to is replaced, and the link stays.

    Raises
    ------
    OSError
        The folder can't be written or the disk is full; an existing `path` is then as it was.
    """
    path = resolved(path)  # so that a link stays
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EEXIST, "it exists and is not a file")
        remove_leftovers(path.parent)
        with _temporary_file(path) as temporary:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    except OSError as error:
        error.filename = str(path)  # in place of the temporary path, or of none
        raise


@contextmanager
def _temporary_file(path: Path) -> Iterator[Path]:
    """Create a locked file beside `path`, and remove it at the end unless it has been renamed."""
    while True:
        temporary = path.with_name(f".{path.stem[:LONGEST_STEM]}-{secrets.token_hex(8)}.part{path.suffix}")
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        if _is_mine(descriptor):
            break
        os.close(descriptor)
    try:
        if os.name == "nt":  # where an open file can't be renamed
            os.close(descriptor)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        if os.name != "nt":
            os.close(descriptor)


def _is_mine(descriptor: int) -> bool:
    """Lock a new file; return whether no other process has taken it for a leftover meanwhile."""
    try:
        locks.lock(descriptor)
    except BlockingIOError:
        return False
    except OSError:  # there are no locks here, and nobody removes leftovers
        return True
    return os.fstat(descriptor).st_nlink > 0


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of this user's from a folder whose writers are dead; leave what can't be removed."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):  # its writer lives, or has just renamed it
                    _remove_leftover(entry.path)


def _remove_leftover(path: str) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        if not hasattr(os, "getuid") or os.fstat(descriptor).st_uid == os.getuid():
            locks.lock(descriptor)
            os.unlink(path)  # noqa: PTH108 (a text)
    finally:
        os.close(descriptor)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode(errors="backslashreplace"))  # a file's name may be no UTF-8


def writable_folder(folder: Path) -> Path:
    """Return `folder`, created if need be; raise InputError if it can't be written.

    A training calls this before its first epoch, so that a wrong folder does not cost hours of work.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(
            f"The folder {str(folder)!r} can't be written ({error.strerror}): choose one with --out."
        ) from None
    return folder
