"""The gradient's components: which weights and biases matter most, by layer and, for the first layer, as an image."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Split
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.inputs.arrays import as_inputs
from fastmlp.kernels.backprop import loss_and_gradient
from fastmlp.kernels.layout import scratch_size
from fastmlp.network.network import Network
from fastmlp.plots.images import tile
from fastmlp.plots.style import label_axes, line_style, own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Gradients = dict[str, NDArray[np.float64]]

ROWS = 500
"""Samples of one kernel call."""


def run(lab: Lab, n: int = 10_000) -> Finding:
    """Compute the gradient of the cost over `n` training samples, before training and after.

    The network before training is one of the same shape with new initial weights.

    Returns
    -------
    Finding
        Facts for both: the length of the gradient; for each layer the median and the largest size of a component, and
        the layer's fraction of the squared length; how few components make up 90 % of it. Further, the fraction of
        inputs whose weights all have a gradient of 0 in the trained network.
    """
    trained, samples = lab.network, lab.some_training(n)
    fresh = Network(trained.sizes, trained.activation, trained.loss, seed=lab.seed, dtype=trained.dtype)
    gradients = {"before": mean_gradient(fresh, samples), "after": mean_gradient(trained, samples)}
    facts: dict[str, Any] = {"samples": len(samples.X)}
    facts |= {when: measure(values, trained) for when, values in gradients.items()}
    first = layers(gradients["after"], trained)[0][0]
    facts["blank_inputs"] = float(lab.blank_inputs.mean())
    facts["inputs_without_gradient"] = float((np.abs(first).max(axis=1) == 0).mean())
    return Finding(facts, describe(facts, trained), (partial(draw, lab, gradients),))


def mean_gradient(network: Network, samples: Split) -> NDArray[np.float64]:
    """Return the gradient (n_params,) of the mean loss over `samples` by all weights and biases."""
    X = as_inputs(samples.X, network.sizes[0], network.dtype)
    scratch = np.empty(scratch_size(network.layout, ROWS), network.dtype)
    mean, total = np.empty_like(network.params), np.zeros(network.n_params)
    for start in range(0, len(samples.X), ROWS):
        batch = np.arange(start, min(start + ROWS, len(samples.X)))
        loss_and_gradient(X, samples.y, batch, network.model, scratch, mean)
        total += mean * len(batch)
    return total / len(samples.X)


def layers(values: NDArray[Any], network: Network) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Return the components of a vector (n_params,) that belong to the weights (n_in, n_out) and biases of each layer.

    A network of the same sizes holds the vector in place of its parameters, so that only Network knows their order.
    """
    shaped = Network(network.sizes, seed=None, dtype="float64")
    shaped.params[:] = values
    return list(zip(shaped.weights, shaped.biases, strict=True))


def measure(values: NDArray[Any], network: Network) -> dict[str, Any]:
    """Return the facts about one gradient (n_params,)."""
    squares = np.sort(values**2)[::-1]
    total = max(float(squares.sum()), 1e-300)
    sizes = np.abs(values)
    by_layer = []
    for W, b in layers(values, network):
        both = np.concatenate([W.reshape(-1), b])
        by_layer.append(
            {
                "median": float(np.median(np.abs(both))),
                "largest": float(np.abs(both).max()),
                "share": float((both**2).sum() / total),
                "share_of_components": both.size / values.size,
            }
        )
    needed = int(np.searchsorted(np.cumsum(squares), 0.9 * total)) + 1
    return {
        "length": float(np.sqrt(squares.sum())),
        "largest": float(sizes.max()),
        "median": float(np.median(sizes)),
        "components_for_90_percent": needed,
        "their_share": needed / values.size,
        "layers": by_layer,
    }


def describe(facts: dict[str, Any], network: Network) -> str:
    """Return the paragraph about the facts."""
    before, after = facts["before"], facts["after"]
    last = after["layers"][-1]
    text = (
        f"The gradient of the cost over {facts['samples']:,} images has {network.n_params:,} components. Before "
        f"training its length is {before['length']:.3g}, after it {after['length']:.3g}"
    )
    shorter = after["length"] < before["length"]
    text += ": steps in proportion to it get shorter where the ground is flatter. " if shorter else ". "
    text += "The most bang for the buck is in few of them: " if after["their_share"] < 0.25 else ""
    text += (
        f"{percent(after['their_share'])} of the components ({after['components_for_90_percent']:,}) make up 90 % of "
        f"its squared length (before training {percent(before['their_share'])}). "
    )
    if len(network.sizes) > 2:
        text += (
            f"The last layer has {percent(last['share_of_components'])} of the weights and biases and "
            f"{percent(last['share'])} of the squared length. "
        )
    text += (
        f"{percent(facts['inputs_without_gradient'])} of the inputs have no gradient at all, and "
        f"{percent(facts['blank_inputs'])} are blank in every training image"
    )
    return text + (": what is multiplied by 0 does not matter." if facts["blank_inputs"] else ".")


@own_settings()
def draw(lab: Lab, gradients: Gradients) -> "Figure":
    """Draw sizes by layer, the cumulative squared length, and the first layer as an image if the data are images."""
    images = lab.data.image_shape is not None
    figure = titled_figure("The gradient of the cost: which weights and biases matter most", 11, 7.2 if images else 4)
    grid = figure.add_gridspec(2 if images else 1, 2)
    _draw_sizes(figure.add_subplot(grid[0, 0]), gradients, lab.network)
    _draw_cumulative(figure.add_subplot(grid[0, 1]), gradients)
    if images:
        for number, (when, values) in enumerate(gradients.items()):
            axes = figure.add_subplot(grid[1, number])
            W, _ = layers(values, lab.network)[0]
            mean = np.sqrt((W**2).mean(axis=1)).reshape(1, *lab.image_shape)
            image = tile(axes, mean, f"{when} training: each pixel's weights into the first layer")
            figure.colorbar(image, ax=axes, label="root mean square of dC/dw")
    return figure


def _draw_sizes(axes: "Axes", gradients: Gradients, network: Network) -> None:
    """Draw the range of the components' sizes in each layer."""
    title = "Sizes by layer (line: 5 to 95 %; mark: median; +: largest)"
    label_axes(axes, title, "layer of weights and biases", "size of a component, |dC/dw|")
    for number, (when, values) in enumerate(gradients.items()):
        style = line_style(number)
        for layer, (W, b) in enumerate(layers(values, network)):
            each = np.abs(np.concatenate([W.reshape(-1), b]))
            each = each[each > 0]
            if not len(each):
                continue
            x = layer + 1 + 0.16 * (number - 0.5)
            axes.plot([x, x], np.quantile(each, (0.05, 0.95)), color=style["color"], linewidth=3, alpha=0.6)
            axes.plot(x, np.median(each), linestyle="", label=f"{when} training" if layer == 0 else None, **style)
            axes.plot(x, each.max(), marker="+", color=style["color"])
    axes.set_yscale("log")
    axes.set_xticks(range(1, len(network.weights) + 1))
    axes.set_xlim(0.5, len(network.weights) + 0.5)
    axes.legend(fontsize=8)


def _draw_cumulative(axes: "Axes", gradients: Gradients) -> None:
    """Draw the fraction of the squared length against the number of components, the largest first."""
    label_axes(
        axes,
        "How few make up how much",
        "largest components (% of all)",
        "squared length (% of all)",
        percent=True,
    )
    for number, (when, values) in enumerate(gradients.items()):
        squares = np.sort(values**2)[::-1]
        places = np.unique(np.geomspace(1, len(squares), 200).astype(int))
        fractions = np.cumsum(squares)[places - 1] / max(squares.sum(), 1e-300)
        color = line_style(number)["color"]
        axes.plot(100 * places / len(squares), 100 * fractions, color=color, label=f"{when} training")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.legend(fontsize=8)
