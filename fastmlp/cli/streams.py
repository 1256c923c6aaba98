"""Standard output and standard error of a command, where they are missing, full or gone.

A command's result is what counts. What can't be shown on standard error is dropped; if standard output can't take the
result, the command says so and fails.
"""

import contextlib
import io
import os
import sys
from typing import Any, TextIO


def mend_streams() -> None:
    """Replace streams that are missing, and make those that fail fail as this module says.

    Python has no streams in a service, under pythonw, or after `2>&-` in a shell. A file that is opened then would get
    the free descriptor 2, and a message of a C library would be written into it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 (as long as the process)
    sys.stdout = _mended(sys.stdout, _Named)
    sys.stderr = _mended(sys.stderr, _Unfailing)


def give_up_output() -> None:
    """Drop what standard output does not take, or Python would try again to write it at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _mended(stream: TextIO | None, kind: "type[_Stream]") -> TextIO:
    """Return a stream whose bytes go through `kind`, or one that leads nowhere if there is none."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (as long as the process)
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # a program's own, such as a notebook's
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, io.FileIO):
        stream.reconfigure(errors="replace")
        return stream
    # Replaced characters: a name that the terminal can't show is no reason to stop.
    return io.TextIOWrapper(
        io.BufferedWriter(kind(raw)), stream.encoding, "replace", line_buffering=stream.line_buffering
    )


class _Stream(io.RawIOBase):
    """The bytes of a stream of the system."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._raw.isatty()


class _Named(_Stream):
    """A stream whose errors say that it is standard output."""

    def write(self, content: Any) -> int | None:
        """Write bytes."""
        try:
            return self._raw.write(content)
        except OSError as error:
            error.filename = "standard output"
            raise


class _Unfailing(_Stream):
    """A stream that drops what can't be written."""

    def write(self, content: Any) -> int:
        """Write bytes; return how many were written or dropped."""
        with contextlib.suppress(OSError):
            return self._raw.write(content) or len(content)
        return len(content)
