"""How one image flows to an answer: the input, every layer's neurons, and the strongest connections between them."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore import drawing, inside
from fastmlp.explore.finding import Finding, listed
from fastmlp.explore.lab import Lab

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 16
"""Neurons drawn of a layer."""
EDGES = 2
"""Connections drawn into each neuron."""


def activations(lab: Lab) -> Finding:
    """Show one image on its way through all layers, as the lecture draws it.

    The image is `lab.image`, or the first test image. Facts: the answer, the outputs, and each hidden neuron's
    activation, with what the strongest connections into the answer add to its weighted sum.
    """
    shape, network = lab.image_shape, lab.network
    image = lab.data.test.X[0] if lab.image is None else np.asarray(lab.image)
    x = lab.values(image)[None]
    Z, A = inside.forward(network, x)
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
    return Finding(facts, _text(facts, network.sizes), (_figure(lab, x[0].reshape(shape), A, facts),))


def _text(facts: dict[str, Any], sizes: tuple[int, ...]) -> str:
    ranked = sorted(facts["outputs"].items(), key=lambda item: -item[1])
    truth = "" if facts["right"] is None else f" (it is {'' if facts['right'] == facts['answer'] else 'really '}"
    truth += f"{facts['right']})" if truth else ""
    text = f"The network says {ranked[0][0]}{truth} with an output of {ranked[0][1]:.2f}"
    text += f"; next comes {ranked[1][0]} with {ranked[1][1]:.2f}. " if len(ranked) > 1 else ". "
    if len(sizes) > 2:
        added = np.array(facts["added"])
        strongest = np.argsort(-np.abs(added))[:3]
        terms = [f"neuron {neuron} adds {added[neuron]:+.1f}" for neuron in strongest]
        text += (
            f"The answer's weighted sum is {facts['weighted_sum']:.1f}: of the {len(added)} neurons below it, "
            f"{listed(terms)}, and the bias {facts['bias']:+.1f}. "
        )
        bright = [int(np.sum(np.array(layer) > 0.5)) for layer in facts["hidden"]]
        counts = [f"{n} of {len(layer)}" for n, layer in zip(bright, facts["hidden"], strict=True)]
        text += f"Above 0.5 are {listed(counts)} neurons of the hidden layer{'s' if len(counts) > 1 else ''}. "
        parts = np.sort(np.abs(added))[::-1].cumsum()
        needed = int(np.searchsorted(parts, 0.9 * parts[-1])) + 1
        text += f"{needed} of {len(added)} neurons make up 90 % of what is added to or taken from the answer"
        text += ": it is in the pattern of many, not in one that stands for it." if needed > 2 else "."
    return text


def _figure(lab: Lab, image: NDArray[Any], A: list[NDArray[Any]], facts: dict[str, Any]) -> Any:
    network = lab.network
    figure = drawing.figure(f"One image on its way to the answer {facts['answer']}", 11, 6.2)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(-0.02, 1.09)
    axes.set_ylim(-0.1, 1.03)
    height, width = image.shape
    across = 0.24
    axes.imshow(image, cmap="gray", extent=(0, across, 0.28, 0.72), aspect="auto", interpolation="nearest")
    columns = np.linspace(across + 0.14, 1, len(A) - 1)
    rows, columns_of = np.divmod(np.arange(height * width), width)
    below = np.stack([(columns_of + 0.5) / width * across, 0.72 - (rows + 0.5) / height * 0.44], axis=1)
    below_shown = np.arange(height * width)
    for layer, x in enumerate(columns):
        values = A[layer + 1][0]
        is_output = layer == len(columns) - 1
        shown = np.sort(np.argsort(-np.abs(values), kind="stable")[:SHOWN])
        places = np.stack([np.full(len(shown), x), np.linspace(0.97, 0.03, len(shown) + 2)[1:-1]], axis=1)
        strength = A[layer][0][below_shown, None] * network.weights[layer][np.ix_(below_shown, shown)]
        _edges(axes, strength, below, places)
        brightness = np.clip(values[shown] / max(1.0, float(np.abs(values).max())), 0, 1)
        axes.scatter(
            places[:, 0], places[:, 1], s=230, c=brightness, cmap="gray", vmin=0, vmax=1, edgecolors="black", zorder=3
        )
        for value, bright, (left, y) in zip(values[shown], brightness, places, strict=True):
            colour = "black" if bright > 0.5 else "white"
            axes.text(left, y, f"{value:.1f}", ha="center", va="center", fontsize=6, color=colour, zorder=4)
        part = f"{len(shown)} of {len(values)}, the most active" if len(shown) < len(values) else f"{len(values)}"
        axes.text(
            x, -0.02, f"{'outputs' if is_output else f'hidden layer {layer + 1}'}\n({part})", ha="center", va="top"
        )
        if is_output:
            for unit, (left, y) in zip(shown, places, strict=True):
                axes.text(left + 0.03, y, network.classes[unit], va="center", parse_math=False)
        below, below_shown = places, shown
    axes.text(across / 2, -0.02, f"input\n({height}x{width} pixels)", ha="center", va="top")
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, linewidth=2) for colour in (drawing.ORANGE, drawing.BLUE)]
    names = ["activation x weight above 0", "below 0 (wider: larger)"]
    axes.legend(
        handles, names, loc="upper left", fontsize=8, title=f"the {EDGES} strongest into each neuron", title_fontsize=8
    )
    return figure


def _edges(axes: "Axes", strength: NDArray[Any], below: NDArray[Any], places: NDArray[Any]) -> None:
    """Draw the strongest connections into each neuron; `strength` is (n_below, n_neurons)."""
    from matplotlib.collections import LineCollection

    lines, widths, colours = [], [], []
    largest = max(float(np.abs(strength).max()), 1e-12)
    for neuron, place in enumerate(places):
        for source in np.argsort(-np.abs(strength[:, neuron]))[:EDGES]:
            if strength[source, neuron] != 0:
                lines.append([below[source], place])
                widths.append(0.3 + 2.7 * abs(strength[source, neuron]) / largest)
                colours.append(drawing.ORANGE if strength[source, neuron] > 0 else drawing.BLUE)
    axes.add_collection(LineCollection(lines, linewidths=widths, colors=colours, alpha=0.7))
