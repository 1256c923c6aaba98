"""One image on its way to an answer: the input, every layer's neurons, and the strongest connections between them."""

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.finding import Finding, listed
from fastmlp.explore.forward import forward
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.style import BLUE, ORANGE, own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 16
"""Neurons of a layer that are drawn."""
EDGES = 2
"""Connections into each neuron that are drawn."""
IMAGE_WIDTH, IMAGE_BOTTOM, IMAGE_TOP = 0.24, 0.28, 0.72
"""Place of the image; the whole drawing is one unit wide and high."""


def run(lab: Lab) -> Finding:
    """Show one image on its way through all layers, as the lecture draws it.

    The image is `lab.image`, or the first test image.

    Returns
    -------
    Finding
        Facts: the answer, the outputs, and each hidden neuron's activation; and the contribution of each neuron of the
        last hidden layer to the weighted sum of the answer.
    """
    shape, network = lab.image_shape, lab.network
    image = lab.data.test.X[0] if lab.image is None else np.asarray(lab.image)
    x = lab.values(image)[None]
    Z, A = forward(network, x)
    outputs = A[-1][0]
    best = int(outputs.argmax())
    added = A[-2][0] * network.weights[-1][:, best]
    names = network.classes
    right = names[lab.data.test.y[0]] if lab.image is None else None
    facts: dict[str, Any] = {
        "answer": names[best],
        "right": right,
        "outputs": {name: float(value) for name, value in zip(names, outputs, strict=True)},
        "hidden": [values[0].tolist() for values in A[1:-1]],
        "weighted_sum": float(Z[-1][0, best]),
        "bias": float(network.biases[-1][best]),
        "added": added.tolist(),
    }
    drawing = partial(draw, network, x[0].reshape(shape), [values[0] for values in A], facts["answer"])
    return Finding(facts, describe(facts, network.sizes), (drawing,))


def describe(facts: dict[str, Any], sizes: tuple[int, ...]) -> str:
    """Return the paragraph about the facts."""
    ranked = sorted(facts["outputs"].items(), key=lambda item: -item[1])
    truth = "" if facts["right"] is None else f" (it is {'' if facts['right'] == facts['answer'] else 'really '}"
    truth += f"{facts['right']})" if truth else ""
    text = f"The network says {ranked[0][0]}{truth} with an output of {ranked[0][1]:.2f}"
    text += f"; next comes {ranked[1][0]} with {ranked[1][1]:.2f}. " if len(ranked) > 1 else ". "
    if len(sizes) > 2:
        text += _describe_sum(facts)
    return text


def _describe_sum(facts: dict[str, Any]) -> str:
    """Return sentences about the answer's weighted sum and the hidden neurons behind it."""
    added = np.array(facts["added"])
    strongest = np.argsort(-np.abs(added))[:3]
    terms = [f"neuron {neuron} adds {added[neuron]:+.1f}" for neuron in strongest]
    text = (
        f"The answer's weighted sum is {facts['weighted_sum']:.1f}: of the {len(added)} neurons below it, "
        f"{listed(terms)}, and the bias {facts['bias']:+.1f}. "
    )
    bright = [int(np.sum(np.array(layer) > 0.5)) for layer in facts["hidden"]]
    counts = [f"{n} of {len(layer)}" for n, layer in zip(bright, facts["hidden"], strict=True)]
    text += f"Above 0.5 are {listed(counts)} neurons of the hidden layer{'s' if len(counts) > 1 else ''}. "
    sums = np.sort(np.abs(added))[::-1].cumsum()
    needed = int(np.searchsorted(sums, 0.9 * sums[-1])) + 1
    text += f"{needed} of {len(added)} neurons make up 90 % of what is added to or taken from the answer"
    return text + (": it is in the pattern of many, not in one that stands for it." if needed > 2 else ".")


class _Column(NamedTuple):
    """Units of a layer that are drawn: their numbers, and their places (n, 2)."""

    units: NDArray[Any]
    places: NDArray[Any]


@own_settings()
def draw(network: Network, image: NDArray[Any], A: list[NDArray[Any]], answer: str) -> "Figure":
    """Draw the image, a column of neurons for each layer, and the strongest connections.

    Parameters
    ----------
    image : (height, width)
    A : the inputs, then the activations (n_out,) of each layer
    """
    figure = titled_figure(f"One image on its way to the answer {answer}", 11, 6.2)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(-0.02, 1.09)
    axes.set_ylim(-0.1, 1.03)
    below = _draw_image(axes, image)
    columns = np.linspace(IMAGE_WIDTH + 0.14, 1, len(A) - 1)
    for layer, x in enumerate(columns):
        values = A[layer + 1]
        column = _column(values, x)
        weights = network.weights[layer][np.ix_(below.units, column.units)]
        _draw_edges(axes, A[layer][below.units, None] * weights, below.places, column.places)
        _draw_neurons(axes, column, values)
        count = f"{len(column.units)} of {len(values)}, the most active"
        count = count if len(column.units) < len(values) else f"{len(values)}"
        name = "outputs" if layer == len(columns) - 1 else f"hidden layer {layer + 1}"
        axes.text(x, -0.02, f"{name}\n({count})", ha="center", va="top")
        below = column
    for unit, (left, y) in zip(*below, strict=True):
        axes.text(left + 0.03, y, network.classes[unit], va="center", parse_math=False)
    _explain_edges(axes)
    return figure


def _draw_image(axes: "Axes", image: NDArray[Any]) -> _Column:
    """Draw the image and return the places of its pixels, row by row."""
    height, width = image.shape
    extent = (0, IMAGE_WIDTH, IMAGE_BOTTOM, IMAGE_TOP)
    axes.imshow(image, cmap="gray", extent=extent, aspect="auto", interpolation="nearest")
    axes.text(IMAGE_WIDTH / 2, -0.02, f"input\n({height}x{width} pixels)", ha="center", va="top")
    rows, columns = np.divmod(np.arange(height * width), width)
    down = (rows + 0.5) / height * (IMAGE_TOP - IMAGE_BOTTOM)
    places = np.stack([(columns + 0.5) / width * IMAGE_WIDTH, IMAGE_TOP - down], axis=1)
    return _Column(np.arange(height * width), places)


def _column(values: NDArray[Any], x: float) -> _Column:
    """Return the most active units of a layer, spread evenly in a column."""
    shown = np.sort(np.argsort(-np.abs(values), kind="stable")[:SHOWN])
    down = np.linspace(0.97, 0.03, len(shown) + 2)[1:-1]
    return _Column(shown, np.stack([np.full(len(shown), x), down], axis=1))


def _draw_neurons(axes: "Axes", column: _Column, values: NDArray[Any]) -> None:
    """Draw the neurons as circles, brighter for larger activations, with the activation inside."""
    brightness = np.clip(values[column.units] / max(1.0, float(np.abs(values).max())), 0, 1)
    xs, ys = column.places.T
    axes.scatter(xs, ys, s=230, c=brightness, cmap="gray", vmin=0, vmax=1, edgecolors="black", zorder=3)
    for value, bright, (left, y) in zip(values[column.units], brightness, column.places, strict=True):
        color = "black" if bright > 0.5 else "white"
        axes.text(left, y, f"{value:.1f}", ha="center", va="center", fontsize=6, color=color, zorder=4)


def _draw_edges(axes: "Axes", strength: NDArray[Any], below: NDArray[Any], places: NDArray[Any]) -> None:
    """Draw the strongest connections into each neuron; `strength` is (n_below, n_neurons)."""
    from matplotlib.collections import LineCollection

    lines, widths, colors = [], [], []
    largest = max(float(np.abs(strength).max()), 1e-12)
    for neuron, place in enumerate(places):
        for source in np.argsort(-np.abs(strength[:, neuron]))[:EDGES]:
            if strength[source, neuron] != 0:
                lines.append([below[source], place])
                widths.append(0.3 + 2.7 * abs(strength[source, neuron]) / largest)
                colors.append(ORANGE if strength[source, neuron] > 0 else BLUE)
    axes.add_collection(LineCollection(lines, linewidths=widths, colors=colors, alpha=0.7))


def _explain_edges(axes: "Axes") -> None:
    """Add the legend of the connections."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=color, linewidth=2) for color in (ORANGE, BLUE)]
    names = ["activation x weight above 0", "below 0 (wider: larger)"]
    title = f"the {EDGES} strongest into each neuron"
    axes.legend(handles, names, loc="upper left", fontsize=8, title=title, title_fontsize=8)
