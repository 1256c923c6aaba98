"""Files that are written whole or not at all.

A process can be killed and a disk can fill up at any moment. A file is therefore written beside its final path, flushed
to the disk and then renamed, which is one indivisible step.
"""

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastmlp.errors import InputError
from fastmlp.system.input_files import resolved


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
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EEXIST, "it exists and is not a file")
        temporary.touch(exist_ok=False)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = str(path)  # in place of the temporary path, or of none
        raise
    finally:
        temporary.unlink(missing_ok=True)


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
