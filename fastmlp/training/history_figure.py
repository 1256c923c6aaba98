"""The figure of a history: its learning curve."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from fastmlp.errors import InputError
from fastmlp.plots.curves import learning_curve, loss_curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Columns = Mapping[str, Sequence[Any]]
"""A history by columns, as `History.to_columns` returns it."""


def history_figure(columns: Columns, test_accuracy: float | None = None) -> "partial[Figure]":
    """Return a function that draws a history, and that can be pickled.

    Parameters
    ----------
    columns : Columns
        Epochs without validation leave a gap in its line.
    test_accuracy : float, optional
        As in `learning_curve`.

    Raises
    ------
    InputError
        There are no epochs.
    """
    epochs, losses, accuracies = (columns[name] for name in ("epoch", "loss", "accuracy"))
    if not epochs:
        raise InputError("There are no epochs to plot: train first.")
    held_out_losses, held_out_accuracies = (_numbers(columns[f"validation_{name}"]) for name in ("loss", "accuracy"))
    if accuracies[0] is None:
        return partial(loss_curve, epochs, losses, held_out_losses)
    validation: Any = None if held_out_losses is None else (held_out_losses, held_out_accuracies)
    return partial(learning_curve, epochs, losses, accuracies, test_accuracy, validation)


def _numbers(values: Sequence[float | None]) -> list[float] | None:
    """Return the values with NaN for None; None if there are no others."""
    if all(value is None for value in values):
        return None
    return [math.nan if value is None else value for value in values]
