"""Figures of a sweep, made from its rows and combinations.

Each function returns a Matplotlib Figure, or None if there is nothing to compare. The axis of an accuracy shows the
logarithm of the error: 98 % and 99 % are as far apart as 80 % and 90 %.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.plots.style import BLUE, COLORS, GREY, ORANGE, new_figure, own_settings
from fastmlp.sweep.results import pareto_front
from fastmlp.sweep.settings import hidden_layers, value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, Any]]
Column = tuple[NDArray[np.float64], list[tuple[float, str]]]
"""Heights of the values in a column of parallel coordinates, and the heights that are marked with a text."""
COLORMAP = "viridis"
LEAST_ERROR = 1e-4
"""Smallest error that is shown: the logarithm of 0 has no place."""
MOST_CURVES, MOST_MARKED = 300, 6
"""Lines in a figure, and those with a color and a name of their own."""
WIDTH = 7.0
"""Width of a figure in inches; one of many hyperparameters is wider."""
HELD_OUT = "accuracy on held-out samples"


@own_settings()
def accuracy_against(combinations: Rows, name: str, label: str) -> "Figure | None":
    """Draw each combination's median held-out accuracy against its cost `name`, with the Pareto front."""
    complete = [each for each in combinations if each["complete"]]
    if len({each[name] for each in complete}) < 2:
        return None
    figure, axes = _figure(label, HELD_OUT)
    costs = np.array([each[name] for each in complete], float)
    accuracies = np.array([each["validation_accuracy"] for each in complete])
    axes.scatter(costs, _error(accuracies), s=16, color=BLUE, alpha=0.45, linewidths=0, label="a combination")
    front = pareto_front(list(zip(costs, accuracies, strict=True)))
    best = [_error(accuracies[i]) for i in front]
    axes.step(costs[front], best, where="post", color=ORANGE, linewidth=1.5, label="Pareto front")
    axes.scatter(costs[front], best, s=28, color=ORANGE, zorder=3)
    axes.set_xscale("log")
    _plain_numbers(axes)
    _accuracies(axes, accuracies)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), borderpad=0, ncols=2)  # covers no combination
    return figure


@own_settings()
def accuracy_against_width(combinations: Rows) -> "Figure | None":
    """Draw the median held-out accuracy against the width of the hidden layers, a line for each depth.

    The shaded area reaches from the worst seed to the best. The best of several combinations with the same layers is
    drawn. Networks whose hidden layers differ in width are left out, and so are depths with a single width.
    """
    best = _best_by_depth_and_width(combinations)
    if not best:
        return None
    figure, axes = _figure("width of each hidden layer", HELD_OUT)
    for number, (depth, group) in enumerate(groupby(sorted(best), key=lambda key: key[0])):
        widths = [width for _, width in group]
        own = [best[depth, width] for width in widths]
        color = COLORS[number % len(COLORS)]
        layers_text = f"{depth} hidden layer{'s' if depth > 1 else ''}"
        medians = _error(np.array([each["validation_accuracy"] for each in own]))
        low, high = (_error(np.array([each["validation_accuracy_range"][i] for each in own])) for i in (0, 1))
        axes.plot(widths, medians, marker="o", markersize=4, color=color, label=layers_text)
        axes.fill_between(widths, low, high, color=color, alpha=0.18, linewidth=0)
    _widths(axes, sorted({width for _, width in best}))
    _accuracies(axes, np.array([v for each in best.values() for v in each["validation_accuracy_range"]]))
    axes.legend(frameon=False, loc="lower right")
    return figure


@own_settings()
def importance_bars(importances: Mapping[str, float], label: str) -> "Figure | None":
    """Draw the importance of each hyperparameter."""
    from matplotlib.ticker import PercentFormatter

    if len(importances) < 2:
        return None
    figure, axes = _figure(label, "", height=1.2 + 0.35 * len(importances))
    names = sorted(importances, key=lambda name: importances[name])
    bars = axes.barh([name.replace("_", " ") for name in names], [importances[name] for name in names], color=BLUE)
    axes.bar_label(bars, [f"{importances[name]:.0%}" for name in names], padding=3)
    axes.set_xlim(0, 1.12 * max(importances.values()) or 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(False, axis="y")
    return figure


@own_settings()
def parallel_coordinates(combinations: Rows, names: Sequence[str]) -> "Figure | None":
    """Draw each combination as a line through its values of the hyperparameters `names`, colored by its accuracy."""
    complete = [each for each in combinations if each["complete"]][:MOST_CURVES]
    names = [name for name in names if len({each["settings"].get(name) for each in complete}) > 1]
    if not names or len(complete) < 2:
        return None
    figure, axes = _figure("", "", width=max(WIDTH, 1.7 * (len(names) + 1)))
    errors = _error(np.array([each["validation_accuracy"] for each in complete]))
    columns = [_heights([each["settings"][name] for each in complete]) for name in names]
    columns.append(_accuracy_column(complete, errors))
    _draw_lines(axes, np.stack([heights for heights, _ in columns], axis=1), errors)
    box = {"fc": "white", "ec": "none", "pad": 0.5, "alpha": 0.8}
    for x, (_, marks) in enumerate(columns):
        axes.axvline(x, color="black", linewidth=0.8)
        for y, mark in marks:
            axes.text(x + 0.03, y, mark, fontsize=8, va="center", bbox=box)
    axes.set_xticks(range(len(columns)), [*(name.replace("_", " ") for name in names), "held-out\naccuracy"])
    axes.set_xlim(-0.1, len(columns) - 0.6)
    axes.set_ylim(-0.05, 1.05)
    axes.set_yticks([])
    axes.grid(False)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


@own_settings()
def learning_curves(rows: Rows, title: Callable[[dict[str, Any]], str]) -> "Figure | None":
    """Draw the training loss after each epoch: the best networks colored and named by `title`, the others grey."""
    from matplotlib.ticker import MaxNLocator

    rows = [row for row in rows if row.get("curve")]
    if max((len(row["curve"]) for row in rows), default=0) < 2:
        return None
    rows = sorted(rows, key=lambda row: -row["validation_accuracy"])
    best_of: dict[int, dict[str, Any]] = {}
    for row in rows:
        best_of.setdefault(row["setting"], row)
    marked = list(best_of.values())[:MOST_MARKED]
    figure, axes = _figure("epoch", "training loss", height=4.5 + 0.2 * len(marked))
    for row in rows[:MOST_CURVES]:
        losses = _losses(row)
        axes.plot(range(1, len(losses) + 1), losses, color="#AAAAAA", linewidth=0.6, alpha=0.6)
    for number, row in enumerate(marked):
        losses = _losses(row)
        label = f"{row['validation_accuracy']:.2%}  {title(row)}"
        axes.plot(range(1, len(losses) + 1), losses, color=COLORS[number], linewidth=1.8, label=label)
    axes.set_yscale("log")
    highest = 10 * max(loss for row in marked for loss in _losses(row))
    if axes.get_ylim()[1] > highest > 0:  # diverged networks would press the others flat
        axes.set_ylim(0.8 * min(loss for row in rows for loss in _losses(row) if loss > 0), highest)
    _plain_numbers(axes, "y")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    figure.legend(
        loc="outside lower center", frameon=False, fontsize=8, title="best on held-out samples", title_fontsize=8
    )
    return figure


def _losses(row: dict[str, Any]) -> list[float]:
    return [loss for loss, *_ in row["curve"]]


def _best_by_depth_and_width(combinations: Rows) -> dict[tuple[int, int], dict[str, Any]]:
    """Return the best combination for each (depth, width), of depths with several widths."""
    best: dict[tuple[int, int], dict[str, Any]] = {}
    for each in combinations:  # the best come first
        layers = hidden_layers(each["settings"])
        if len(set(layers)) == 1 and each["complete"]:
            best.setdefault((len(layers), layers[0]), each)
    widths_of = Counter(depth for depth, _ in best)
    return {key: each for key, each in best.items() if widths_of[key[0]] > 1}


def _figure(x_label: str, y_label: str, width: float = WIDTH, height: float = 4.5) -> "tuple[Figure, Axes]":
    figure = new_figure(width, height, layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.grid(color=GREY, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _error(accuracy: Any) -> Any:
    return np.maximum(1 - accuracy, LEAST_ERROR)


def _widths(axes: "Axes", widths: Sequence[int]) -> None:
    """Make the x axis one of widths, with a tick for each if there is room; else for powers of two."""
    axes.set_xscale("log", base=2)
    if all(b / a > 1.2 for a, b in pairwise(widths)):
        axes.set_xticks(widths, minor=False)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.minorticks_off()


def _accuracies(axes: "Axes", accuracies: Any) -> None:
    """Label the y axis, whose values are errors, with accuracies."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    worst, best = _error(accuracies).max() * 1.1, _error(accuracies).min() / 1.1
    axes.set_yscale("log")
    axes.set_ylim(min(1.0, worst), best)
    for steps in ((1.0, 2.0, 5.0), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)):  # 98, 95, 90 %; or 98, 97, 96 %
        inside = [tick for tick in LogLocator(subs=steps).tick_values(best, min(1.0, worst)) if best <= tick <= worst]
        if len(inside) >= 3:
            break
    else:
        inside = list(np.geomspace(best, worst, 5))
    axes.yaxis.set_major_locator(FixedLocator(inside))
    axes.yaxis.set_minor_locator(NullLocator())
    digits = 2 if len({f"{1 - tick:.1%}" for tick in inside}) < len(inside) else 1
    axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{1 - error:.{digits}%}"))


def _plain_numbers(axes: "Axes", which: str = "x") -> None:
    """Write the ticks of a logarithmic axis as plain numbers: 12,000 and not 1.2e4."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    axis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 300 else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if 10 <= value < 1e9 else f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _heights(values: list[Any]) -> Column:
    """Return a height from 0 to 1 for each value: one step for each of a few values or names, else its magnitude."""
    known = sorted(set(values), key=lambda value: (str(type(value)), value))
    numbers = all(isinstance(value, int | float) for value in known)
    if not numbers or len(known) <= 8:
        places = {value: i / (len(known) - 1) for i, value in enumerate(known)}
        return np.array([places[value] for value in values]), [(places[value], value_text(value)) for value in known]
    heights = np.array(values, float)
    if heights.min() > 0 and heights.max() / heights.min() > 30:
        heights = np.log(heights)
    heights = (heights - heights.min()) / np.ptp(heights)
    return heights, [(0.0, value_text(known[0])), (1.0, value_text(known[-1]))]


def _accuracy_column(combinations: Rows, errors: NDArray[np.float64]) -> Column:
    """Return a height from 0 to 1 for each accuracy, on the axis of the error's logarithm."""
    heights = np.log(errors[0] / errors)
    ends = [combinations[int(np.argmax(errors))], combinations[int(np.argmin(errors))]]
    marks = [(float(y), f"{each['validation_accuracy']:.2%}") for y, each in zip((0, 1), ends, strict=True)]
    return 1 + heights / max(np.ptp(heights), 1e-9), marks


def _draw_lines(axes: "Axes", points: NDArray[np.float64], errors: NDArray[np.float64]) -> None:
    """Draw a line through each row of `points`, colored by its rank, the best on top."""
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection

    ranks = np.argsort(np.argsort(-errors)) / max(1, len(errors) - 1)
    points[:, :-1] += 0.05 * (ranks[:, None] - 0.5)  # lines through the same values lie side by side
    lines = [np.column_stack([np.arange(points.shape[1]), row]) for row in points]
    order = np.argsort(ranks)
    colors = colormaps[COLORMAP](1 - 0.9 * ranks[order])
    axes.add_collection(LineCollection([lines[i] for i in order], colors=colors, linewidths=1.1, alpha=0.75))
