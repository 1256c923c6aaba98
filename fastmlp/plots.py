"""Figures of a training run, drawn from plain arrays: learning curve, first layer, confusion matrix, worst mistakes.

For the command line, experiments and users; imports only `fastmlp.errors`, `fastmlp.files`, NumPy and, inside the
functions, matplotlib and Pillow.

Each function returns a matplotlib Figure, and `save_figure` writes it. Figures are made without pyplot: no window, no
global state, nothing to close.
"""

import io
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastmlp.errors import InputError
from fastmlp.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#D9D9D9"  # Okabe and Ito: told apart by the colour-blind
MOST_NEURONS = 64  # drawn of a layer
LONGEST_NAME = 18  # characters of a class name that are shown
MOST_CLASSES = 64  # drawn in a confusion matrix


def save_figure(figure: "Figure", path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG with 150 dots per inch, whole or not at all; the same figure gives the same bytes.

    Raises
    ------
    InputError
        The name does not end in .png, or the file can't be written.
    """
    from PIL import Image

    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f"Can't save a figure as {path}: give a name that ends in .png.")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=150)
    image = Image.open(drawn).convert("RGB").quantize(256)  # a palette takes a third of the bytes
    try:
        with replacing(path) as temporary:
            image.save(temporary, format="PNG", optimize=True)
    except OSError as error:
        raise InputError(f"Can't write {path}: {error.strerror or error}.") from error


def learning_curve(
    epochs: Sequence[int],
    loss: Sequence[float],
    accuracy: Sequence[float],
    test_accuracy: float | None = None,
) -> "Figure":
    """Draw loss and accuracy in training, epoch by epoch.

    Parameters
    ----------
    epochs, loss, accuracy : sequences of one length, at least 1
        Number of each epoch, mean loss, and fraction (0 to 1) of the training set that was right.
    test_accuracy : float, optional
        Fraction of the test set that is right at the end: a dashed line with a label.

    Raises
    ------
    InputError
        The lengths differ or are 0.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    if not len(epochs) == len(loss) == len(accuracy) > 0:
        lengths = f"{len(epochs)} epochs, {len(loss)} losses and {len(accuracy)} accuracies"
        raise InputError(f"A learning curve needs one loss and one accuracy for each epoch, not {lengths}.")
    figure = Figure(figsize=(7, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    figure.suptitle("Learning curve")
    marker = {"marker": "o", "markersize": 4 if len(epochs) <= 50 else 0 if len(epochs) > 1 else 6}
    upper.plot(epochs, loss, color=BLUE, label="training", **marker)
    upper.set_ylabel("loss")
    upper.set_ylim(bottom=0)
    percent = 100 * np.asarray(accuracy, dtype=np.float64)
    lower.plot(epochs, percent, color=BLUE, label="training", **marker)
    if test_accuracy is not None:
        label = f"test, at the end: {100 * test_accuracy:.2f} %"
        lower.axhline(100 * test_accuracy, color=ORANGE, linestyle="--", label=label)
        lower.legend(loc="lower right")
    lower.set_ylabel("accuracy (%)")
    lower.set_xlabel("epoch")
    if len(epochs) == 1:
        lower.set_xlim(epochs[0] - 1, epochs[0] + 1)
    lower.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    for axes in (upper, lower):
        axes.grid(color=GREY, linewidth=0.6)
        axes.set_axisbelow(True)
    return figure


def first_layer(weights: Array, image_shape: tuple[int, int]) -> "Figure":
    """Draw what each neuron of the first layer looks for: its weights as an image.

    Red where it wants ink, blue where it wants none, on one scale for all.

    Parameters
    ----------
    weights : (n_in, n_out) floats
        W of the first layer, as in `network.weights[0]`.
    image_shape : (height, width)
        height * width = n_in.

    Raises
    ------
    InputError
        The weights do not have this shape, or some are not finite.
    """
    from matplotlib.figure import Figure

    weights = np.asarray(weights)
    if weights.ndim != 2 or weights.shape[1] == 0:
        raise InputError(f"The first layer's weights must have shape (n_in, n_out), not {weights.shape}.")
    _check_image_shape(weights.shape[0], image_shape)
    if not np.isfinite(weights).all():
        raise InputError("The first layer has weights that are not finite numbers: train with a smaller learning rate.")
    n_neurons = weights.shape[1]
    shown = min(n_neurons, MOST_NEURONS)
    scale = float(np.abs(weights[:, :shown]).max()) or 1.0
    figure = Figure(layout="constrained")
    grid = _grid(figure, shown, 1.0 if shown > 16 else 1.4, image_shape, beside=1.1)
    for neuron, axes in enumerate(grid):
        image = axes.imshow(weights[:, neuron].reshape(image_shape), cmap=_colours("RdBu_r"), vmin=-scale, vmax=scale)
        axes.set_title(f"neuron {neuron}", fontsize=8)
    figure.colorbar(image, ax=grid, label="weight", shrink=0.8)
    count = f"{shown} of {n_neurons}" if shown < n_neurons else f"{n_neurons}"
    figure.suptitle(f"Weights of the first layer: {count} neuron{'s' if n_neurons > 1 else ''}")
    return figure


def confusion_matrix(y_true: Array, y_pred: Array, classes: Sequence[str]) -> "Figure":
    """Draw how often each class was taken for each other one: rows are the truth, columns the answers.

    Mistakes alone are coloured; the diagonal, which would drown them, is grey.

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
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    n_classes = len(classes)
    y_true, y_pred = _check_labels(y_true, n_classes), _check_labels(y_pred, n_classes)
    if y_true.shape != y_pred.shape:
        raise InputError(f"There are {y_true.size} labels but {y_pred.size} answers: give one answer for each label.")
    title = f"Confusion matrix: {(y_true == y_pred).mean():.2%} of {y_true.size:,} right".replace("%", " %")
    if n_classes > MOST_CLASSES:
        wrong = y_true != y_pred
        mistaken = np.bincount(y_true[wrong], minlength=n_classes) + np.bincount(y_pred[wrong], minlength=n_classes)
        shown = np.sort(np.argsort(-mistaken, kind="stable")[:MOST_CLASSES])
        title += f"\n(the {MOST_CLASSES} of {n_classes:,} classes with most mistakes)"
        inside = np.isin(y_true, shown) & np.isin(y_pred, shown)
        y_true, y_pred = np.searchsorted(shown, y_true[inside]), np.searchsorted(shown, y_pred[inside])
        classes, n_classes = [classes[k] for k in shown], MOST_CLASSES
    counts = np.bincount(y_true * n_classes + y_pred, minlength=n_classes**2).reshape(n_classes, n_classes)
    mistakes = np.ma.array(counts, mask=np.eye(n_classes, dtype=bool))
    most = max(1, int(counts[~mistakes.mask].max(initial=0)))
    names = _names(classes)
    side = 2.5 + 0.06 * max(map(len, names)) + (0.42 if n_classes <= 15 else 0.25) * n_classes
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    axes = figure.subplots()
    cells = axes.imshow(mistakes, cmap=_colours("YlOrBr"), vmin=0, vmax=most)
    figure.colorbar(cells, ax=axes, label="mistakes (images)", shrink=0.7, ticks=MaxNLocator(integer=True))
    size = 9 if n_classes <= 15 else 7
    upright = max(map(len, names)) <= (3 if n_classes <= 15 else 2)
    axes.set_xticks(range(n_classes), names, rotation=0 if upright else 90, parse_math=False, fontsize=size)
    axes.set_yticks(range(n_classes), names, parse_math=False, fontsize=size)
    axes.set_xlabel("the network's answer")
    axes.set_ylabel("true class")
    axes.set_title(title)
    for row, column in zip(*np.nonzero(counts), strict=True):
        count = int(counts[row, column])
        dark = row != column and count > 0.65 * most
        fitting = min(size, (42 if n_classes <= 15 else 25) / len(str(count)))
        colour = "white" if dark else "black"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=fitting, color=colour)
    return figure


def worst_mistakes(
    X: Array,
    y_true: Array,
    outputs: Array,
    classes: Sequence[str],
    image_shape: tuple[int, int],
    n: int = 25,
) -> "Figure":
    """Draw the mistakes about which the network was surest, the surest first.

    Sure means: largest output minus the output for the right class. Each title gives the right class, the answer and
    its output: "4, said 9 (0.98)".

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
    from matplotlib.figure import Figure

    X, outputs = np.asarray(X), np.asarray(outputs)
    y_true = _check_labels(y_true, len(classes))
    if X.ndim != 2 or len(X) != len(y_true) or outputs.shape != (len(y_true), len(classes)):
        raise InputError(
            f"Images {X.shape}, labels {y_true.shape} and outputs {outputs.shape} do not fit {len(classes)} classes."
        )
    if n < 1:
        raise InputError(f"Can't draw {n} mistakes: ask for at least 1.")
    _check_image_shape(X.shape[1], image_shape)
    said = outputs.argmax(axis=1)
    every = np.arange(len(y_true))
    surplus = outputs[every, said] - outputs[every, y_true]
    wrong = np.flatnonzero(said != y_true)
    worst = wrong[np.argsort(-surplus[wrong], kind="stable")][:n]
    figure = Figure(layout="constrained")
    if worst.size == 0:
        figure.set_size_inches(5, 2)
        figure.suptitle("Worst mistakes")
        figure.text(0.5, 0.4, f"no mistakes: all {len(y_true):,} images are right", ha="center", va="center")
        return figure
    names = _names(classes)
    long = max(len(names[label]) for label in (*y_true[worst], *said[worst])) > 2
    for i, axes in zip(worst, _grid(figure, worst.size, 1.9 if long else 1.4, image_shape), strict=True):
        axes.imshow(X[i].reshape(image_shape), cmap="gray_r")
        right, answer, output = names[y_true[i]], names[said[i]], outputs[i, said[i]]
        between = ",\nsaid " if long else ", said "
        axes.set_title(f"{right}{between}{answer} ({output:.2f})", fontsize=8, parse_math=False)
    figure.suptitle(f"Worst mistakes: the surest {worst.size} of {wrong.size:,}\n(right class, answer and its output)")
    return figure


def _grid(figure: "Figure", n: int, inches: float, image_shape: tuple[int, int], beside: float = 0.0) -> list["Axes"]:
    """Divide the figure into a near-square grid of `n` axes without ticks, each `inches` wide, with room `beside`."""
    columns = int(np.ceil(np.sqrt(n)))
    rows = -(-n // columns)
    aspect = min(max(image_shape[0] / image_shape[1], 0.25), 4.0)
    figure.set_size_inches(max(4.5, columns * (inches + 0.08) + beside), max(2.5, rows * (inches * aspect + 0.3) + 0.5))
    grid: list[Axes] = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in grid:
        axes.set_xticks([])
        axes.set_yticks([])
    for axes in grid[n:]:
        axes.set_axis_off()
    return grid[:n]


def _colours(name: str) -> Any:
    """Return matplotlib's colours of this name in 127 steps (few enough for a palette), grey where data are masked."""
    from matplotlib import colormaps

    return colormaps[name].resampled(127).with_extremes(bad=GREY)


def _names(classes: Sequence[str]) -> list[str]:
    """Return the class names as the font can draw them: long ones cut; `class 3` where a character has no glyph."""
    glyphs = _glyphs()
    names = []
    for number, name in enumerate(classes):
        line = " ".join(str(name).split())
        cut = line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
        names.append(cut if cut and all(ord(character) in glyphs for character in cut) else f"class {number}")
    return names


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    """Return the code points that the text font of the figures has."""
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont(font_manager.FontProperties()))
    return frozenset(font.get_charmap())


def _check_labels(labels: Array, n_classes: int) -> npt.NDArray[np.int64]:
    """Return the labels as int64, or raise InputError if they are not (n,) integers from 0 to n_classes - 1."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0 or labels.dtype.kind not in "ui":
        raise InputError(f"Labels must be a 1-D array of integers, not {labels.dtype} of shape {labels.shape}.")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise InputError(f"Labels run from {labels.min()} to {labels.max()}: {n_classes} classes are named.")
    return labels.astype(np.int64)


def _check_image_shape(n_inputs: int, image_shape: tuple[int, int]) -> None:
    """Raise InputError if `n_inputs` values do not make an image of this shape."""
    if len(image_shape) != 2 or min(image_shape) < 1 or image_shape[0] * image_shape[1] != n_inputs:
        raise InputError(f"{n_inputs} inputs do not make an image of {' x '.join(map(str, image_shape))} pixels.")
