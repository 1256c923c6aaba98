"""Weights of the first layer as images: the pattern that each neuron responds to, and how smooth it is."""

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.forward import neighbor_correlation, shuffled_pixels
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.images import tile
from fastmlp.plots.style import own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLAIN, DECAYED = "as it is", "with weight decay"
SHOWN = 36
"""Neurons of the first layer that are drawn."""


def run(lab: Lab, decay: float = 1e-4) -> Finding:
    """Draw the first layer's weights as images, beside those of the same network trained with weight decay.

    A network that was given is drawn alone, because its training is unknown and no other can be trained like it.

    Parameters
    ----------
    decay : float
        Fraction, times the learning rate, by which every weight shrinks in a step.

    Returns
    -------
    Finding
        Facts for each network: the correlation of the weights of neighbouring pixels, and the same for the weights in
        random order; the mean size of the weights, and their size at blank inputs; the test accuracy. Further, the
        fraction of inputs that are blank in all training images.
    """
    shape, network = lab.image_shape, lab.network
    networks, blank = {PLAIN: network}, lab.blank_inputs
    facts: dict[str, Any] = {"blank_inputs": float(blank.mean())}
    if lab.given is None:
        decayed = dataclasses.replace(lab.lecture, weight_decay=decay)
        networks[DECAYED] = lab.train([lab.job(decayed)])[0].network
        facts["decay"] = decay
    for name, each in networks.items():
        facts[name] = measure(each, shape, blank, lab.rng(8)) | {"accuracy": each.accuracy(*lab.data.test)}
    return Finding(facts, describe(facts), (partial(draw, lab, networks, facts),))


def measure(
    network: Network, shape: tuple[int, int], blank: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, float]:
    """Measure the first layer's images: correlations of neighbours, and the size of the weights of blank inputs."""
    images = network.weights[0].T.astype(np.float64).reshape(-1, *shape)
    sizes = np.sqrt((network.weights[0].astype(np.float64) ** 2).mean(axis=1))
    return {
        "neurons": len(images),
        "neighbours": neighbor_correlation(images),
        "neighbours_shuffled": neighbor_correlation(shuffled_pixels(images, rng)),
        "size": float(sizes.mean()),
        "size_at_blank_inputs": float(sizes[blank].mean()) if blank.any() else 0.0,
    }


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    plain, decayed = facts[PLAIN], facts.get(DECAYED)
    text = (
        "Red where a high value of the pixel raises a neuron's sum, blue where it lowers it. Neighbouring pixels of "
        f"the {plain['neurons']} images correlate by {plain['neighbours']:.2f}, where the same weights in random order "
        f"have {plain['neighbours_shuffled']:.2f} and a smooth pattern has nearly 1: "
    )
    if plain["neighbours"] < plain["neighbours_shuffled"] + 0.1:
        text += "hardly more of a pattern than noise has. "
    else:
        text += "loose patterns. " if plain["neighbours"] < 0.8 else "a fairly smooth pattern. "
    if facts["blank_inputs"]:
        text += f"{percent(facts['blank_inputs'])} of the pixels are blank in every training image: their weights (of "
        text += f"mean size {plain['size_at_blank_inputs']:.2g}) get no gradient from them"
        text += " and keep their initial values, even if those are noise. " if decayed else ". "
    if decayed:
        text += f"With weight decay the correlation is {decayed['neighbours']:.2f}"
        if facts["blank_inputs"]:
            text += f", the size at blank pixels {decayed['size_at_blank_inputs']:.2g}"
        text += f", and {percent(decayed['accuracy'], 2)} of the test images are right; without it, "
        text += f"{percent(plain['accuracy'], 2)}. "
    else:
        text += f"{percent(plain['accuracy'], 2)} of the test images are right. "
    return text + "Nothing in the cost asks for edges: any pattern that tells the classes apart will do."


@own_settings()
def draw(lab: Lab, networks: dict[str, Network], facts: dict[str, Any]) -> "Figure":
    """Draw the first neurons of each network, with a color scale for each network."""
    figure = titled_figure("What each neuron of the first layer looks for", 5.5 * len(networks), 6)
    panels = figure.subplots(1, len(networks), squeeze=False)[0]
    for axes, (name, network) in zip(panels, networks.items(), strict=True):
        images = network.weights[0].T[:SHOWN].reshape(-1, *lab.image_shape)
        scale = float(np.quantile(np.abs(images), 0.999)) or 1.0
        count = f"{len(images)} of {network.sizes[1]}" if network.sizes[1] > SHOWN else f"{network.sizes[1]}"
        title = f"{name}: {count} neurons,\nneighbours correlate by {facts[name]['neighbours']:.2f}"
        names = [str(number) for number in range(len(images))]
        drawn = tile(axes, images, title, names=names, scale=scale)
        figure.colorbar(drawn, ax=axes, label="weight", orientation="horizontal", shrink=0.6, extend="both")
    return figure
