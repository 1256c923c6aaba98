"""Figures of a training run, drawn from plain arrays: learning curve, first layer, confusion matrix, worst mistakes.

For the command line, experiments and users. Each function returns a matplotlib Figure, and `save_figure` writes it.
Figures are made without pyplot: no window, no global state, nothing to close. Everything has its place in inches from
the start: a layout engine draws each figure twice. Small images lie in one Axes: an Axes for each costs more.
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastmlp.errors import InputError
from fastmlp.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font
    from matplotlib.image import AxesImage

Array = npt.NDArray[Any]

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#D9D9D9"  # Okabe and Ito: told apart by the colour-blind
MOST_NEURONS = 64  # drawn of a layer
LONGEST_NAME = 18  # characters of a class name that are shown
MOST_CLASSES = 64  # drawn in a confusion matrix
BESIDE = 1.25  # inches for a colour bar and its labels


def save_figure(figure: "Figure", path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG with 150 dots per inch, whole or not at all; the same figure gives the same bytes.

    Raises
    ------
    InputError
        The name does not end in .png, or the file can't be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f"Can't save a figure as {path}: give a name that ends in .png.")
    try:
        with replacing(path) as temporary:
            figure.savefig(temporary, format="png", dpi=150, pil_kwargs={"compress_level": 3})
    except OSError as error:
        raise InputError(f"Can't write {path}: {error.strerror or error}.") from error


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
        Number of each epoch, mean loss, and fraction (0 to 1) of the training set that was right.
    test_accuracy : float, optional
        Fraction of the test set that is right at the end: a dashed line with a label.
    validation : (loss, accuracy), optional
        The same of the validation samples, each as long: a second line.

    Raises
    ------
    InputError
        The lengths differ or are 0.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    lines = {"training": (loss, accuracy, BLUE)} | ({"validation": (*validation, GREEN)} if validation else {})
    lengths = [len(epochs), *(len(values) for line in lines.values() for values in line[:2])]
    if lengths != [lengths[0] or 1] * len(lengths):
        raise InputError(f"A learning curve needs one loss and one accuracy for each epoch, not {lengths} numbers.")
    figure = Figure(figsize=(7, 6))
    figure.subplots_adjust(left=0.145, right=0.98, bottom=0.09, top=0.945, hspace=0.07)
    upper, lower = figure.subplots(2, 1, sharex=True)
    _heading(figure, "Learning curve")
    marker = {"marker": "o", "markersize": 4 if len(epochs) <= 50 else 0 if len(epochs) > 1 else 6}
    for name, (losses, accuracies, colour) in lines.items():
        upper.plot(epochs, losses, color=colour, label=name, **marker)
        lower.plot(epochs, 100 * np.asarray(accuracies, dtype=np.float64), color=colour, label=name, **marker)
    upper.set_ylabel("loss")
    upper.set_ylim(bottom=0)
    if test_accuracy is not None:
        label = f"test, at the end: {100 * test_accuracy:.2f} %"
        lower.axhline(100 * test_accuracy, color=ORANGE, linestyle="--", label=label)
    if test_accuracy is not None or validation:
        lower.legend(loc="lower right")
    lower.set_ylabel("accuracy (%)")
    lower.set_xlabel("epoch")
    if len(epochs) == 1:
        lower.set_xlim(epochs[0] - 1, epochs[0] + 1)
    lower.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    for axes in (upper, lower):
        axes.grid(color=GREY, linewidth=0.6)
        axes.set_axisbelow(True)
    figure.align_ylabels()
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
    weights = np.asarray(weights)
    if weights.ndim != 2 or weights.shape[1] == 0:
        raise InputError(f"The first layer's weights must have shape (n_in, n_out), not {weights.shape}.")
    _check_image_shape(weights.shape[0], image_shape)
    if not np.isfinite(weights).all():
        raise InputError("The first layer has weights that are not finite numbers: train with a smaller learning rate.")
    n_neurons = weights.shape[1]
    shown = min(n_neurons, MOST_NEURONS)
    scale = float(np.abs(weights[:, :shown]).max()) or 1.0
    count = f"{shown} of {n_neurons}" if shown < n_neurons else f"{n_neurons}"
    figure, image = _contact_sheet(
        weights[:, :shown].T.reshape(shown, *image_shape),
        [f"neuron {neuron}" for neuron in range(shown)],
        f"Weights of the first layer: {count} neuron{'s' if n_neurons > 1 else ''}",
        inches=1.0 if shown > 16 else 1.4,
        beside=BESIDE,
        cmap="RdBu_r",
        vmin=-scale,
        vmax=scale,
    )
    _colour_bar(figure, image, "weight", 0.8)
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
    from matplotlib import colormaps
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
    cell, size = (0.6, 9) if n_classes <= 15 else (0.29, 7)
    widest = max(_width(name, size) for name in names)
    upright = widest <= 0.7 * cell
    side, above = max(3.2, cell * n_classes), 0.3 + 0.2 * title.count("\n")
    left, below = widest + 0.5, 0.65 if upright else widest + 0.5
    figure = Figure(figsize=(left + side + BESIDE, below + side + above))
    axes = _axes(figure, left, below, side, side)
    cells = axes.imshow(mistakes, cmap=colormaps["YlOrBr"].with_extremes(bad=GREY), vmin=0, vmax=most, aspect="auto")
    _colour_bar(figure, cells, "mistakes (images)", 0.7, ticks=MaxNLocator(integer=True))
    axes.set_xticks(range(n_classes), names, rotation=0 if upright else 90, parse_math=False, fontsize=size)
    axes.set_yticks(range(n_classes), names, parse_math=False, fontsize=size)
    axes.set_xlabel("the network's answer")
    axes.set_ylabel("true class")
    axes.set_title(title)
    for row, column in zip(*np.nonzero(counts), strict=True):
        count = int(counts[row, column])
        dark = row != column and count > 0.65 * most
        fitting = min(size, 87 * cell / len(str(count)))
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
    if worst.size == 0:
        figure = Figure(figsize=(5, 2))
        _heading(figure, "Worst mistakes")
        figure.text(0.5, 0.4, f"no mistakes: all {len(y_true):,} images are right", ha="center", va="center")
        return figure
    names = _names(classes)
    long = max(len(names[label]) for label in (*y_true[worst], *said[worst])) > 2
    between = ",\nsaid " if long else ", said "
    titles = [f"{names[y_true[i]]}{between}{names[said[i]]} ({outputs[i, said[i]]:.2f})" for i in worst]
    images = X[worst].astype(np.float64)
    images -= images.min(axis=1, keepdims=True)
    images /= np.maximum(images.max(axis=1, keepdims=True), np.finfo(np.float64).tiny)  # each from white to black
    figure, _ = _contact_sheet(
        images.reshape(-1, *image_shape),
        titles,
        f"Worst mistakes: the surest {worst.size} of {wrong.size:,}\n(right class, answer and its output)",
        inches=1.4,
        cmap="gray_r",
        vmin=0.0,
        vmax=1.0,
    )
    return figure


def sheet(X: Array, titles: Sequence[str], heading: str, image_shape: tuple[int, int], columns: int) -> "Figure":
    """Draw images, (n, height * width) numbers from 0 for white, in rows of `columns`, each with its title above."""
    X = np.asarray(X, dtype=np.float64)
    _check_image_shape(X.shape[1], image_shape)
    ink: dict[str, Any] = {"cmap": "gray_r", "vmin": 0.0, "vmax": max(float(X.max()), np.finfo(np.float64).tiny)}
    return _contact_sheet(X.reshape(-1, *image_shape), _names(titles), heading, 0.9, columns=columns, **ink)[0]


def _contact_sheet(
    images: Array,
    titles: Sequence[str],
    heading: str,
    inches: float,
    beside: float = 0.0,
    columns: int | None = None,
    **colours: Any,
) -> tuple["Figure", "AxesImage"]:
    """Draw images of one shape, (n, height, width), in a grid with a title above each: as one image.

    Each image gets a column at least `inches` wide, and as wide as its title. `beside` inches are left free on the
    right; `colours` go to imshow.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    n, height, width = images.shape
    inches = max(inches, *(_width(title, 8) for title in titles))
    pixel = min(inches / width, 4 * inches / height)
    columns = columns or int(np.ceil(np.sqrt(n)))
    rows = -(-n // columns)
    across = int(np.ceil((inches + 0.08) / pixel))
    down = height + int(np.ceil((0.28 + 0.13 * titles[0].count("\n")) / pixel))
    top, left = np.divmod(np.arange(n), columns) * np.array([[down], [across]])
    top, left = top + down - height, left + (across - width) // 2
    sheet = np.full((rows * down, columns * across), np.nan)
    for image, y, x in zip(images, top, left, strict=True):
        sheet[y : y + height, x : x + width] = image

    grid_width, grid_height, above = columns * across * pixel, rows * down * pixel, 0.3 + 0.2 * heading.count("\n")
    figure_width, figure_height = max(4.5, grid_width + beside + 0.1), max(2.5, grid_height + above + 0.1)
    figure = Figure(figsize=(figure_width, figure_height))
    _heading(figure, heading)
    right, below = (figure_width - beside - grid_width) / 2, (figure_height - above - grid_height) / 2
    axes = _axes(figure, right, below, grid_width, grid_height)
    axes.set_axis_off()
    drawn = axes.imshow(sheet, aspect="auto", **colours)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)]) - 0.5
    frames = np.stack([left, top], axis=1)[:, None, :] + corners
    axes.add_collection(
        PolyCollection(list(frames), facecolors="none", edgecolors="black", linewidths=0.8, clip_on=False)
    )
    for title, (x, y) in zip(titles, frames[:, :2].mean(axis=1), strict=True):
        axes.text(x, y - 0.06 / pixel, title, ha="center", va="bottom", fontsize=8, parse_math=False)
    return figure, drawn


def _colour_bar(figure: "Figure", image: "AxesImage", label: str, share: float, **options: Any) -> None:
    """Draw the image's scale on its right, as high as this share of it, or 1.6 inches."""
    place = image.axes.get_position()
    width, height = figure.get_size_inches()
    x, y = place.x1 * width + 0.2, (place.y0 + place.y1) / 2 * height
    high = max(share * place.height * height, 1.6)
    figure.colorbar(image, cax=_axes(figure, x, y - high / 2, 0.2, high), label=label, **options)


def _axes(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Add an Axes to the figure, at this place in inches."""
    figure_width, figure_height = figure.get_size_inches()
    return figure.add_axes((left / figure_width, bottom / figure_height, width / figure_width, height / figure_height))


def _heading(figure: "Figure", text: str) -> None:
    """Write the heading of a figure."""
    figure.suptitle(text, y=1 - 0.08 / figure.get_figheight(), va="top")


def _names(classes: Sequence[str]) -> list[str]:
    """Return the class names as the font can draw them: long ones cut; `class 3` where a character has no glyph."""
    glyphs = _font().get_charmap()
    names = []
    for number, name in enumerate(classes):
        line = " ".join(str(name).split())
        cut = line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"
        names.append(cut if cut and all(ord(character) in glyphs for character in cut) else f"class {number}")
    return names


def _width(text: str, size: float) -> float:
    """Return the width of a text in inches, as it is drawn in this size: that of its longest line."""
    font = _font()
    font.set_size(size, 72)
    widths = []
    for line in text.splitlines():
        font.set_text(line)
        widths.append(font.get_width_height()[0])
    return max(widths) / 64 / 72  # 64 units a point, 72 points an inch


@cache
def _font() -> "FT2Font":
    """Return the text font of the figures."""
    from matplotlib import font_manager

    return font_manager.get_font(font_manager.findfont(font_manager.FontProperties()))


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
