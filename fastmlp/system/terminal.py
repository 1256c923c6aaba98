"""Text for the terminal: notices on standard error; tables, bars and times as strings."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

HOW_TO_KEEP_KERNELS = "set NUMBA_CACHE_DIR to a folder of yours that nobody else can write to"
"""Advice for those whose compiled kernels can't be kept for later runs."""


def notice(text: str) -> None:
    """Print one line to standard error, which people read and programs do not; drop it if that fails."""
    write_error(f"{text}\n")


def write_error(text: str) -> None:
    """Write to standard error, unless there is none, as in a service, or it is full or closed."""
    write_to(sys.stderr, text)


def write_to(stream: TextIO | None, text: str) -> None:
    """Write a text that nobody needs to a stream, unless there is none, or it is full or closed."""
    if stream is not None:
        with contextlib.suppress(OSError, ValueError):
            stream.write(text)
            stream.flush()


def on_terminal() -> bool:
    """Return whether standard error is a terminal, on which a bar of progress can move."""
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except (OSError, ValueError):  # it is closed
        return False


def in_notebook() -> bool:
    """Return whether standard output is that of a notebook's kernel: no terminal, but it obeys carriage returns."""
    return any(base.__module__.startswith("ipykernel.") for base in type(sys.stdout).__mro__)


def announce_compiling() -> None:
    """Print one notice when the first kernel is compiled, because compiling takes seconds."""
    from fastmlp.kernels import compile_listeners

    if _say_compiling not in compile_listeners:
        compile_listeners.append(_say_compiling)


@contextlib.contextmanager
def compiling_announced() -> Iterator[None]:
    """Print that notice if a kernel is compiled in a `with` block."""
    from fastmlp.kernels import compile_listeners

    if _say_compiling in compile_listeners:  # by a command, until it ends
        yield
        return
    announce_compiling()
    try:
        yield
    finally:
        if _say_compiling in compile_listeners:
            compile_listeners.remove(_say_compiling)


def _say_compiling() -> None:
    from fastmlp.kernels import compile_listeners, why_not_kept

    compile_listeners.remove(_say_compiling)
    if (reason := why_not_kept()) is None:
        notice("Compiling the kernels takes about 20 s, once; later runs load them from the cache.")
    else:
        notice(
            f"Compiling the kernels takes about 20 s, now and at every start, since {reason}: {HOW_TO_KEEP_KERNELS}."
        )


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Return pairs of a name and a text as lines in two columns; a text may have several lines."""
    width = max(len(name) for name, _ in rows)
    lines = (
        (name if number == 0 else "", line) for name, text in rows for number, line in enumerate(text.splitlines())
    )
    return "\n".join(f"{name:<{width}}  {line}" for name, line in lines)


def bar(value: float, width: int = 30) -> str:
    """Return a bar of block characters, exact to an eighth of one: `width` characters long for a `value` of 1.

    The bar is made of # signs if the terminal's encoding has no blocks.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    if "█▏".encode(encoding, "ignore").decode(encoding) != "█▏":
        return "#" * round(min(max(value, 0.0), 1.0) * width)
    eighths = round(min(max(value, 0.0), 1.0) * width * 8)
    return "█" * (eighths // 8) + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths % 8]


def duration(seconds: float) -> str:
    """Return a time in words: 0.43 s, 12.3 s, 4 min 10 s."""
    if seconds < 100:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
