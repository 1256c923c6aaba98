"""Figures of the results, one for each section but costs and speedrun: functions from a result to a Figure."""

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.comparison import best, in_order, ratio
from benchmarks.contestants import CONTESTANTS
from benchmarks.roofline import roof
from benchmarks.texts import seconds_text, times_text
from benchmarks.workloads import Workload
from fastmlp.plots.style import BLUE, GREEN, ORANGE, PINK, SKY, YELLOW, new_figure, own_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = {
    "fastmlp": (ORANGE, "o"),
    "numpy": (BLUE, "s"),
    "torch": (YELLOW, "^"),
    "torch-compiled": ("#8C6D1F", "v"),
    "jax": (GREEN, "D"),
    "sklearn": (SKY, "P"),
    "nielsen": (PINK, "X"),
}
"""Color and marker of each contestant."""


def draw(result: dict[str, Any]) -> "Figure | None":
    """Return the figure of a result, or None for a section that has none."""
    drawers = {
        "speed": speed,
        "busy": speed,
        "widths": sweep,
        "batches": sweep,
        "roofline": roofline,
        "accuracy": accuracy,
        "presets": presets,
    }
    return drawers[result["part"]](result) if result["part"] in drawers else None


def _add_source(figure: "Figure", result: dict[str, Any]) -> None:
    """Write the machine and the date below a figure."""
    machine = result["machine"]
    figure.supxlabel(f"{machine['cpu']}, {machine['cores']} cores; {result['date']}", fontsize=8, color="#555555")


@own_settings()
def speed(result: dict[str, Any]) -> "Figure":
    """Draw the seconds per epoch as bars with ranges, one panel for each workload."""
    workloads = result["workloads"]
    heights = [len(each["seconds"]) + 1.2 for each in workloads.values()]
    figure = new_figure(8, 0.33 * sum(heights) + 1, layout="constrained")
    panels = figure.subplots(len(workloads), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for axes, (name, measured) in zip(panels, workloads.items(), strict=True):
        seconds, workload = measured["seconds"], Workload.from_dict(measured["workload"])
        present = in_order(seconds)
        medians = {c: statistics.median(best(seconds[c])[1]) for c in present}
        for row, contestant in enumerate(present):
            threads, times = best(seconds[contestant])
            median = medians[contestant]
            spread = [[median - min(times)], [max(times) - median]]
            axes.barh(row, median, color=COLORS[contestant][0], xerr=spread, error_kw={"ecolor": "#333333"})
            text = f"{seconds_text(median)}, {threads} thread{'s' if threads > 1 else ''}"
            if contestant != "fastmlp" and "fastmlp" in medians:
                factor = times_text(ratio(times, best(seconds["fastmlp"])[1])).strip("*")
                text += f", {factor} fastmlp's time"
            axes.annotate(text, (max(times), row), (5, 0), textcoords="offset points", va="center", fontsize=8)
        marks = ["*" if CONTESTANTS[c].version_of(workload) != workload else "" for c in present]
        titles = [CONTESTANTS[c].title + mark for c, mark in zip(present, marks, strict=True)]
        axes.set_yticks(range(len(present)), titles, fontsize=9)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.6 * max(max(best(times)[1]) for times in seconds.values()))
        axes.set_title(f"{name}: {workload.title}", fontsize=9, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="x", labelsize=8)
    panels[-1].set_xlabel(f"seconds per epoch of {result['samples']:,} samples: median and range", fontsize=9)
    stars = "  (* with cross-entropy)" if any("*" in t.get_text() for a in panels for t in a.get_yticklabels()) else ""
    figure.suptitle(f"Training on the CPU: one epoch, shorter is better{stars}", fontsize=11)
    _add_source(figure, result)
    return figure


@own_settings()
def sweep(result: dict[str, Any]) -> "Figure":
    """Draw samples per second against the width of the hidden layers, or against the batch size."""
    figure, axes = _panel()
    points = result["points"]
    for contestant in CONTESTANTS:
        here = [point for point in points if contestant in point["seconds"]]
        if here:
            rates = [point["samples"] / statistics.median(best(point["seconds"][contestant])[1]) for point in here]
            color, marker = COLORS[contestant]
            width = 2.5 if contestant == "fastmlp" else 1.5
            label = CONTESTANTS[contestant].title
            axes.plot([p["x"] for p in here], rates, color=color, marker=marker, linewidth=width, label=label)
    _powers_of_two(axes, [point["x"] for point in points])
    axes.set_yscale("log")
    axes.set_ylabel("samples per second")
    rest = Workload.from_dict(points[0]["workload"])
    if result["part"] == "widths":
        axes.set_xlabel("units in each of the two hidden layers")
        axes.set_title(f"Training speed by width: 784-w-w-10, ReLU, Adam, batch {rest.batch_size}", fontsize=11)
    else:
        axes.set_xlabel("batch size (samples)")
        axes.set_title(f"Training speed by batch size: {rest.title.rsplit(',', 1)[0]}", fontsize=11)
    axes.legend(fontsize=9)
    _add_source(figure, result)
    return figure


@own_settings()
def roofline(result: dict[str, Any]) -> "Figure":
    """Draw GFLOP/s of the matrix products by width, below the limits of one core and its memory."""
    figure, axes = _panel()
    rates, batch, inputs = result["rates"], result["batch"], result["inputs"]
    widths = [int(width) for width in next(iter(rates.values()))]
    styles = {"first layer": "-", "hidden layer": "--"}
    for series, by_width in rates.items():
        who, layer = series.split(", ")
        color, marker = COLORS[who.lower()]
        medians = [statistics.median(values) for values in by_width.values()]
        shape = f"{inputs} x w" if layer == "first layer" else "w x w"
        label = f"{who}, {layer} ({shape})"
        axes.plot(widths, medians, styles[layer], color=color, marker=marker, label=label)
    peak, bandwidth = result["peak"], result["bandwidth"]
    for layer, style in styles.items():
        roofs = [roof(w, inputs if layer == "first layer" else w, batch, peak, bandwidth) for w in widths]
        label = f"limit of a {layer} read from memory, {bandwidth:.0f} GB/s"
        axes.plot(widths, roofs, style, color="#888888", linewidth=1, label=label)
    axes.axhline(peak, color="black", linewidth=1, label=f"multiply-add peak of one core, {peak:.0f} GFLOP/s")
    _powers_of_two(axes, widths)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("units of the layer, w")
    axes.set_ylabel("GFLOP/s (float32, one core)")
    axes.set_title(f"Forward pass of a layer against the machine's limit, batch {batch}", fontsize=11)
    axes.legend(fontsize=8, loc="lower right")
    _add_source(figure, result)
    return figure


@own_settings()
def accuracy(result: dict[str, Any]) -> "Figure":
    """Draw test accuracy against training time: thin lines for the seeds, a thick line for their median."""
    from matplotlib.ticker import LogLocator, PercentFormatter

    figure, axes = _panel()
    name, curves = next(iter(result["curves"].items()))
    for contestant, curve in sorted(curves["contestants"].items(), key=lambda item: list(CONTESTANTS).index(item[0])):
        color, marker = COLORS[contestant]
        ends: list[tuple[list[float], list[float]]] = []
        for seconds, accuracies in zip(curve["seconds"], curve["accuracy"], strict=True):
            elapsed = [sum(seconds[: k + 1]) for k in range(len(seconds))]
            axes.plot(elapsed, accuracies, color=color, linewidth=0.6, alpha=0.35)
            ends.append((elapsed, accuracies))
        shortest = min(len(elapsed) for elapsed, _ in ends)
        middle = [tuple(statistics.median(end[which][k] for end in ends) for which in (0, 1)) for k in range(shortest)]
        label = CONTESTANTS[contestant].title
        axes.plot(*zip(*middle, strict=True), color=color, marker=marker, linewidth=2, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    lowest = min(min(values) for curve in curves["contestants"].values() for values in curve["accuracy"])
    axes.set_ylim(max(0.9, lowest - 0.003) if lowest > 0.9 else lowest - 0.01, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    for target in result["targets"]:
        axes.axhline(target, color="#BBBBBB", linewidth=0.8, zorder=0)
    axes.set_xlabel("training time in seconds, without compiling and testing")
    axes.set_ylabel("test accuracy")
    workload = Workload.from_dict(curves["workload"])
    axes.set_title(f"Time to an accuracy, {result['seeds']} seeds: {name}, {workload.title}", fontsize=10)
    axes.legend(fontsize=9, loc="lower right")
    _add_source(figure, result)
    return figure


@own_settings()
def presets(result: dict[str, Any]) -> "Figure":
    """Draw test accuracy against training time: a point with ranges over the seeds for each preset."""
    from matplotlib.ticker import LogLocator, PercentFormatter

    figure, axes = _panel()
    colors = [color for color, _ in COLORS.values()]
    for number, (name, measured) in enumerate(result["presets"].items()):
        point, bars = [], []
        for values in (measured["seconds"], measured["accuracy"]):
            median = statistics.median(values)
            point.append(median)
            bars.append([[median - min(values)], [max(values) - median]])
        color = colors[number % len(colors)]
        text, marker = f"{name}: {point[1]:.2%} in {seconds_text(point[0])}", "os^DvPX"[number % 7]
        axes.errorbar(point[0], point[1], xerr=bars[0], yerr=bars[1], fmt=marker, color=color, capsize=3, label=text)
    axes.set_xscale("log")
    axes.legend(fontsize=9, loc="lower right")
    axes.xaxis.set_major_locator(LogLocator(subs=(1,)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.set_xlabel("training time in seconds, without compiling and testing")
    axes.set_ylabel("test accuracy at the end")
    seeds = sorted({len(measured["seeds"]) for measured in result["presets"].values()})
    axes.set_title(
        f"The presets: medians and ranges of {' to '.join(map(str, dict.fromkeys((seeds[0], seeds[-1]))))} seeds",
        fontsize=11,
    )
    _add_source(figure, max(result["presets"].values(), key=lambda measured: measured["date"]))
    return figure


def _panel() -> "tuple[Figure, Axes]":
    """Return a figure with one axes and a light grid."""
    figure = new_figure(8, 5.2, layout="constrained")
    axes = figure.subplots()
    axes.grid(visible=True, which="major", color="#DDDDDD", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _powers_of_two(axes: "Axes", ticks: list[int]) -> None:
    """Make the x axis logarithmic with these ticks."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
