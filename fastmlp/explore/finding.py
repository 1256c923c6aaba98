"""Finding: the result of an experiment; and how its numbers are put into words."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastmlp.plots.save import inline_image, png

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Finding:
    """Result of an experiment.

    Attributes
    ----------
    facts : dict
        Numbers, strings, lists and dicts of them, all computed and ready for JSON.
    text : str
        A paragraph about the facts: what is seen and why.
    drawings : tuple of functions
        At least one; each draws a figure. What was computed does not depend on whether Matplotlib works.
    """

    facts: dict[str, Any]
    text: str
    drawings: "tuple[Callable[[], Figure], ...]"

    @cached_property
    def figures(self) -> "tuple[Figure, ...]":
        """The figures, drawn when they are first asked for."""
        return tuple(draw() for draw in self.drawings)

    @property
    def figure(self) -> "Figure":
        """The first figure, and often the only one."""
        return self.figures[0]

    def _repr_html_(self) -> str:
        """Show the paragraph and the figures in a notebook."""
        return f"<p>{html.escape(self.text)}</p>" + "".join(map(inline_image, map(png, self.figures)))


def percent(fraction: float, digits: int = 1) -> str:
    """Return a fraction as a percentage: 95.1 %."""
    return f"{100 * fraction:.{digits}f} %"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return " and ".join(each for each in (", ".join(words[:-1]), words[-1]) if each)


def shortened(names: Sequence[str], longest: int) -> list[str]:
    """Return class names for the ticks of an axis, cut after `longest` characters."""
    return [name if len(name) <= longest else name[:longest] + "…" for name in names]
