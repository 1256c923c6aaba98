"""Accuracy by the number of training images."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import MOST_IMAGES, Lab
from fastmlp.plots.style import label_axes, line_style, own_settings, titled_figure
from fastmlp.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, MOST_IMAGES)
BATCH_SIZE = 32
NETWORKS = {
    "16-16 sigmoid": Hyperparameters(
        hidden=(16, 16),
        activation="sigmoid",
        loss="squared_error",
        optimizer="sgd",
        learning_rate=1.0,
        batch_size=BATCH_SIZE,
        epochs=1,
    ),
    "64 relu, softmax": Hyperparameters(
        hidden=(64,),
        activation="relu",
        loss="cross_entropy",
        optimizer="sgd",
        learning_rate=0.1,
        batch_size=BATCH_SIZE,
        epochs=1,
    ),
}
"""Networks that are compared; the epochs are chosen for each number of images."""


def run(lab: Lab, sizes: Sequence[int] = SIZES, steps: int = 7_500) -> Finding:
    """Train two networks on more and more images, each with about as many steps, and test them on new images.

    After M. Nielsen, Neural Networks and Deep Learning, chapter 3 (Other techniques for regularization).

    Parameters
    ----------
    sizes : sequence of int
        Numbers of training images, chosen at random. A number above what the data has stands for all of it.
    steps : int
        Batches that each network is trained on, but at least one epoch.

    Returns
    -------
    Finding
        Facts: the numbers of images and of batches; for both networks the test and the training accuracy for each
        number, and the gain in test accuracy by the last tenfold increase in images. (The accuracy between two numbers
        is interpolated on the logarithmic scale; the gain is None if there are not ten times as many.)
    """
    most = min(MOST_IMAGES, len(lab.data.train.X))
    sizes = sorted({min(size, most) for size in sizes})
    batches = [-(-size // BATCH_SIZE) for size in sizes]
    epochs = [max(1, round(steps / each)) for each in batches]
    jobs = [
        lab.job(dataclasses.replace(hyperparameters, epochs=n), lab.some_training(size))
        for hyperparameters in NETWORKS.values()
        for size, n in zip(sizes, epochs, strict=True)
    ]
    trained = iter(lab.train(jobs))
    facts: dict[str, Any] = {"sizes": sizes, "chance": lab.chance, "networks": {}}
    facts["batches"] = [n * each for n, each in zip(epochs, batches, strict=True)]
    for name in NETWORKS:
        networks = [next(trained).network for _ in sizes]
        test = [network.accuracy(*lab.data.test) for network in networks]
        facts["networks"][name] = {
            "test_accuracy": test,
            "train_accuracy": [
                network.accuracy(*lab.some_training(size)) for network, size in zip(networks, sizes, strict=True)
            ],
            "last_tenfold": _last_tenfold(sizes, test),
        }
    return Finding(facts, describe(facts), (partial(draw, facts),))


def _last_tenfold(sizes: list[int], accuracy: list[float]) -> float | None:
    """Return the gain in accuracy by the last tenfold increase in images, or None if there is none."""
    if sizes[-1] < 10 * sizes[0]:
        return None
    return accuracy[-1] - float(np.interp(np.log(sizes[-1] / 10), np.log(sizes), accuracy))


def _batches(facts: dict[str, Any]) -> str:
    """Return the number of batches in words."""
    least, most = min(facts["batches"]), max(facts["batches"])
    return f"{most:,} batches each" if least == most else f"{least:,} to {most:,} batches each"


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    sizes = facts["sizes"]
    text = ""
    for name, each in facts["networks"].items():
        test = each["test_accuracy"]
        text += (
            f"{name}: {percent(test[0])} of the test images are right after {sizes[0]:,} training images and "
            f"{percent(test[-1])} after {sizes[-1]:,}"
        )
        if each["last_tenfold"] is not None:
            text += f" ({100 * each['last_tenfold']:+.1f} percentage points with the last ten times as many)"
        text += ". "
    first = next(iter(facts["networks"].values()))
    gap = [100 * (train - test) for train, test in zip(first["train_accuracy"], first["test_accuracy"], strict=True)]
    text += f"They had {_batches(facts)}"
    text += ", so the difference is in the data. " if max(facts["batches"]) < 1.1 * min(facts["batches"]) else ". "
    text += (
        f"On its own images the first is {gap[0]:.1f} percentage points better than on new ones with "
        f"the fewest and {gap[-1]:.1f} with the most"
    )
    text += ": from few images a network learns these images. " if gap[0] > max(gap[-1], 0) + 1 else ". "
    gains = [each["last_tenfold"] for each in facts["networks"].values()]
    if None in gains:
        return text.strip()
    if min(gains) > 0.005:
        return text + "More images of the same kind were still helping, but each step up costs ten times as many."
    return text + "More images of the same kind do not help here." if max(gains) < 0.005 else text.strip()


@own_settings()
def draw(facts: dict[str, Any]) -> "Figure":
    """Draw test and training accuracy of both networks."""
    figure = titled_figure("Accuracy by the number of training images", 8, 5)
    axes = label_axes(figure.subplots(), _batches(facts), "training images", "accuracy (%)")
    for number, (name, each) in enumerate(facts["networks"].items()):
        style = line_style(number)
        axes.plot(facts["sizes"], 100 * np.array(each["test_accuracy"]), label=f"{name}: test", **style)
        style |= {"linestyle": ":", "fillstyle": "none"}
        axes.plot(facts["sizes"], 100 * np.array(each["train_accuracy"]), label=f"{name}: training", **style)
    axes.set_xscale("log")
    axes.set_xticks(facts["sizes"], [f"{size:,}" for size in facts["sizes"]])
    axes.minorticks_off()
    axes.set_ylim(top=101)
    axes.legend(fontsize=8, loc="lower right")
    return figure
