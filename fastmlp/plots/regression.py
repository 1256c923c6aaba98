"""Figures of a regression."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastmlp.errors import InputError
from fastmlp.plots.style import BLUE, GREY, Array, class_names, label_axes, own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_TARGETS = 9
"""Targets that are drawn."""
MOST_POINTS = 5000
"""Samples that are drawn; more would be one blot, and slow."""


@own_settings()
def predictions(y: Array, predicted: Array, targets: Sequence[str]) -> "Figure":
    """Draw each sample's prediction over its true value, one field for each target; on the line both are the same.

    Parameters
    ----------
    y, predicted : (n, n_targets) floats
    targets : sequence of str
        A name for each target.

    Raises
    ------
    InputError
        The shapes differ or are empty.
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    if y.shape != predicted.shape or y.shape[1:] != (len(targets),) or not y.size:
        raise InputError(
            f"There are {len(targets)} targets, values of shape {y.shape}, predictions of {predicted.shape}."
        )
    n = min(len(targets), MOST_TARGETS)
    columns = min(n, 3)
    rows = -(-n // columns)
    figure = titled_figure("Predicted over true values", 4 * columns if n > 1 else 5.5, 4 * rows if n > 1 else 5)
    some = slice(None, None, -(-len(y) // MOST_POINTS))
    titles = class_names(targets)
    for k in range(n):
        axes = label_axes(figure.add_subplot(rows, columns, k + 1), "", "true value", "predicted value")
        axes.set_title(titles[k], fontsize=10, parse_math=False)
        drawn = np.concatenate([y[some, k], predicted[some, k]])
        low, high = float(drawn.min()), float(drawn.max())
        axes.plot([low, high], [low, high], color=GREY, linewidth=2, zorder=1)
        axes.scatter(y[some, k], predicted[some, k], s=12, color=BLUE, alpha=0.5, linewidths=0, zorder=2)
    return figure
