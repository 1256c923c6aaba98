"""The gradient's components: which weights and biases matter most, by layer, and as an image for the first layer."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.data import Split
from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.inputs import as_inputs
from fastmlp.network import Network

ROWS = 500
"""Samples of one kernel call."""


def gradient(lab: Lab, n: int = 10_000) -> Finding:
    """Compute the gradient of the cost over `n` training samples, before training and after.

    Before: a network of the same shape with fresh initial weights. Facts, for both: its length, and for each layer the
    median and the largest size of a component, and the layer's share of the squared length; how few components make up
    90 % of it; and for the trained network the share of pixels whose weights all have a gradient of 0.
    """
    trained, samples = lab.network, lab.some_training(n)
    fresh = Network(trained.sizes, trained.activation, trained.loss, seed=lab.seed, dtype=trained.dtype)
    gradients = {"before": mean_gradient(fresh, samples), "after": mean_gradient(trained, samples)}
    facts: dict[str, Any] = {"samples": len(samples.X)}
    facts |= {when: _facts(values, trained) for when, values in gradients.items()}
    first = [split(values, trained)[0][0] for values in gradients.values()]
    facts["blank_inputs"] = float(lab.blank_inputs.mean())
    facts["inputs_without_gradient"] = float((np.abs(first[1]).max(axis=1) == 0).mean())
    return Finding(facts, _text(facts, trained), (_figure(lab, gradients, first, facts),))


def mean_gradient(network: Network, samples: Split) -> NDArray[np.float64]:
    """Return the gradient (n_params,) of the mean loss over `samples` by all weights and biases."""
    X = as_inputs(samples.X, network.sizes[0], network.dtype)
    scratch = np.empty(kernels.scratch_size(network.layout, ROWS), network.dtype)
    part, total = np.empty_like(network.params), np.zeros(network.n_params)
    for start in range(0, len(samples.X), ROWS):
        batch = np.arange(start, min(start + ROWS, len(samples.X)))
        kernels.loss_and_gradient(X, samples.y, batch, network.layout, network.params, *network.codes, scratch, part)
        total += part * len(batch)
    return total / len(samples.X)


def split(values: NDArray[Any], network: Network) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Return the parts of a vector (n_params,) that belong to the weights (n_in, n_out) and biases of each layer."""
    parts, start = [], 0
    for n_in, n_out in pairwise(network.sizes):
        W, start = values[start : start + n_in * n_out].reshape(n_in, n_out), start + n_in * n_out
        b, start = values[start : start + n_out], start + n_out
        parts.append((W, b))
    return parts


def _facts(values: NDArray[Any], network: Network) -> dict[str, Any]:
    squares = np.sort(values**2)[::-1]
    total = max(float(squares.sum()), 1e-300)
    sizes = np.abs(values)
    layers = []
    for W, b in split(values, network):
        both = np.concatenate([W.reshape(-1), b])
        layers.append(
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
        "layers": layers,
    }


def _text(facts: dict[str, Any], network: Network) -> str:
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


def _figure(lab: Lab, gradients: dict[str, NDArray[Any]], first: list[NDArray[Any]], facts: dict[str, Any]) -> Any:
    network, images = lab.network, lab.data.image_shape is not None
    figure = drawing.figure("The gradient of the cost: which weights and biases matter most", 11, 7.2 if images else 4)
    grid = figure.add_gridspec(2 if images else 1, 2)
    sizes = drawing.label(
        figure.add_subplot(grid[0, 0]),
        "Sizes by layer (line: 5 to 95 %; mark: median; +: largest)",
        "layer of weights and biases",
        "size of a component, |dC/dw|",
    )
    few = drawing.label(
        figure.add_subplot(grid[0, 1]),
        "How few make up how much",
        "largest components (% of all)",
        "share of the squared length (%)",
        percent=True,
    )
    for number, (when, values) in enumerate(gradients.items()):
        style = drawing.style(number)
        for layer, (W, b) in enumerate(split(values, network)):
            each = np.abs(np.concatenate([W.reshape(-1), b]))
            each = each[each > 0]
            if not len(each):
                continue
            x = layer + 1 + 0.16 * (number - 0.5)
            sizes.plot([x, x], np.quantile(each, (0.05, 0.95)), color=style["color"], linewidth=3, alpha=0.6)
            sizes.plot(x, np.median(each), linestyle="", label=f"{when} training" if layer == 0 else None, **style)
            sizes.plot(x, each.max(), marker="+", color=style["color"])
        squares = np.sort(values**2)[::-1]
        places = np.unique(np.geomspace(1, len(squares), 200).astype(int))
        shares = np.cumsum(squares)[places - 1] / max(squares.sum(), 1e-300)
        few.plot(100 * places / len(squares), 100 * shares, color=style["color"], label=f"{when} training")
    sizes.set_yscale("log")
    sizes.set_xticks(range(1, len(network.weights) + 1))
    sizes.set_xlim(0.5, len(network.weights) + 0.5)
    few.set_xscale("log")
    few.xaxis.set_major_formatter("{x:g}")
    sizes.legend(fontsize=8)
    few.legend(fontsize=8)
    if images:
        for number, (when, W) in enumerate(zip(gradients, first, strict=True)):
            axes = figure.add_subplot(grid[1, number])
            mean = np.sqrt((W**2).mean(axis=1)).reshape(1, *lab.image_shape)
            title = f"{when} training: each pixel's weights into the first layer"
            image = drawing.tile(axes, mean, title)
            figure.colorbar(image, ax=axes, label="root mean square of dC/dw")
    return figure
