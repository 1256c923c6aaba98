"""The pictures of a sweep, drawn from its rows and settings. Each function returns a matplotlib Figure, or None where
there is nothing to compare.

Accuracies lie on an axis of the error's logarithm: 98 % and 99 % are as far apart as 80 % and 90 %.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp.plots import BLUE, GREY, ORANGE
from fastmlp.sweep.results import pareto_front
from fastmlp.sweep.settings import hidden_layers, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[dict[str, Any]]
COLOURS = "viridis"
LINES = (BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")  # Okabe and Ito
LEAST_ERROR = 1e-4
MOST_CURVES, MOST_MARKED = 300, 6
WIDTH = 7.0
"""Of a picture, in inches; that of many settings is wider."""
HELD_OUT = "accuracy on held-out samples"


def accuracy_against(settings: Rows, name: str, label: str) -> "Figure | None":
    """Draw each combination's median held-out accuracy against what it costs, `name`, with the Pareto front."""
    settings = [each for each in settings if each["complete"]]
    if len({each[name] for each in settings}) < 2:
        return None
    figure, axes = _figure(label, HELD_OUT)
    costs = np.array([each[name] for each in settings], float)
    accuracies = np.array([each["validation_accuracy"] for each in settings])
    axes.scatter(costs, _error(accuracies), s=16, color=BLUE, alpha=0.45, linewidths=0, label="a combination")
    front = pareto_front(list(zip(costs, accuracies, strict=True)))
    best = [_error(accuracies[i]) for i in front]
    axes.step(costs[front], best, where="post", color=ORANGE, linewidth=1.5, label="Pareto front")
    axes.scatter(costs[front], best, s=28, color=ORANGE, zorder=3)
    axes.set_xscale("log")
    _plain_numbers(axes)
    _accuracies(axes, accuracies)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), borderpad=0, ncols=2)  # over no combination
    return figure


def accuracy_against_width(settings: Rows) -> "Figure | None":
    """Draw the median held-out accuracy against the width of the hidden layers, a line for each depth.

    Shaded: from the worst seed to the best. Of several settings with the same layers the best one is drawn; networks
    whose hidden layers differ in width are left out, and depths with one width only.
    """
    best: dict[tuple[int, int], dict[str, Any]] = {}
    for each in settings:  # the best come first
        layers = hidden_layers(each["settings"])
        if len(set(layers)) == 1 and each["complete"]:
            best.setdefault((len(layers), layers[0]), each)
    widths_of = Counter(depth for depth, _ in best)
    best = {key: each for key, each in best.items() if widths_of[key[0]] > 1}
    if not best:
        return None
    figure, axes = _figure("width of each hidden layer", HELD_OUT)
    for number, (depth, group) in enumerate(groupby(sorted(best), key=lambda key: key[0])):
        widths = [width for _, width in group]
        own = [best[depth, width] for width in widths]
        colour = LINES[number % len(LINES)]
        layers_text = f"{depth} hidden layer{'s' if depth > 1 else ''}"
        medians = _error(np.array([each["validation_accuracy"] for each in own]))
        low, high = (_error(np.array([each["validation_accuracy_range"][i] for each in own])) for i in (0, 1))
        axes.plot(widths, medians, marker="o", markersize=4, color=colour, label=layers_text)
        axes.fill_between(widths, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set_xscale("log", base=2)
    every = sorted({width for _, width in best})
    if all(b / a > 1.2 for a, b in pairwise(every)):  # else they are powers of two
        axes.set_xticks(every, minor=False)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    _accuracies(axes, np.array([v for each in best.values() for v in each["validation_accuracy_range"]]))
    axes.legend(frameon=False, loc="lower right")
    return figure


def importances(shares: Mapping[str, float], label: str) -> "Figure | None":
    """Draw how much each setting mattered."""
    from matplotlib.ticker import PercentFormatter

    if len(shares) < 2:
        return None
    figure, axes = _figure(label, "", height=1.2 + 0.35 * len(shares))
    names = sorted(shares, key=lambda name: shares[name])
    bars = axes.barh([name.replace("_", " ") for name in names], [shares[name] for name in names], color=BLUE)
    axes.bar_label(bars, [f"{shares[name]:.0%}" for name in names], padding=3)
    axes.set_xlim(0, 1.12 * max(shares.values()) or 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(False, axis="y")
    return figure


def parallel_coordinates(settings: Rows, names: Sequence[str]) -> "Figure | None":
    """Draw each combination as a line through its values of the settings `names`, coloured by its median accuracy."""
    settings = [each for each in settings if each["complete"]][:MOST_CURVES]
    names = [name for name in names if len({each["settings"].get(name) for each in settings}) > 1]
    if not names or len(settings) < 2:
        return None
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection

    figure, axes = _figure("", "", width=max(WIDTH, 1.7 * (len(names) + 1)))
    errors = _error(np.array([each["validation_accuracy"] for each in settings]))
    columns = [_places([each["settings"][name] for each in settings]) for name in names]
    heights = np.log(errors[0] / errors)
    columns.append((1 + heights / max(np.ptp(heights), 1e-9), []))
    ends = [settings[int(np.argmax(errors))], settings[int(np.argmin(errors))]]
    columns[-1][1].extend((y, f"{each['validation_accuracy']:.2%}") for y, each in zip((0, 1), ends, strict=True))
    points = np.stack([places for places, _ in columns], axis=1)
    ranks = np.argsort(np.argsort(-errors)) / max(1, len(errors) - 1)
    points[:, :-1] += 0.05 * (ranks[:, None] - 0.5)  # so that lines through the same values lie side by side
    lines = [np.column_stack([np.arange(len(columns)), row]) for row in points]
    order = np.argsort(ranks)
    colours = colormaps[COLOURS](1 - 0.9 * ranks[order])
    axes.add_collection(LineCollection([lines[i] for i in order], colors=colours, linewidths=1.1, alpha=0.75))
    for x, (_, marks) in enumerate(columns):
        axes.axvline(x, color="black", linewidth=0.8)
        for y, mark in marks:
            axes.text(
                x + 0.03, y, mark, fontsize=8, va="center", bbox={"fc": "white", "ec": "none", "pad": 0.5, "alpha": 0.8}
            )
    axes.set_xticks(range(len(columns)), [*(name.replace("_", " ") for name in names), "held-out\naccuracy"])
    axes.set_xlim(-0.1, len(columns) - 0.6)
    axes.set_ylim(-0.05, 1.05)
    axes.set_yticks([])
    axes.grid(False)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


def learning_curves(rows: Rows, title: Any) -> "Figure | None":
    """Draw the training loss after each epoch: the best networks in colour, with `title` of their row, others grey."""
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
        losses = [loss for loss, *_ in row["curve"]]
        axes.plot(range(1, len(losses) + 1), losses, color="#AAAAAA", linewidth=0.6, alpha=0.6)
    for number, row in enumerate(marked):
        losses = [loss for loss, *_ in row["curve"]]
        label = f"{row['validation_accuracy']:.2%}  {title(row)}"
        axes.plot(range(1, len(losses) + 1), losses, color=LINES[number], linewidth=1.8, label=label)
    axes.set_yscale("log")
    highest = 10 * max(loss for row in marked for loss, *_ in row["curve"])
    if axes.get_ylim()[1] > highest > 0:  # what diverged would press the others flat
        axes.set_ylim(0.8 * min(loss for row in rows for loss, *_ in row["curve"] if loss > 0), highest)
    _plain_numbers(axes, "y")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    figure.legend(
        loc="outside lower center", frameon=False, fontsize=8, title="best on held-out samples", title_fontsize=8
    )
    return figure


def _figure(x_label: str, y_label: str, width: float = WIDTH, height: float = 4.5) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.grid(color=GREY, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _error(accuracy: Any) -> Any:
    return np.maximum(1 - accuracy, LEAST_ERROR)


def _accuracies(axes: "Axes", accuracies: Any) -> None:
    """Make the y axis, which has errors, one of accuracies."""
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


def _places(values: list[Any]) -> tuple[Any, list[tuple[float, str]]]:
    """Return a height from 0 to 1 for each value, and which heights are marked with what."""
    known = sorted(set(values), key=lambda value: (str(type(value)), value))
    numbers = all(isinstance(value, int | float) for value in known)
    if not numbers or len(known) <= 8:  # one step a value
        places = {value: i / (len(known) - 1) for i, value in enumerate(known)}
        return np.array([places[value] for value in values]), [(places[value], text(value)) for value in known]
    heights = np.array(values, float)
    if heights.min() > 0 and heights.max() / heights.min() > 30:
        heights = np.log(heights)
    heights = (heights - heights.min()) / np.ptp(heights)
    return heights, [(0.0, text(known[0])), (1.0, text(known[-1]))]
