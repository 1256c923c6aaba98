"""Accuracy against the number of training images."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import MOST_IMAGES, Lab
from fastmlp.explore.training import Plan

SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, MOST_IMAGES)


def data_size(lab: Lab, sizes: Sequence[int] = SIZES, steps: int = 7_500) -> Finding:
    """Train two networks on more and more images, each with about as many steps, and see how many new ones are right.

    After M. Nielsen, Neural Networks and Deep Learning, chapter 3 (Other techniques for regularization).

    Parameters
    ----------
    sizes : sequence of int
        Numbers of training images, chosen at random; those above what there is become all that there is.
    steps : int
        Batches that each network is trained on, at least one epoch.

    Facts: the numbers, the test and the training accuracy of both networks for each, and what ten times as many images
    bring at the end.
    """
    most = min(MOST_IMAGES, len(lab.data.train.X))
    sizes = sorted({min(size, most) for size in sizes})
    common: dict[str, Any] = {"batch_size": 32, "seed": lab.seed}
    plans: dict[str, dict[str, Any]] = {
        "16-16 sigmoid": {"hidden": (16, 16), "learning_rate": 1.0},
        "64 relu, softmax": {"hidden": (64,), "activation": "relu", "loss": "cross_entropy", "learning_rate": 0.1},
    }
    jobs = []
    for settings in plans.values():
        for size in sizes:
            epochs = max(1, round(steps * 32 / size))
            jobs.append(lab.job(Plan(**settings, **common, epochs=epochs), lab.some_training(size)))
    trained = iter(lab.train(jobs))
    facts: dict[str, Any] = {"sizes": sizes, "steps": steps, "chance": lab.chance, "networks": {}}
    for name in plans:
        networks = [next(trained).network for _ in sizes]
        facts["networks"][name] = {
            "test_accuracy": [network.accuracy(*lab.data.test) for network in networks],
            "train_accuracy": [
                network.accuracy(*lab.some_training(size)) for network, size in zip(networks, sizes, strict=True)
            ],
        }
    return Finding(facts, _text(facts), (_figure(facts),))


def _text(facts: dict[str, Any]) -> str:
    sizes = facts["sizes"]
    text = ""
    for name, each in facts["networks"].items():
        test = each["test_accuracy"]
        text += (
            f"{name}: {percent(test[0])} of the test images are right after {sizes[0]:,} training images and "
            f"{percent(test[-1])} after {sizes[-1]:,}. "
        )
    first = next(iter(facts["networks"].values()))
    gap = [100 * (train - test) for train, test in zip(first["train_accuracy"], first["test_accuracy"], strict=True)]
    return text + (
        f"Each had about {facts['steps']:,} batches to learn from, so the difference is in the data. From few images "
        f"a network learns these images: the first is {gap[0]:.1f} percentage points better on them than on new ones, "
        f"and {gap[-1]:.1f} where there are most. On the logarithmic scale the curve bends slowly, so that more "
        "images of the same kind keep helping, but each step up costs several times as many as the last."
    )


def _figure(facts: dict[str, Any]) -> Any:
    figure = drawing.figure("Accuracy by the number of training images", 8, 5)
    axes = drawing.label(figure.subplots(), f"about {facts['steps']:,} batches each", "training images", "accuracy (%)")
    for number, (name, each) in enumerate(facts["networks"].items()):
        style = drawing.style(number)
        axes.plot(facts["sizes"], 100 * np.array(each["test_accuracy"]), label=f"{name}: test", **style)
        style |= {"linestyle": ":", "fillstyle": "none"}
        axes.plot(facts["sizes"], 100 * np.array(each["train_accuracy"]), label=f"{name}: training", **style)
    axes.set_xscale("log")
    axes.set_ylim(top=101)
    axes.legend(fontsize=8, loc="lower right")
    return figure
