"""A small line chart over the epochs of a training, as SVG."""

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from fastmlp.plots.markup import add, element

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 360.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 22.0, 26.0, 38.0
"""Pixels of the chart, and those around its field."""
MOST_POINTS = 400
"""Points of a line; of more, the extremes are kept."""
STEPS = (1, 2, 5, 10)
"""Factors of a power of ten that are steps between the marks of an axis."""


class Line(NamedTuple):
    """A line of a chart: its name, its color, and a value for each epoch, NaN for none."""

    name: str
    color: str
    values: Floats


class _Axis(NamedTuple):
    """The marks of an axis, and the pixels where its first and last values are."""

    marks: list[float]
    first: float
    last: float
    begin: float
    end: float

    def place(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.begin + (value - self.first) / ((self.last - self.first) or 1) * (self.end - self.begin)


def curve_drawing(title: str, epochs: Sequence[int], lines: Sequence[Line], low: float | None = None) -> Element:
    """Return an SVG element with the lines over the epochs; a value that is not finite leaves a gap.

    It has the color of the text around it, so it can be read on light and on dark pages.

    Parameters
    ----------
    title : str
    epochs : sequence of int, at least 1, rising
    lines : sequence of Line
        Each has as many values as there are epochs.
    low : float, optional
        The lower end of the vertical axis; by default it is below the smallest value.
    """
    svg = element(
        "svg",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        width=WIDTH,
        height=HEIGHT,
        style="max-width: 100%; height: auto",
        role="img",
        aria_label=f"{title} after each epoch",
        font_size=12,
        fill="currentColor",
    )
    drawn = np.concatenate([line.values for line in lines])
    drawn = drawn[np.isfinite(drawn)]
    least, most = (float(drawn.min()), float(drawn.max())) if len(drawn) else (0.0, 1.0)
    marks = round_numbers(least if low is None else low, most)
    across = _epoch_axis(epochs)
    upward = _Axis(marks, marks[0], marks[-1], HEIGHT - BOTTOM, TOP)
    _add_axes(svg, across, upward)
    add(svg, "text", title, x=LEFT, y=14, font_weight=600)
    for number, line in enumerate(reversed(lines)):  # the first line is drawn last, on top
        _add_line(svg, across, upward, epochs, line)
        x = WIDTH - RIGHT - 84 * (number + 1)
        add(svg, "path", d=f"M{x:g} 10H{x + 16:g}", stroke=line.color, stroke_width=2)
        add(svg, "text", line.name, x=x + 21, y=14)
    return svg


def round_numbers(low: float, high: float, most: int = 5) -> list[float]:
    """Return up to `most` + 1 round numbers with equal distances, the first at most `low`, the last at least `high`."""
    span = max(high - low, 1e-300)
    if span <= 1e-9 * abs(high):  # equal, but for rounding
        span = abs(high)
    unit = 10.0 ** math.floor(math.log10(span / (most - 1)))
    step = next(unit * factor for factor in STEPS if span / (unit * factor) <= (most - 1) * (1 + 1e-9))
    first, last = math.floor(round(low / step, 6)), math.ceil(round(high / step, 6))
    if first == last:
        first, last = (first - 1, last) if first > 0 else (first, last + 1)
    return [number * step for number in range(first, last + 1)]


def _epoch_axis(epochs: Sequence[int]) -> _Axis:
    """Return the horizontal axis, with marks at whole numbers; a single epoch is in its middle."""
    first, last = epochs[0], epochs[-1]
    if first == last:
        return _Axis([first], first - 1, first + 1, LEFT, WIDTH - RIGHT)
    marks = sorted({float(round(mark)) for mark in round_numbers(first, last)})
    return _Axis([mark for mark in marks if first <= mark <= last], first, last, LEFT, WIDTH - RIGHT)


def _add_axes(svg: Element, across: _Axis, upward: _Axis) -> None:
    """Draw the grid, the marks and their numbers."""
    grid = "".join(f"M{LEFT:g} {upward.place(mark):.1f}H{WIDTH - RIGHT:g}" for mark in upward.marks)
    add(svg, "path", d=grid, stroke="currentColor", stroke_opacity=0.2)
    for mark in upward.marks:
        add(svg, "text", f"{mark:.6g}", x=LEFT - 6, y=upward.place(mark) + 4, text_anchor="end")
    for mark in across.marks:
        add(svg, "text", f"{mark:,.0f}", x=across.place(mark), y=HEIGHT - BOTTOM + 16, text_anchor="middle")
    add(svg, "text", "epoch", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 5, text_anchor="middle")


def _add_line(svg: Element, across: _Axis, upward: _Axis, epochs: Sequence[int], line: Line) -> None:
    """Draw a line, with a dot where an epoch has no neighbors."""
    path, was_drawn = [], False
    kept = extremes(line.values, MOST_POINTS)
    is_drawn = [bool(np.isfinite(line.values[place])) for place in kept]
    for number, place in enumerate(kept):
        if is_drawn[number]:
            x, y = across.place(epochs[place]), upward.place(float(line.values[place]))
            path.append(f"{'L' if was_drawn else 'M'}{x:.1f} {y:.1f}")
            if not was_drawn and not any(is_drawn[number + 1 : number + 2]):
                add(svg, "circle", cx=x, cy=y, r=3, fill=line.color)
        was_drawn = is_drawn[number]
    if path:
        add(svg, "path", d="".join(path), stroke=line.color, stroke_width=1.8, fill="none", stroke_linejoin="round")


def extremes(values: Floats, most: int) -> list[int]:
    """Return the places of at most `most` values: all of them, or the least and the greatest in each of equal parts.

    The first and the last place are among them. Where a part has values that are not finite, so has what is kept.
    """
    n = len(values)
    if n <= most:
        return list(range(n))
    kept = {0, n - 1}
    for part in np.array_split(np.arange(n), (most - 2) // 3):
        finite = part[np.isfinite(values[part])]
        if len(finite):
            kept |= {int(finite[values[finite].argmin()]), int(finite[values[finite].argmax()])}
        if len(finite) < len(part):
            kept.add(int(part[~np.isfinite(values[part])][0]))
    return sorted(kept)
