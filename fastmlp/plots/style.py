"""Settings, palette, fonts, axes and headings shared by all figures."""

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font
    from matplotlib.image import AxesImage

Array = NDArray[Any]

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
YELLOW, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"
COLORS = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK)
"""The palette of M. Okabe and K. Ito, which color-blind readers can tell apart, in the order of the lines of a plot."""
MARKERS = "os^DvPX"
"""A marker for each color, so that color is not the only difference between two lines."""
GREY = "#D9D9D9"
"""Color of grids, frames and cells without a value."""

LONGEST_NAME = 18
"""Characters of a class name that are shown."""
BESIDE = 1.25
"""Width in inches of a color bar with its labels."""


def quiet_matplotlib() -> None:
    """Hide Matplotlib's warnings, such as the one about its own cache folder, which mean nothing to a user."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with Matplotlib's default settings in a `with` block, or in a function that has this as its decorator.

    A user's settings would change figures (`image.origin: lower` turns digits upside down) or end them
    (`text.usetex` where there is no TeX). They hold again afterwards.
    """
    matplotlib = _imported()
    defaults = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
    with matplotlib.rc_context(defaults):
        yield


def _imported() -> Any:
    """Import Matplotlib, whatever backend the environment names.

    Notebooks name a backend that programs started from them may not have, and the import fails if it is unknown. None
    is used here: a figure without pyplot is drawn by Agg.
    """
    named = os.environ.get("MPLBACKEND")
    if not named or "matplotlib" in sys.modules:
        import matplotlib

        return matplotlib
    os.environ["MPLBACKEND"] = "agg"
    try:
        import matplotlib
    finally:
        os.environ["MPLBACKEND"] = named
    with suppress(ValueError):
        matplotlib.rcParams["backend"] = named  # for the user's own figures, as Matplotlib does it
    return matplotlib


def new_figure(width: float, height: float, **options: Any) -> "Figure":
    """Return an empty figure of `width` x `height` inches, which keeps the settings that hold now; see OwnFigure."""
    from fastmlp.plots.own_figure import OwnFigure

    return OwnFigure(figsize=(width, height), **options)


def titled_figure(title: str, width: float, height: float) -> "Figure":
    """Return an empty figure of `width` x `height` inches with a title, laid out by Matplotlib's constrained layout."""
    figure = new_figure(width, height, layout="constrained")
    figure.suptitle(title)
    return figure


def label_axes(axes: "Axes", title: str, x: str, y: str, *, percent: bool = False) -> "Axes":
    """Give axes a title, labels and a grid, and return them; `percent` sets the vertical limits around 0 and 100."""
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    add_grid(axes)
    if percent:
        axes.set_ylim(-2, 102)
    return axes


def add_grid(axes: "Axes") -> None:
    """Draw a grid behind everything else."""
    axes.grid(color=GREY, linewidth=0.6)
    axes.set_axisbelow(True)


def line_style(number: int) -> dict[str, Any]:
    """Return color and marker of the line with this number, from 0."""
    return {"color": COLORS[number % len(COLORS)], "marker": MARKERS[number % len(MARKERS)], "markersize": 4}


def add_axes(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Add axes to the figure at a place in inches."""
    figure_width, figure_height = figure.get_size_inches()
    return figure.add_axes((left / figure_width, bottom / figure_height, width / figure_width, height / figure_height))


def add_color_bar(figure: "Figure", image: "AxesImage", label: str, fraction: float, **options: Any) -> None:
    """Draw the scale of an image on its right, as high as this fraction of the image or 1.6 inches."""
    place = image.axes.get_position()
    width, height = figure.get_size_inches()
    x, y = place.x1 * width + 0.2, (place.y0 + place.y1) / 2 * height
    high = max(fraction * place.height * height, 1.6)
    figure.colorbar(image, cax=add_axes(figure, x, y - high / 2, 0.2, high), label=label, **options)


def add_heading(figure: "Figure", text: str) -> None:
    """Write the heading of a figure at its upper edge."""
    figure.suptitle(text, y=1 - 0.08 / figure.get_figheight(), va="top", parse_math=False)


def heading_height(text: str) -> float:
    """Return the height of a heading in inches: 0.3 for its first line, 0.2 for each further one."""
    return 0.3 + 0.2 * text.count("\n")


def class_names(classes: Sequence[str]) -> list[str]:
    """Return class names that the font can draw.

    Long names are cut. A name with a character that has no glyph becomes "class 3".
    """
    glyphs = _font().get_charmap()
    names = []
    for number, name in enumerate(classes):
        line = " ".join(str(name).split())
        cut = line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
        names.append(cut if cut and all(ord(character) in glyphs for character in cut) else f"class {number}")
    return names


def text_width(text: str, size: float) -> float:
    """Return the width in inches of the longest line of a text drawn in this font size."""
    font = _font()
    font.set_size(size, 72)
    widths = []
    for line in text.splitlines():
        font.set_text(line)
        widths.append(font.get_width_height()[0])
    return max(widths) / 64 / 72  # 64 units a point, 72 points an inch


@cache
@own_settings()
def _font() -> "FT2Font":
    """Return the text font of the figures."""
    from matplotlib import font_manager

    return font_manager.get_font(font_manager.findfont(font_manager.FontProperties()))
