"""Figures of a training, epoch by epoch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp.errors import InputError
from fastmlp.plots.style import (
    BLUE,
    GREEN,
    ORANGE,
    add_grid,
    add_heading,
    label_axes,
    new_figure,
    own_settings,
    titled_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@own_settings()
def learning_curve(
    epochs: Sequence[int],
    loss: Sequence[float],
    accuracy: Sequence[float],
    test_accuracy: float | None = None,
    validation: tuple[Sequence[float], Sequence[float]] | None = None,
) -> "Figure":
    """Draw loss and accuracy in training, epoch by epoch.

    Parameters
    ----------
    epochs, loss, accuracy : sequences of one length, at least 1
        Number of each epoch, mean loss, and fraction (0 to 1) of the training set that was classified correctly.
    test_accuracy : float, optional
        Accuracy (0 to 1) on the test set after the training, drawn as a dashed line with a label.
    validation : (loss, accuracy), optional
        Loss and accuracy on the validation samples, each as long as `epochs`, drawn as a second line.

    Raises
    ------
    InputError
        The lengths differ or are 0.
    """
    lines = {"training": (loss, accuracy, BLUE)} | ({"validation": (*validation, GREEN)} if validation else {})
    lengths = [len(epochs), *(len(values) for line in lines.values() for values in line[:2])]
    if lengths != [lengths[0] or 1] * len(lengths):
        raise InputError(f"A learning curve needs one loss and one accuracy for each epoch, not {lengths} numbers.")
    figure, upper, lower = _loss_above_accuracy()
    marker: dict[str, Any] = {"marker": "o", "markersize": 4 if len(epochs) <= 50 else 0}
    for name, (losses, accuracies, color) in lines.items():
        upper.plot(epochs, losses, color=color, label=name, **marker)
        lower.plot(epochs, 100 * np.asarray(accuracies, dtype=np.float64), color=color, label=name, **marker)
    upper.set_ylim(bottom=0)
    if test_accuracy is not None:
        label = f"test, at the end: {100 * test_accuracy:.2f} %"
        lower.axhline(100 * test_accuracy, color=ORANGE, linestyle="--", label=label)
    if test_accuracy is not None or validation:
        lower.legend(loc="lower right")
    if len(epochs) == 1:
        lower.set_xlim(epochs[0] - 1, epochs[0] + 1)
    for axes in (upper, lower):
        add_grid(axes)
    figure.align_ylabels()
    return figure


@own_settings()
def loss_curve(
    epochs: Sequence[int], loss: Sequence[float], validation_loss: Sequence[float] | None = None
) -> "Figure":
    """Draw the loss in training, epoch by epoch: the learning curve of a regression, which has no accuracy.

    Parameters
    ----------
    epochs, loss : sequences of one length, at least 1
    validation_loss : sequence, optional
        As long as `epochs`, drawn as a second line.

    Raises
    ------
    InputError
        The lengths differ or are 0.
    """
    lines = {"training": (loss, BLUE)} | ({} if validation_loss is None else {"validation": (validation_loss, GREEN)})
    if {len(values) for values, _ in lines.values()} != {len(epochs) or 1}:
        raise InputError("A learning curve needs one loss for each epoch.")
    figure = titled_figure("Learning curve", 7, 4)
    axes = label_axes(figure.add_subplot(), "", "epoch", "loss")
    for name, (losses, color) in lines.items():
        axes.plot(epochs, losses, color=color, label=name, marker="o", markersize=4 if len(epochs) <= 50 else 0)
    axes.set_ylim(bottom=0)
    _number_epochs(axes)
    if validation_loss is not None:
        axes.legend(loc="upper right")
    if len(epochs) == 1:
        axes.set_xlim(epochs[0] - 1, epochs[0] + 1)
    return figure


def _loss_above_accuracy() -> "tuple[Figure, Axes, Axes]":
    """Return a figure with axes for the loss and, below them, axes for the accuracy over the same epochs."""
    figure = new_figure(7, 6)
    figure.subplots_adjust(left=0.145, right=0.98, bottom=0.09, top=0.945, hspace=0.07)
    upper, lower = figure.subplots(2, 1, sharex=True)
    add_heading(figure, "Learning curve")
    upper.set_ylabel("loss")
    lower.set_ylabel("accuracy (%)")
    lower.set_xlabel("epoch")
    _number_epochs(lower)
    return figure, upper, lower


def _number_epochs(axes: "Axes") -> None:
    """Put the ticks of the axis of epochs at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
