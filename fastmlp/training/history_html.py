"""A history as a notebook shows it: its curves, and a table of its first, best and last epochs."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np

from fastmlp.plots.curve_drawing import Floats, Line, curve_drawing
from fastmlp.plots.markup import add, add_table, element
from fastmlp.plots.style import BLUE, GREEN
from fastmlp.system.terminal import duration
from fastmlp.training.history_figure import Columns

METRICS = {
    "loss": "loss",
    "accuracy": "accuracy",
    "validation_loss": "validation loss",
    "validation_accuracy": "validation accuracy",
    "seconds": "seconds",
}
"""Headings of the table."""


def history_element(columns: Columns) -> Element:
    """Return an HTML element with a chart of the losses, one of the accuracies if there are any, and the table."""
    block = element("div")
    epochs = columns["epoch"]
    if not epochs:
        add(block, "p", "No epoch has been trained.")
        return block
    values = {name: np.array(columns[name], dtype=np.float64) for name in METRICS}  # NaN for None
    charts = add(block, "div", style="display: flex; flex-wrap: wrap; gap: 0.5em 1.5em")
    charts.append(curve_drawing("loss", epochs, _lines(values["loss"], values["validation_loss"]), low=0.0))
    if not np.isnan(values["accuracy"]).all():
        percents = _lines(100 * values["accuracy"], 100 * values["validation_accuracy"])
        charts.append(curve_drawing("accuracy (%)", epochs, percents))
    add_table(block, _rows(epochs, values), has_heading=True)
    some = "1 epoch" if len(epochs) == 1 else f"{len(epochs):,} epochs"
    add(block, "div", f"{some}, {duration(float(values['seconds'].sum()))} of training")
    return block


def _lines(training: Floats, validation: Floats) -> list[Line]:
    lines = [Line("training", BLUE, training)]
    return lines if np.isnan(validation).all() else [*lines, Line("validation", GREEN, validation)]


def _rows(epochs: Sequence[int], values: dict[str, Floats]) -> list[list[str]]:
    """Return the table: its heading, and the first, the best and the last epoch, each of them once."""
    shown = [name for name in METRICS if not np.isnan(values[name]).all()]
    judged = "validation_loss" if "validation_loss" in shown else "loss"
    rows: dict[int, list[str]] = {0: ["first"]}
    if not np.isnan(values[judged]).all():
        rows.setdefault(int(np.nanargmin(values[judged])), []).append(f"least {METRICS[judged]}")
    rows.setdefault(len(epochs) - 1, []).append("last")
    heading = ["", "epoch", *(METRICS[name] for name in shown)]
    return [
        heading,
        *(
            [", ".join(words), f"{epochs[place]:,}", *(_cell(name, float(values[name][place])) for name in shown)]
            for place, words in sorted(rows.items())
        ),
    ]


def _cell(name: str, value: float) -> str:
    """Return the text of a cell; it is empty for NaN."""
    if np.isnan(value):
        return ""
    if name.endswith("accuracy"):
        return f"{value:.2%}"
    return f"{value:.3g}" if name == "seconds" else f"{value:.4g}"
