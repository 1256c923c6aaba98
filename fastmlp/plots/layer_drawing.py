"""A drawing of a network's layers, as SVG: columns of circles with lines in between."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fastmlp.plots.markup import add, element
from fastmlp.plots.style import BLUE

MOST_UNITS, MOST_LAYERS = 10, 8
"""Circles in a column and columns of a drawing; of more, those in the middle are left out."""
RADIUS, DOWN, ACROSS, MARGIN = 6.0, 17.0, 110.0, 48.0
"""Pixels: the radius of a circle, from circle to circle, from column to column, and beside the outer columns."""
LONGEST_NAME, CHARACTER = 18, 6.5
"""Characters of a unit's name that are shown, and the width of one."""


class Layer(NamedTuple):
    """A layer in a drawing: the number of its units, the words below it, and the names of its units, if it has any."""

    size: int
    words: str
    names: Sequence[str] = ()


def layer_drawing(layers: Sequence[Layer]) -> Element:
    """Return an SVG element that shows the layers from left to right, with their sizes.

    It has the color of the text around it, so it can be read on light and on dark pages.

    Parameters
    ----------
    layers : sequence of Layer, at least 1
    """
    names = [_short(layers[-1].names[unit]) for unit in _shown_units(layers[-1])] if layers[-1].names else []
    columns = _shown_layers(layers)
    width = 2 * MARGIN + ACROSS * (len(columns) - 1) + CHARACTER * max(map(len, names), default=0)
    middle = max(max(_heights(layer), default=0.0) for layer in layers) + 2 * RADIUS
    svg = element(
        "svg",
        viewBox=f"0 0 {width:g} {2 * middle + 40:g}",
        width=width,
        height=2 * middle + 40,
        style="max-width: 100%; height: auto",
        role="img",
        aria_label="Layers of " + ", ".join(f"{layer.size:,}" for layer in layers) + " units",
        font_size=12,
        fill="currentColor",
    )
    places = [MARGIN + ACROSS * number for number in range(len(columns))]
    for (x, layer), (next_x, next_layer) in pairwise(zip(places, columns, strict=True)):
        if layer and next_layer:
            units, next_units = ([middle + y for y in _heights(each)] for each in (layer, next_layer))
            path = "".join(f"M{x:g} {y:g}L{next_x:g} {next_y:g}" for y in units for next_y in next_units)
            add(svg, "path", d=path, stroke="currentColor", stroke_width=0.6, stroke_opacity=0.25)
    for x, layer in zip(places, columns, strict=True):
        _add_column(svg, x, middle, layer, len(layers) - len(columns) + 1)
    for y, name in zip(_heights(layers[-1]), names, strict=bool(names)):
        add(svg, "text", name, x=places[-1] + 2 * RADIUS, y=middle + y + 4)
    return svg


def _shown_layers(layers: Sequence[Layer]) -> list[Layer | None]:
    """Return the layers that are drawn; None stands for those that are left out."""
    if len(layers) <= MOST_LAYERS:
        return list(layers)
    return [*layers[: MOST_LAYERS // 2], None, *layers[1 - MOST_LAYERS // 2 :]]


def _shown_units(layer: Layer) -> list[int]:
    """Return the numbers of the units of a layer that are drawn."""
    if layer.size <= MOST_UNITS:
        return list(range(layer.size))
    half = MOST_UNITS // 2 - 1
    return [*range(half), *range(layer.size - half, layer.size)]


def _heights(layer: Layer) -> list[float]:
    """Return how far below the middle each drawn unit of a layer is; there is room for dots if some are left out."""
    if layer.size <= MOST_UNITS:
        return [(unit - (layer.size - 1) / 2) * DOWN for unit in range(layer.size)]
    half = MOST_UNITS // 2 - 1
    return [slot * DOWN for slot in range(-half, half + 1) if slot]


def _add_column(svg: Element, x: float, middle: float, layer: Layer | None, left_out: int) -> None:
    """Draw the units of a layer over its size and its words; or dots for layers that are left out."""
    centred: dict[str, str | float] = {"x": x, "text_anchor": "middle"}
    if layer is None:
        for shift in (-7.0, 0.0, 7.0):
            add(svg, "circle", cx=x + shift, cy=middle, r=1.6)
        add(svg, "text", f"{left_out} more", y=2 * middle + 32, fill_opacity=0.75, **centred)
        return
    for y in _heights(layer):  # the page's color shines through the circle, not the lines
        add(svg, "circle", cx=x, cy=middle + y, r=RADIUS, fill=BLUE, stroke="currentColor")
    if layer.size > MOST_UNITS:
        for shift in (-4.5, 0.0, 4.5):
            add(svg, "circle", cx=x, cy=middle + shift, r=1.2)
    add(svg, "text", f"{layer.size:,}", y=2 * middle + 14, font_weight=600, **centred)
    add(svg, "text", layer.words, y=2 * middle + 32, fill_opacity=0.75, **centred)


def _short(name: str) -> str:
    """Return a name without its end if it is long."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
