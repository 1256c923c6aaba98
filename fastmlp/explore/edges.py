"""What changes of the training do to the first layer's images, and whether any makes it pick up on edges."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.augmentation import Augmentation
from fastmlp.explore import drawing, inside
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.explore.training import Job, Plan, train_masked
from fastmlp.network import Network
from fastmlp.regularisation import Regularisation

SHOWN = 16
PLAIN, LOCAL = "plain", "local connections"


def edges(lab: Lab, width: int = 32, epochs: int = 8, window: int = 9) -> Finding:
    """Train one network in several ways, and draw what its first layer looks for, side by side.

    The ways: plain (sigmoid, softmax); weight decay; dropout; rectified linear units; images that are moved, turned
    and bent anew in each epoch; and local connections, where a neuron sees only a window of the image.

    Parameters
    ----------
    width : int
        Of the one hidden layer.
    epochs : int
    window : int
        Pixels of the window's sides.

    Facts, for each way: the test accuracy, how alike neighbouring weights are, and which share of a neuron's squared
    weights lies in its best window of `window` x `window` pixels (1: all); `even` is that share of weights that are all
    alike.
    """
    shape = lab.image_shape
    plain = Plan((width,), "sigmoid", "cross_entropy", learning_rate=0.5, batch_size=32, epochs=epochs, seed=lab.seed)
    change = dataclasses.replace
    plans = {
        PLAIN: plain,
        "weight decay": change(plain, options={"weight_decay": 3e-4}),
        "dropout": change(plain, options={"regularisation": Regularisation(dropout=0.3)}),
        "ReLU": change(plain, activation="relu", learning_rate=0.1),
        "moved, turned, bent": change(
            plain, options={"augmentation": Augmentation(shift=1, rotation=10, elastic=34, shape=shape)}
        ),
    }
    trained = lab.train([lab.job(each) for each in plans.values()])
    networks = {name: result.network for name, result in zip(plans, trained, strict=True)}
    networks[LOCAL] = local_network(lab, lab.job(plain), window)
    facts: dict[str, Any] = {"width": width, "epochs": epochs, "window": window, "ways": {}}
    facts["even"] = min(window, shape[0]) * min(window, shape[1]) / (shape[0] * shape[1])
    for name, network in networks.items():
        images = network.weights[0].T.astype(np.float64).reshape(-1, *shape)
        facts["ways"][name] = {
            "accuracy": network.accuracy(*lab.data.test),
            "neighbours": inside.neighbour_correlation(images),
            "in_window": in_window(images, window),
        }
    return Finding(facts, _text(facts), (_figure(lab, networks, facts),))


def local_network(lab: Lab, job: Job, window: int) -> Network:
    """Train with local connections, or take the network from the store."""
    network = job.network()
    mask = windows(lab.image_shape, network.sizes[1], window).astype(network.dtype)
    (key,) = lab.store.keys([(*job.parts, mask)])
    arrays = lab.store.get(key)
    if arrays is None:
        train_masked(network, job.samples, mask, job.plan)
        arrays = {"params": network.params}
        lab.store.put(key, arrays)
    network.params[:] = arrays["params"]
    return network


def windows(shape: tuple[int, int], n: int, side: int) -> NDArray[np.bool_]:
    """Return which inputs each of `n` neurons sees: (n_in, n), windows spread evenly over the image."""
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
    """Return which share of the squares of each image (n, height, width) lies in its best window, in the mean."""
    squares = np.pad(images**2, ((0, 0), (1, 0), (1, 0))).cumsum(axis=1).cumsum(axis=2)
    high, wide = (min(side, size) for size in images.shape[1:])
    inside_window = (
        squares[:, high:, wide:] - squares[:, :-high, wide:] - squares[:, high:, :-wide] + squares[:, :-high, :-wide]
    )
    return float((inside_window.max(axis=(1, 2)) / np.maximum(squares[:, -1, -1], 1e-300)).mean())


def _text(facts: dict[str, Any]) -> str:
    ways = facts["ways"]
    plain = ways[PLAIN]
    smoothest, best = (max(ways, key=lambda name: ways[name][what]) for what in ("neighbours", "accuracy"))
    free = {name: each for name, each in ways.items() if name != LOCAL}
    most_local = max(free, key=lambda name: free[name]["in_window"])
    side = facts["window"]
    text = (
        f"A hidden layer of {facts['width']} neurons, trained for {facts['epochs']} epochs in {len(ways)} ways. "
        f"Plainly, neighbouring weights correlate by {plain['neighbours']:.2f} and {percent(plain['accuracy'], 2)} of "
        f"the test images are right. Smoothest is {smoothest} ({ways[smoothest]['neighbours']:.2f}), most accurate "
        f"{best} ({percent(ways[best]['accuracy'], 2)}); where each neuron is made to look through a window of "
        f"{side}x{side} pixels, {percent(ways[LOCAL]['accuracy'], 2)} are right. "
    )
    if facts["even"] > 0.5:
        return text + "On images as small as these that window is most of the image, or all, and nothing is local."
    text += (
        "A piece of the image is all that such a neuron can tell, so that is what it learns. Of a plain neuron's "
        f"squared weights {percent(plain['in_window'], 0)} lie in its best window (of weights all alike, "
        f"{percent(facts['even'], 0)}), and the most local of those that may look anywhere is {most_local} "
        f"({percent(free[most_local]['in_window'], 0)}). "
    )
    if plain["in_window"] > 0.5:
        return text + "So neurons that are left free look at one place too."
    return text + (
        "Left free, a neuron spreads wider: to a fully connected layer, pixels far apart are as good as neighbours, "
        "which is what convolutions are there to change."
    )


def _figure(lab: Lab, networks: dict[str, Network], facts: dict[str, Any]) -> Any:
    drawn: Any = None
    width = facts["width"]
    shown = np.linspace(0, width - 1, min(SHOWN, width)).round().astype(int)
    figure = drawing.figure(
        f"What the first layer looks for, trained in several ways: {len(shown)} of {width} neurons (red: wants ink)",
        11,
        8,
    )
    rows = -(-len(networks) // 3)
    panels = figure.subplots(rows, 3).reshape(-1)
    for axes, (name, network) in zip(panels, networks.items(), strict=False):
        images = network.weights[0].T[shown].reshape(-1, *lab.image_shape)
        each = facts["ways"][name]
        right = f"{name}: {percent(each['accuracy'], 2)} right"
        title = f"{right}\nneighbours {each['neighbours']:.2f}, in a window {each['in_window']:.2f}"
        drawn = drawing.tile(axes, images, title, scale=1.0, each=True)
    for axes in panels[len(networks) :]:
        axes.set_axis_off()
    figure.colorbar(drawn, ax=panels.tolist(), label="weight (share of the neuron's largest)", shrink=0.5)
    return figure
