"""Sheets of small images: samples, and the weights of neurons."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastmlp.errors import InputError
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

    from fastmlp.datasets.dataset import Dataset
    from fastmlp.inputs.augmentation import Augmentation

MOST_NEURONS = 64
"""Neurons of a layer that are drawn."""
MOST_CLASSES, COLUMNS = 10, 8
"""Rows and columns of a sheet of samples."""


def sample_sheet(data: "Dataset", augmentation: "Augmentation", seed: int) -> "partial[Figure]":
    """Return a function that draws samples of up to 10 classes.

    With augmentation, a row shows one sample of a class unchanged and as the first 7 epochs change it. Without, it
    shows 8 samples of the class.

    Raises
    ------
    InputError
        The samples are not images.
    """
    if data.image_shape is None:
        raise InputError(f"The samples of {data.name} are not images: there is nothing to show.")
    X, y = data.train
    labels = [label for label in range(len(data.classes)) if np.any(y == label)][:MOST_CLASSES]
    if augmentation.is_on:
        X = np.asarray(X[[np.argmax(y == label) for label in labels]])
        epochs = range(1, COLUMNS)
        images = np.stack([X, *(augmentation.images(X, seed, epoch) for epoch in epochs)], axis=1)
        titles = [name for label in labels for name in (data.classes[label], *(f"epoch {epoch}" for epoch in epochs))]
        heading = f"{data.name}: {augmentation}"
        return partial(sheet, images.reshape(-1, X.shape[1]), titles, heading, data.image_shape, COLUMNS)
    rows = np.concatenate([np.flatnonzero(y == label)[:COLUMNS] for label in labels])
    titles = [data.classes[label] for label in y[rows]]
    return partial(sheet, X[rows], titles, data.name, data.image_shape, COLUMNS)


@own_settings()
def first_layer(weights: Array, image_shape: tuple[int, int]) -> "Figure":
    """Draw the weights of each neuron of the first layer as an image.

    Red pixels raise the neuron's weighted sum, blue pixels lower it. All images have the same scale.

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
    check_image_shape(weights.shape[0], image_shape)
    if not np.isfinite(weights).all():
        raise InputError("The first layer has weights that are not finite numbers: train with a smaller learning rate.")
    n_neurons = weights.shape[1]
    shown = min(n_neurons, MOST_NEURONS)
    scale = float(np.abs(weights[:, :shown]).max()) or 1.0
    count = f"{shown} of {n_neurons}" if shown < n_neurons else f"{n_neurons}"
    figure, image = contact_sheet(
        weights[:, :shown].T.reshape(shown, *image_shape),
        [f"neuron {neuron}" for neuron in range(shown)],
        f"Weights of the first layer: {count} neuron{'s' if n_neurons > 1 else ''}",
        inches=1.0 if shown > 16 else 1.4,
        beside=BESIDE,
        **signed_colors(scale),
    )
    add_color_bar(figure, image, "weight", 0.8)
    return figure


@own_settings()
def sheet(X: Array, titles: Sequence[str], heading: str, image_shape: tuple[int, int], columns: int) -> "Figure":
    """Draw images in rows of `columns`, each with its title above.

    Parameters
    ----------
    X : (n, height * width) numbers
        0 is white, the largest value black.
    """
    X = np.asarray(X, dtype=np.float64)
    check_image_shape(X.shape[1], image_shape)
    ink: dict[str, Any] = {"cmap": "gray_r", "vmin": 0.0, "vmax": max(float(X.max()), np.finfo(np.float64).tiny)}
    return contact_sheet(X.reshape(-1, *image_shape), class_names(titles), heading, 0.9, columns=columns, **ink)[0]


class _Grid(NamedTuple):
    """Places of images on a sheet that is one large image, in pixels of that image."""

    shape: tuple[int, int]
    top: Array
    left: Array


def contact_sheet(
    images: Array,
    titles: Sequence[str],
    heading: str,
    inches: float,
    beside: float = 0.0,
    columns: int | None = None,
    **colors: Any,
) -> "tuple[Figure, AxesImage]":
    """Draw images in a grid with a title above each.

    All images are drawn as one, which is much faster than an Axes for each.

    Parameters
    ----------
    images : (n, height, width) numbers
    inches : float
        Least width of a column; a column is at least as wide as its titles.
    beside : float
        Inches left free on the right.
    columns : int, optional
        By default as many as rows.
    colors
        Options of imshow.
    """
    n, height, width = images.shape
    inches = max(inches, *(text_width(title, 8) for title in titles))
    pixel = min(inches / width, 4 * inches / height)
    across = int(np.ceil((inches + 0.08) / pixel))
    down = height + int(np.ceil((0.28 + 0.13 * titles[0].count("\n")) / pixel))
    columns = columns or int(np.ceil(np.sqrt(n)))
    row, column = np.divmod(np.arange(n), columns)
    grid = _Grid(
        (-(-n // columns) * down, columns * across),
        row * down + down - height,
        column * across + (across - width) // 2,
    )
    figure, axes = _figure_around(grid.shape[1] * pixel, grid.shape[0] * pixel, heading, beside)
    drawn = axes.imshow(_joined(images, grid), aspect="auto", **colors)
    _frame_images(axes, grid, height, width, titles, 0.06 / pixel)
    return figure, drawn


def _figure_around(width: float, height: float, heading: str, beside: float) -> "tuple[Figure, Axes]":
    """Return a figure, and axes of this size in inches below its heading and left of `beside` inches."""
    above = heading_height(heading)
    figure_width, figure_height = max(4.5, width + beside + 0.1), max(2.5, height + above + 0.1)
    figure = new_figure(figure_width, figure_height)
    add_heading(figure, heading)
    left, bottom = (figure_width - beside - width) / 2, (figure_height - above - height) / 2
    axes = add_axes(figure, left, bottom, width, height)
    axes.set_axis_off()
    return figure, axes


def _joined(images: Array, grid: _Grid) -> Array:
    """Return the images (n, height, width) as one, with NaN between them."""
    _, height, width = images.shape
    joined = np.full(grid.shape, np.nan)
    for image, top, left in zip(images, grid.top, grid.left, strict=True):
        joined[top : top + height, left : left + width] = image
    return joined


def _frame_images(axes: "Axes", grid: _Grid, height: int, width: int, titles: Sequence[str], gap: float) -> None:
    """Draw a frame around each image, and its title `gap` pixels above."""
    from matplotlib.collections import PolyCollection

    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)]) - 0.5
    frames = np.stack([grid.left, grid.top], axis=1)[:, None, :] + corners
    axes.add_collection(
        PolyCollection(list(frames), facecolors="none", edgecolors="black", linewidths=0.8, clip_on=False)
    )
    for title, (x, y) in zip(titles, frames[:, :2].mean(axis=1), strict=True):
        axes.text(x, y - gap, title, ha="center", va="bottom", fontsize=8, parse_math=False)


def tile(
    axes: "Axes",
    images: Array,
    title: str,
    columns: int | None = None,
    names: Sequence[str] = (),
    scale: float | None = None,
) -> "AxesImage":
    """Draw small images in one Axes, row by row, and return what a color bar needs.

    Parameters
    ----------
    images : (n, height, width) numbers
    columns : int, optional
        By default as many as rows.
    names : sequence of str
        One for each image, written above it; empty for none.
    scale : float, optional
        The images are signed: red for +scale, blue for -scale. By default they are grey, from white for the smallest
        value to black for the largest.
    """
    n, height, width = images.shape
    images = images.astype(np.float64)
    columns = columns or int(np.ceil(np.sqrt(n)))
    gap = max(1, round(0.08 * height))
    above = round(0.28 * height) + 1 if len(names) else gap
    row, column = np.divmod(np.arange(n), columns)
    grid = _Grid(
        (-(-n // columns) * (height + above), columns * (width + gap) + gap),
        row * (height + above) + above,
        column * (width + gap) + gap,
    )
    colors = signed_colors(scale) if scale is not None else _grey_colors(images)
    drawn = axes.imshow(_joined(images, grid), interpolation="nearest", **colors)
    for name, top, left in zip(names, grid.top, grid.left, strict=bool(len(names))):
        axes.text(left + width / 2, top - 1.5, name, ha="center", va="bottom", fontsize=7, parse_math=False)
    axes.set_title(title, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color(GREY)
    return drawn


def signed_colors(scale: float) -> dict[str, Any]:
    """Return options of imshow for values from -scale (blue) over 0 (white) to +scale (red)."""
    return {"cmap": "RdBu_r", "vmin": -scale, "vmax": scale}


def _grey_colors(images: Array) -> dict[str, Any]:
    """Return options of imshow that draw the smallest value white and the largest black."""
    low, high = float(images.min()), float(images.max())
    return {"cmap": "gray_r", "vmin": low, "vmax": max(high, low + 1e-12)}


def check_image_shape(n_inputs: int, image_shape: tuple[int, int]) -> None:
    """Raise InputError if `n_inputs` values do not make an image of this shape."""
    if len(image_shape) != 2 or min(image_shape) < 1 or image_shape[0] * image_shape[1] != n_inputs:
        raise InputError(f"{n_inputs} inputs do not make an image of {' x '.join(map(str, image_shape))} pixels.")
