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

    Facts: the numbers, the batches that each was trained on, the test and the training accuracy of both networks for
    each, and how much test accuracy the last ten times as many images brought (the accuracy between two numbers taken
    from a straight line on the logarithmic scale; None where there are not ten times as many).
    """
    most = min(MOST_IMAGES, len(lab.data.train.X))
    sizes = sorted({min(size, most) for size in sizes})
    common: dict[str, Any] = {"batch_size": 32, "seed": lab.seed}
    plans: dict[str, dict[str, Any]] = {
        "16-16 sigmoid": {"hidden": (16, 16), "learning_rate": 1.0},
        "64 relu, softmax": {"hidden": (64,), "activation": "relu", "loss": "cross_entropy", "learning_rate": 0.1},
    }
    batches = [-(-size // 32) for size in sizes]
    epochs = [max(1, round(steps / each)) for each in batches]
    jobs = [
        lab.job(Plan(**settings, **common, epochs=n), lab.some_training(size))
        for settings in plans.values()
        for size, n in zip(sizes, epochs, strict=True)
    ]
    trained = iter(lab.train(jobs))
    facts: dict[str, Any] = {"sizes": sizes, "chance": lab.chance, "networks": {}}
    facts["batches"] = [n * each for n, each in zip(epochs, batches, strict=True)]
    for name in plans:
        networks = [next(trained).network for _ in sizes]
        test = [network.accuracy(*lab.data.test) for network in networks]
        facts["networks"][name] = {
            "test_accuracy": test,
            "train_accuracy": [
                network.accuracy(*lab.some_training(size)) for network, size in zip(networks, sizes, strict=True)
            ],
            "last_tenfold": _last_tenfold(sizes, test),
        }
    return Finding(facts, _text(facts), (_figure(facts),))


def _last_tenfold(sizes: list[int], accuracy: list[float]) -> float | None:
    if sizes[-1] < 10 * sizes[0]:
        return None
    return accuracy[-1] - float(np.interp(np.log(sizes[-1] / 10), np.log(sizes), accuracy))


def _batches(facts: dict[str, Any]) -> str:
    least, most = min(facts["batches"]), max(facts["batches"])
    return f"{most:,} batches each" if least == most else f"{least:,} to {most:,} batches each"


def _text(facts: dict[str, Any]) -> str:
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


def _figure(facts: dict[str, Any]) -> Any:
    figure = drawing.figure("Accuracy by the number of training images", 8, 5)
    axes = drawing.label(figure.subplots(), _batches(facts), "training images", "accuracy (%)")
    for number, (name, each) in enumerate(facts["networks"].items()):
        style = drawing.style(number)
        axes.plot(facts["sizes"], 100 * np.array(each["test_accuracy"]), label=f"{name}: test", **style)
        style |= {"linestyle": ":", "fillstyle": "none"}
        axes.plot(facts["sizes"], 100 * np.array(each["train_accuracy"]), label=f"{name}: training", **style)
    axes.set_xscale("log")
    axes.set_xticks(facts["sizes"], [f"{size:,}" for size in facts["sizes"]])
    axes.minorticks_off()
    axes.set_ylim(top=101)
    axes.legend(fontsize=8, loc="lower right")
    return figure
