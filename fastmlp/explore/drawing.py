"""What the experiments' figures are drawn with: colours, axes with labels, tiles of small images.

Imports plots for its colours; matplotlib inside the functions. Every figure has a title, and every axis a label.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = plots.BLUE, plots.ORANGE, plots.GREY
GREEN, PINK, SKY, YELLOW, BLACK = "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"
COLOURS = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK)
"""Okabe and Ito's: told apart by the colour-blind. MARKERS go with them, so that colour is not all."""
MARKERS = "os^DvPX"


def figure(title: str, width: float, height: float) -> "Figure":
    """Return an empty figure with its title, `width` x `height` inches."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    drawn.suptitle(title)
    return drawn


def label(axes: "Axes", title: str, x: str, y: str, *, percent: bool = False) -> "Axes":
    """Give axes their title, labels and grid; `percent` ends the vertical axis at 0 and 100."""
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=GREY, linewidth=0.6)
    axes.set_axisbelow(True)
    if percent:
        axes.set_ylim(-2, 102)
    return axes


def style(number: int) -> dict[str, Any]:
    """Return colour and marker of the line with this number, from 0."""
    return {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)], "markersize": 4}


def tile(
    axes: "Axes",
    images: NDArray[Any],
    title: str,
    columns: int | None = None,
    names: Sequence[str] = (),
    scale: float | None = None,
    *,
    each: bool = False,
) -> Any:
    """Draw small images (n, height, width) in one Axes, row by row, and return what a colour bar needs.

    `names` are written above them. With a `scale` they are signed: red for +scale, blue for -scale; else grey, black
    for the largest value. With `each`, every image has a scale of its own, and the colours go from -1 to 1 or 0 to 1.
    """
    n, height, width = images.shape
    images = images.astype(np.float64)
    if each and scale is not None:
        images = images / np.maximum(np.abs(images).max(axis=(1, 2), keepdims=True), 1e-300)
        scale = 1.0
    elif each:
        low = images.min(axis=(1, 2), keepdims=True)
        images = (images - low) / np.maximum(images.max(axis=(1, 2), keepdims=True) - low, 1e-300)
    columns = columns or int(np.ceil(np.sqrt(n)))
    rows, gap = -(-n // columns), max(1, round(0.08 * height))
    above = round(0.28 * height) + 1 if len(names) else gap
    sheet = np.full((rows * (height + above), columns * (width + gap) + gap), np.nan)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        top, left = row * (height + above) + above, column * (width + gap) + gap
        sheet[top : top + height, left : left + width] = image
        if len(names):
            axes.text(
                left + width / 2, top - 1.5, names[number], ha="center", va="bottom", fontsize=7, parse_math=False
            )
    drawn: Any
    if scale is not None:
        drawn = axes.imshow(sheet, cmap="RdBu_r", vmin=-scale, vmax=scale, interpolation="nearest")
    else:
        low, high = float(images.min()), float(images.max())
        drawn = axes.imshow(sheet, cmap="gray_r", vmin=low, vmax=max(high, low + 1e-12), interpolation="nearest")
    axes.set_title(title, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color(GREY)
    return drawn
