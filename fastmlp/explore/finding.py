"""Finding: what an experiment returns; and how its numbers are put into words. Imports plots' way to save a figure."""

import base64
import html
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastmlp import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes
    ----------
    facts : dict
        Numbers, strings, lists and dicts of them, all computed: ready for JSON.
    text : str
        A paragraph: what is seen and why.
    figures : tuple of matplotlib Figures
        At least one; `figure` is the first.
    """

    facts: dict[str, Any]
    text: str
    figures: "tuple[Figure, ...]"

    @property
    def figure(self) -> "Figure":
        """The figure, or the first one."""
        return self.figures[0]

    def _repr_html_(self) -> str:
        """Show the paragraph and the figures in a notebook."""
        return f"<p>{html.escape(self.text)}</p>" + "".join(map(inline_image, map(png, self.figures)))


def png(figure: "Figure") -> bytes:
    """Return the figure as a PNG, as `plots.save_figure` writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        plots.save_figure(figure, path)
        return path.read_bytes()


def inline_image(content: bytes, alt: str = "") -> str:
    """Return an HTML image that holds the PNG."""
    data = base64.b64encode(content).decode()
    return f'<img alt="{html.escape(alt, quote=True)}" style="max-width: 100%" src="data:image/png;base64,{data}">'


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage: 95.1 %."""
    return f"{100 * share:.{digits}f} %"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
