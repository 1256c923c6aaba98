"""The first layer's weights as images: what each neuron looks for, and how smooth that is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore import drawing, inside
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.network import Network

SHOWN = 36
"""Neurons drawn of the first layer."""


def weights(lab: Lab, decay: float = 1e-4) -> Finding:
    """Draw the first layer's weights as images, beside those of the same network trained with weight decay.

    Parameters
    ----------
    decay : float
        The share, times the learning rate, by which every weight shrinks in a step.

    Facts, for both networks: how alike the weights of neighbouring pixels are (their correlation), against the same
    weights in random order; the same for inputs that are not blank in all training images, and the share of blank ones;
    the size of the weights there; and the test accuracy.
    """
    shape, network = lab.image_shape, lab.network
    plan = lab.like_network(options={"weight_decay": decay})
    (decayed,) = lab.train([lab.job(plan)])
    networks = {"as it is": network, "with weight decay": decayed.network}
    blank = lab.blank_inputs
    facts: dict[str, Any] = {"decay": decay, "blank_inputs": float(blank.mean())}
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
    plain, decayed = facts["as it is"], facts["with weight decay"]
    return (
        f"Red where a neuron wants ink, blue where it wants none. Neighbouring pixels of the {plain['neurons']} "
        f"images correlate by {plain['neighbours']:.2f}, where the same weights in random order have "
        f"{plain['neighbours_shuffled']:.2f} and a smooth pattern has nearly 1: "
        + ("loose patterns, far from clean edges. " if plain["neighbours"] < 0.8 else "a fairly smooth pattern. ")
        + f"{percent(facts['blank_inputs'])} of the pixels are blank in every training image: their weights get no "
        f"gradient and keep what they were drawn as (a size of {plain['size_at_blank_inputs']:.3f} in the mean), "
        f"which is the even noise at the rim. With weight decay it is ({decayed['size_at_blank_inputs']:.4f}), and "
        f"the correlation becomes {decayed['neighbours']:.2f}; the accuracy is {percent(decayed['accuracy'], 2)}, "
        f"without it {percent(plain['accuracy'], 2)}. Nothing in the cost asks for edges: any pattern that tells "
        "these digits apart will do."
    )


def _figure(lab: Lab, networks: dict[str, Network], facts: dict[str, Any]) -> Any:
    figure = drawing.figure("What each neuron of the first layer looks for", 11, 6)
    panels = figure.subplots(1, 2)
    for axes, (name, network) in zip(panels, networks.items(), strict=True):
        images = network.weights[0].T[:SHOWN].reshape(-1, *lab.image_shape)
        scale = float(np.quantile(np.abs(images), 0.999)) or 1.0
        count = f"{len(images)} of {network.sizes[1]}" if network.sizes[1] > SHOWN else f"{network.sizes[1]}"
        title = f"{name}: {count} neurons, neighbours correlate by {facts[name]['neighbours']:.2f}"
        names = [str(number) for number in range(len(images))]
        drawn = drawing.tile(axes, images, title, names=names, scale=scale)
        figure.colorbar(drawn, ax=axes, label="weight", orientation="horizontal", shrink=0.6, extend="both")
    return figure
