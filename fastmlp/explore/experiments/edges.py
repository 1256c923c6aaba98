"""Ways to train a network, and whether any of them makes its first layer pick up on edges."""

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.forward import neighbor_correlation
from fastmlp.explore.jobs import Job, train_masked
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.images import tile
from fastmlp.plots.style import own_settings, titled_figure
from fastmlp.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 16
"""Neurons of the first layer that are drawn."""
PLAIN, LOCAL = "plain", "local connections"


def run(lab: Lab, width: int = 32, epochs: int = 8, window: int = 9) -> Finding:
    """Train one network in several ways, and draw the weights of its first layer side by side.

    The ways: plain (sigmoid, softmax); weight decay; dropout; rectified linear units; images that are shifted, rotated
    and bent at random in each epoch; and local connections, where a neuron sees only a window of the image.

    Parameters
    ----------
    width : int
        Neurons of the one hidden layer.
    epochs : int
    window : int
        Side of the window in pixels.

    Returns
    -------
    Finding
        Facts for each way: the test accuracy, the correlation of neighbouring weights, and the fraction of a neuron's
        squared weights in its best window of `window` x `window` pixels (1: all). `even` is that fraction for weights
        that are all alike.
    """
    shape = lab.image_shape
    plain = Hyperparameters(
        hidden=(width,),
        activation="sigmoid",
        loss="cross_entropy",
        optimizer="sgd",
        learning_rate=0.5,
        batch_size=32,
        epochs=epochs,
    )
    change = dataclasses.replace
    ways = {
        PLAIN: plain,
        "weight decay": change(plain, weight_decay=3e-4),
        "dropout": change(plain, dropout=0.3),
        "ReLU": change(plain, activation="relu", learning_rate=0.1),
        "moved, turned, bent": change(plain, augmentation="shift=1,rotation=10,elastic=34"),
    }
    trained = lab.train([lab.job(each) for each in ways.values()])
    networks = {name: result.network for name, result in zip(ways, trained, strict=True)}
    networks[LOCAL] = local_network(lab, lab.job(plain), window)
    facts: dict[str, Any] = {"width": width, "epochs": epochs, "window": window, "ways": {}}
    facts["even"] = min(window, shape[0]) * min(window, shape[1]) / (shape[0] * shape[1])
    for name, network in networks.items():
        images = network.weights[0].T.astype(np.float64).reshape(-1, *shape)
        facts["ways"][name] = {
            "accuracy": network.accuracy(*lab.data.test),
            "neighbours": neighbor_correlation(images),
            "in_window": in_window(images, window),
        }
    return Finding(facts, describe(facts), (partial(draw, lab, networks, facts),))


def local_network(lab: Lab, job: Job, window: int) -> Network:
    """Train with local connections, or take the network from the store."""
    network = job.trainer().network
    mask = windows(lab.image_shape, network.sizes[1], window).astype(network.dtype)
    (name,) = lab.store.names([(*job.key, mask)])
    arrays = lab.store.get(name)
    if arrays is None:
        train_masked(network, job, mask)
        arrays = {"params": network.params}
        lab.store.put(name, arrays)
    network.params[:] = arrays["params"]
    return network


def windows(shape: tuple[int, int], n: int, side: int) -> NDArray[np.bool_]:
    """Return a mask (n_in, n) of the inputs that each of `n` neurons sees: windows spread evenly over the image."""
    height, width = (min(side, size) for size in shape)
    rows = int(np.ceil(np.sqrt(n)))
    mask = np.zeros((n, *shape), bool)
    for number in range(n):
        row, column = divmod(number, rows)
        across = min(rows, n - row * rows)
        down = -(-n // rows)
        top = round((shape[0] - height) * (row / max(down - 1, 1)))
        left = round((shape[1] - width) * (column / max(across - 1, 1)))
        mask[number, top : top + height, left : left + width] = True
    return mask.reshape(n, -1).T


def in_window(images: NDArray[Any], side: int) -> float:
    """Return the fraction of an image's squared values in its best window, averaged over images (n, height, width)."""
    squares = np.pad(images**2, ((0, 0), (1, 0), (1, 0))).cumsum(axis=1).cumsum(axis=2)
    high, wide = (min(side, size) for size in images.shape[1:])
    inside = (
        squares[:, high:, wide:] - squares[:, :-high, wide:] - squares[:, high:, :-wide] + squares[:, :-high, :-wide]
    )
    return float((inside.max(axis=(1, 2)) / np.maximum(squares[:, -1, -1], 1e-300)).mean())


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    ways = facts["ways"]
    plain = ways[PLAIN]
    smoothest, best = (max(ways, key=lambda name: ways[name][what]) for what in ("neighbours", "accuracy"))
    free = {name: each for name, each in ways.items() if name != LOCAL}
    most_local = max(free, key=lambda name: free[name]["in_window"])
    side = facts["window"]
    text = (
        f"A hidden layer of {facts['width']} neurons, trained for {facts['epochs']} epochs in {len(ways)} ways. "
        f"In plain training, neighbouring weights correlate by {plain['neighbours']:.2f} and "
        f"{percent(plain['accuracy'], 2)} of the test images are right. Smoothest is {smoothest} "
        f"({ways[smoothest]['neighbours']:.2f}), most accurate "
        f"{best} ({percent(ways[best]['accuracy'], 2)}); if each neuron sees only a window of "
        f"{side}x{side} pixels, {percent(ways[LOCAL]['accuracy'], 2)} are right. "
    )
    if facts["even"] > 0.5:
        return text + "On images as small as these that window is most of the image, or all, and nothing is local."
    text += (
        "Such a neuron can only tell something about its piece of the image, so that is what it learns. "
        f"{percent(plain['in_window'], 0)} of a plain neuron's squared weights lie in its best window (of weights all "
        f"alike, {percent(facts['even'], 0)}), and the most local of the networks without windows is {most_local} "
        f"({percent(free[most_local]['in_window'], 0)}). "
    )
    if plain["in_window"] > 0.5:
        return text + "So neurons that are left free look at one place too."
    return text + (
        "Left free, a neuron spreads wider: to a fully connected layer, pixels far apart are as good as neighbours, "
        "which is what convolutions are there to change."
    )


@own_settings()
def draw(lab: Lab, networks: dict[str, Network], facts: dict[str, Any]) -> "Figure":
    """Draw some first-layer neurons of each network, each neuron on a scale of its own."""
    drawn: Any = None
    width = facts["width"]
    shown = np.linspace(0, width - 1, min(SHOWN, width)).round().astype(int)
    figure = titled_figure(
        f"What the first layer looks for, trained in several ways: {len(shown)} of {width} neurons (red: wants ink)",
        11,
        8,
    )
    rows = -(-len(networks) // 3)
    panels = figure.subplots(rows, 3).reshape(-1)
    for axes, (name, network) in zip(panels, networks.items(), strict=False):
        images = network.weights[0].T[shown].reshape(-1, *lab.image_shape).astype(np.float64)
        images /= np.maximum(np.abs(images).max(axis=(1, 2), keepdims=True), 1e-300)
        each = facts["ways"][name]
        right = f"{name}: {percent(each['accuracy'], 2)} right"
        title = f"{right}\nneighbours {each['neighbours']:.2f}, in a window {each['in_window']:.2f}"
        drawn = tile(axes, images, title, scale=1.0)
    for axes in panels[len(networks) :]:
        axes.set_axis_off()
    figure.colorbar(drawn, ax=panels.tolist(), label="weight (fraction of the neuron's largest)", shrink=0.5)
    return figure
