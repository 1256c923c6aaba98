"""Figures as PNG files and as images in a page."""

import base64
import html
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastmlp.errors import InputError
from fastmlp.plots.style import own_settings
from fastmlp.system.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST_REASON = 150
"""Characters of Matplotlib's own message that are shown."""


class FigureError(InputError):
    """A figure can't be drawn or written: Matplotlib, a font or memory is missing or broken, or a disk is full."""


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """Raise whatever goes wrong while a figure is drawn or written as a FigureError of one sentence.

    Matplotlib and the libraries below it raise errors of any kind.

    Parameters
    ----------
    name : str
        Name of the figure, for the message.
    """
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise FigureError(f"Can't write {error.filename or name}: {error.strerror or error}.") from error
    except Exception as error:
        reason = " ".join(str(error).split())[:LONGEST_REASON]
        raise FigureError(
            f"{name} can't be drawn ({type(error).__name__}: {reason}): see that Matplotlib works."
        ) from error


def save_figure(figure: "Figure", path: str | os.PathLike[str]) -> None:
    """Write a figure as a PNG file with 150 dots per inch.

    The file is replaced whole or not at all. The same figure gives the same bytes, whatever Matplotlib's settings are.

    Raises
    ------
    InputError
        The name does not end in .png, the figure can't be drawn, or the file can't be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f"Can't save a figure as {path}: give a name that ends in .png.")
    with drawing(path.name):
        write_bytes(path, png(figure))


def png(figure: "Figure") -> bytes:
    """Return the bytes of the PNG file that `save_figure` writes."""
    content = io.BytesIO()
    with own_settings():
        figure.savefig(content, format="png", dpi=150, pil_kwargs={"compress_level": 3})
    return content.getvalue()


def inline_image(content: bytes, alt: str = "") -> str:
    """Return an HTML image that holds the bytes of a PNG file."""
    data = base64.b64encode(content).decode()
    return f'<img alt="{html.escape(alt, quote=True)}" style="max-width: 100%" src="data:image/png;base64,{data}">'
