"""The first layer's weights as images: what each neuron looks for, and how smooth that is."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore import drawing, inside
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.network import Network

PLAIN, DECAYED = "as it is", "with weight decay"
SHOWN = 36
"""Neurons drawn of the first layer."""


def weights(lab: Lab, decay: float = 1e-4) -> Finding:
    """Draw the first layer's weights as images, beside those of the same network trained with weight decay.

    A network that was given stands alone: how it was trained is not known, so that no other is trained alike.

    Parameters
    ----------
    decay : float
        The share, times the learning rate, by which every weight shrinks in a step.

    Facts, for each network: how alike the weights of neighbouring pixels are (their correlation), against the same
    weights in random order; the same for inputs that are not blank in all training images, and the share of blank ones;
    the size of the weights there; and the test accuracy.
    """
    shape, network = lab.image_shape, lab.network
    networks, blank = {PLAIN: network}, lab.blank_inputs
    facts: dict[str, Any] = {"blank_inputs": float(blank.mean())}
    if lab.given is None:
        plan = dataclasses.replace(lab.lecture, path=False, options={"weight_decay": decay})
        networks[DECAYED] = lab.train([lab.job(plan)])[0].network
        facts["decay"] = decay
    for name, each in networks.items():
        facts[name] = measure(each, shape, blank, lab.rng(8)) | {"accuracy": each.accuracy(*lab.data.test)}
    return Finding(facts, _text(facts), (_figure(lab, networks, facts),))


def measure(
    network: Network, shape: tuple[int, int], blank: NDArray[np.bool_], rng: np.random.Generator
) -> dict[str, float]:
    """Measure the first layer's images: correlations of neighbours, and the size of weights of blank inputs."""
    images = network.weights[0].T.astype(np.float64).reshape(-1, *shape)
    sizes = np.sqrt((network.weights[0].astype(np.float64) ** 2).mean(axis=1))
    return {
        "neurons": len(images),
        "neighbours": inside.neighbour_correlation(images),
        "neighbours_shuffled": inside.neighbour_correlation(inside.shuffled_pixels(images, rng)),
        "size": float(sizes.mean()),
        "size_at_blank_inputs": float(sizes[blank].mean()) if blank.any() else 0.0,
    }


def _text(facts: dict[str, Any]) -> str:
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
        text += f"size {plain['size_at_blank_inputs']:.2g} in the mean) get no gradient from them"
        text += " and keep what they were drawn as, even noise. " if decayed else ". "
    if decayed:
        text += f"With weight decay the correlation is {decayed['neighbours']:.2f}"
        if facts["blank_inputs"]:
            text += f", the size at blank pixels {decayed['size_at_blank_inputs']:.2g}"
        text += f", and {percent(decayed['accuracy'], 2)} of the test images are right, without it "
        text += f"{percent(plain['accuracy'], 2)}. "
    else:
        text += f"{percent(plain['accuracy'], 2)} of the test images are right. "
    return text + "Nothing in the cost asks for edges: any pattern that tells the classes apart will do."


def _figure(lab: Lab, networks: dict[str, Network], facts: dict[str, Any]) -> Any:
    figure = drawing.figure("What each neuron of the first layer looks for", 5.5 * len(networks), 6)
    panels = figure.subplots(1, len(networks), squeeze=False)[0]
    for axes, (name, network) in zip(panels, networks.items(), strict=True):
        images = network.weights[0].T[:SHOWN].reshape(-1, *lab.image_shape)
        scale = float(np.quantile(np.abs(images), 0.999)) or 1.0
        count = f"{len(images)} of {network.sizes[1]}" if network.sizes[1] > SHOWN else f"{network.sizes[1]}"
        title = f"{name}: {count} neurons,\nneighbours correlate by {facts[name]['neighbours']:.2f}"
        names = [str(number) for number in range(len(images))]
        drawn = drawing.tile(axes, images, title, names=names, scale=scale)
        figure.colorbar(drawn, ax=axes, label="weight", orientation="horizontal", shrink=0.6, extend="both")
    return figure
