"""Files that are written whole or not at all. Imports nothing of the package; everything that writes uses it."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success rename it to `path`, on any error remove it.

    A reader sees the old file or the new one, never a part of it, whatever happens to this process or the disk.

    Raises
    ------
    OSError
        The folder can't be written or the disk is full; an existing `path` is then as it was.
    """
    path = path.resolve()  # what a link leads to is replaced, not the link
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EEXIST, "it is there and is no file")
        temporary.touch(exist_ok=False)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename = str(path)  # not the temporary one, or none at all
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode())
