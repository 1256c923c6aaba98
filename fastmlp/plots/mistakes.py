"""Figures of a network's mistakes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.plots.images import check_image_shape, contact_sheet
from fastmlp.plots.style import (
    BESIDE,
    GREY,
    Array,
    add_axes,
    add_color_bar,
    add_heading,
    class_names,
    heading_height,
    new_figure,
    own_settings,
    text_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Labels = NDArray[np.int64]

MOST_CLASSES = 64
"""Classes that a confusion matrix draws."""


@own_settings()
def confusion_matrix(y_true: Array, y_pred: Array, classes: Sequence[str]) -> "Figure":
    """Draw how often the network answers each class for each true class: rows are the truth, columns the answers.

    Only mistakes are colored. The diagonal is grey, because its counts would drown them.

    Parameters
    ----------
    y_true, y_pred : (n,) integers from 0 to len(classes) - 1
    classes : sequence of str
        A name for each class.

    Raises
    ------
    InputError
        Lengths differ or are 0, or a label is out of range.
    """
    y_true, y_pred = _as_labels(y_true, len(classes)), _as_labels(y_pred, len(classes))
    if y_true.shape != y_pred.shape:
        raise InputError(f"There are {y_true.size} labels but {y_pred.size} answers: give one answer for each label.")
    title = f"Confusion matrix: {(y_true == y_pred).mean():.2%} of {y_true.size:,} right".replace("%", " %")
    if len(classes) > MOST_CLASSES:
        title += f"\n(the {MOST_CLASSES} of {len(classes):,} classes with most mistakes)"
        y_true, y_pred, classes = _most_mistaken(y_true, y_pred, classes)
    n_classes = len(classes)
    counts = np.bincount(y_true * n_classes + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)
    mistakes = np.ma.array(counts, mask=np.eye(n_classes, dtype=bool))
    most = max(1, int(counts[~mistakes.mask].max(initial=0)))
    cell = _Cell(0.6, 9) if n_classes <= 15 else _Cell(0.29, 7)
    figure, axes = _matrix_axes(class_names(classes), title, cell)
    image = _draw_mistakes(axes, mistakes, most)
    _add_count_bar(figure, image)
    _write_counts(axes, counts, most, cell)
    return figure


class _Cell(NamedTuple):
    """Size of a cell of the matrix in inches, and of its text in points."""

    side: float
    font_size: int


def _most_mistaken(y_true: Labels, y_pred: Labels, classes: Sequence[str]) -> tuple[Labels, Labels, list[str]]:
    """Return labels, answers and names of the MOST_CLASSES classes with most mistakes, numbered anew from 0."""
    wrong = y_true != y_pred
    mistakes = sum(np.bincount(labels[wrong], minlength=len(classes)) for labels in (y_true, y_pred))
    shown = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])
    inside = np.isin(y_true, shown) & np.isin(y_pred, shown)
    return (
        np.searchsorted(shown, y_true[inside]),
        np.searchsorted(shown, y_pred[inside]),
        [classes[label] for label in shown],
    )


def _matrix_axes(names: Sequence[str], title: str, cell: _Cell) -> "tuple[Figure, Axes]":
    """Return a figure and its labelled axes, with room for the names and for a color bar."""
    widest = max(text_width(name, cell.font_size) for name in names)
    upright = widest <= 0.7 * cell.side
    side = max(3.2, cell.side * len(names))
    left, below = widest + 0.5, 0.65 if upright else widest + 0.5
    figure = new_figure(left + side + BESIDE, below + side + heading_height(title))
    axes = add_axes(figure, left, below, side, side)
    names_style: dict[str, Any] = {"parse_math": False, "fontsize": cell.font_size}
    axes.set_xticks(range(len(names)), names, rotation=0 if upright else 90, **names_style)
    axes.set_yticks(range(len(names)), names, **names_style)
    axes.set_xlabel("the network's answer")
    axes.set_ylabel("true class")
    axes.set_title(title)
    return figure, axes


def _draw_mistakes(axes: "Axes", mistakes: Array, most: int) -> "AxesImage":
    """Color the cells of a masked matrix by their counts, up to `most`."""
    from matplotlib import colormaps

    colors = colormaps["YlOrBr"].with_extremes(bad=GREY)
    return axes.imshow(mistakes, cmap=colors, vmin=0, vmax=most, aspect="auto")


def _add_count_bar(figure: "Figure", image: "AxesImage") -> None:
    """Draw the scale of the counts, with ticks at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    add_color_bar(figure, image, "mistakes (images)", 0.7, ticks=MaxNLocator(integer=True))


def _write_counts(axes: "Axes", counts: Array, most: int, cell: _Cell) -> None:
    """Write each count but 0 into its cell, in white where the cell is dark and smaller where it has many digits."""
    for row, column in zip(*np.nonzero(counts), strict=True):
        count = int(counts[row, column])
        size = min(cell.font_size, 87 * cell.side / len(str(count)))
        color = "white" if row != column and count > 0.65 * most else "black"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=size, color=color)


@own_settings()
def worst_mistakes(
    X: Array,
    y_true: Array,
    outputs: Array,
    classes: Sequence[str],
    image_shape: tuple[int, int],
    n: int = 25,
) -> "Figure":
    """Draw the mistakes of which the network was surest, the surest first.

    Its certainty is the largest output minus the output for the right class. Each title gives the right class, the
    answer and its output: "4, said 9 (0.98)".

    Parameters
    ----------
    X : (n_images, height * width) numbers
        Only read.
    y_true : (n_images,) integers from 0 to len(classes) - 1
    outputs : (n_images, len(classes)) floats
        As `network.predict_proba` returns them.
    classes : sequence of str
    image_shape : (height, width)
    n : int, at least 1
        Mistakes to draw at most.

    Raises
    ------
    InputError
        The shapes do not fit together, a label is out of range, or `n` is less than 1.
    """
    X, outputs = np.asarray(X), np.asarray(outputs)
    y_true = _as_labels(y_true, len(classes))
    if X.ndim != 2 or len(X) != len(y_true) or outputs.shape != (len(y_true), len(classes)):
        raise InputError(
            f"Images {X.shape}, labels {y_true.shape} and outputs {outputs.shape} do not fit {len(classes)} classes."
        )
    if n < 1:
        raise InputError(f"Can't draw {n} mistakes: ask for at least 1.")
    check_image_shape(X.shape[1], image_shape)
    mistakes = _by_certainty(y_true, outputs)
    if mistakes.size == 0:
        return _no_mistakes(len(y_true))
    worst = mistakes[:n]
    figure, _ = contact_sheet(
        _from_0_to_1(X[worst]).reshape(-1, *image_shape),
        _mistake_titles(y_true[worst], outputs[worst], class_names(classes)),
        f"Worst mistakes: the surest {worst.size} of {mistakes.size:,}\n(right class, answer and its output)",
        inches=1.4,
        cmap="gray_r",
        vmin=0.0,
        vmax=1.0,
    )
    return figure


def _by_certainty(y_true: Labels, outputs: Array) -> Array:
    """Return the rows of all mistakes, the surest first."""
    said, every = outputs.argmax(axis=1), np.arange(len(y_true))
    certainty = outputs[every, said] - outputs[every, y_true]
    wrong = np.flatnonzero(said != y_true)
    return np.asarray(wrong[np.argsort(-certainty[wrong], kind="stable")])


def _no_mistakes(n_images: int) -> "Figure":
    """Return the figure of a network that is always right."""
    figure = new_figure(5, 2)
    figure.add_subplot().set_axis_off()  # notebooks do not show a figure without axes
    add_heading(figure, "Worst mistakes")
    figure.text(0.5, 0.4, f"no mistakes: all {n_images:,} images are right", ha="center", va="center")
    return figure


def _mistake_titles(y_true: Labels, outputs: Array, names: Sequence[str]) -> list[str]:
    """Return a title for each mistake, all on two lines if one of the names is longer than two characters."""
    said = outputs.argmax(axis=1)
    long = max(len(names[label]) for label in (*y_true, *said)) > 2
    between = ",\nsaid " if long else ", said "
    return [
        f"{names[right]}{between}{names[answer]} ({output[answer]:.2f})"
        for right, answer, output in zip(y_true, said, outputs, strict=True)
    ]


def _from_0_to_1(X: Array) -> Array:
    """Return the rows of X, each stretched from 0 for its smallest value to 1 for its largest."""
    X = X.astype(np.float64)
    X -= X.min(axis=1, keepdims=True)
    X /= np.maximum(X.max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return X


def _as_labels(labels: Array, n_classes: int) -> Labels:
    """Return the labels as int64, or raise InputError if they are not (n,) integers from 0 to n_classes - 1."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0 or labels.dtype.kind not in "ui":
        raise InputError(f"Labels must be a 1-D array of integers, not {labels.dtype} of shape {labels.shape}.")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise InputError(f"Labels run from {labels.min()} to {labels.max()}: {n_classes} classes are named.")
    return labels.astype(np.int64)
