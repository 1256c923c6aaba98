"""Figures as PNG files and as images in a page."""

import base64
import html
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fastmlp.errors import InputError
from fastmlp.system.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figure(figure: "Figure", path: str | os.PathLike[str]) -> None:
    """Write a figure as a PNG file with 150 dots per inch.

    The file is replaced whole or not at all. The same figure gives the same bytes.

    Raises
    ------
    InputError
        The name does not end in .png, or the file can't be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f"Can't save a figure as {path}: give a name that ends in .png.")
    try:
        with replacing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=150, pil_kwargs={"compress_level": 3})
    except OSError as error:
        raise InputError(f"Can't write {path}: {error.strerror or error}.") from error


def png(figure: "Figure") -> bytes:
    """Return the bytes of the PNG file that `save_figure` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        save_figure(figure, path)
        return path.read_bytes()


def inline_image(content: bytes, alt: str = "") -> str:
    """Return an HTML image that holds the bytes of a PNG file."""
    data = base64.b64encode(content).decode()
    return f'<img alt="{html.escape(alt, quote=True)}" style="max-width: 100%" src="data:image/png;base64,{data}">'
