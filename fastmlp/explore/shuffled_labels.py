"""Training on shuffled labels: a wide network learns them by heart, slowly, and knows nothing about new images."""

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np

from fastmlp.data import Split
from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.explore.training import Plan, Trained


def shuffled_labels(lab: Lab, n: int = 10_000, width: int = 512, epochs: int = 150) -> Finding:
    """Train a wide network on true and on shuffled labels of the same images.

    After C. Zhang et al., Understanding deep learning requires rethinking generalization (arXiv 1611.03530), and
    D. Arpit et al., A closer look at memorization in deep networks (arXiv 1706.05394).

    Parameters
    ----------
    n : int
        Training images.
    width : int
        Of the one hidden layer.
    epochs : int
        At most, for the shuffled labels; training stops after the first epoch in which 99.5 % of them were right.

    Facts, for both: epochs, accuracy on the training labels at the end, on the test samples, and the epochs to come
    half of the way from chance to the end; and the accuracy on test samples of whoever always says the same.
    """
    true = lab.some_training(n)
    shuffled = Split(true.X, lab.rng(5).permutation(true.y))
    plan = Plan((width,), "relu", "cross_entropy", optimizer="adam", learning_rate=1e-3, batch_size=64, seed=lab.seed)
    plan = dataclasses.replace(plan, epochs=epochs, until=0.995)
    trained = lab.train([lab.job(plan, samples, lab.some_test(1000)) for samples in (true, shuffled)])
    facts: dict[str, Any] = {"images": len(true.X), "network": trained[0].network.sizes, "chance": lab.chance}
    for name, samples, result in zip(("true", "shuffled"), (true, shuffled), trained, strict=True):
        facts[name] = {
            "epochs": len(result.curves["accuracy"]),
            "train_accuracy": result.network.accuracy(*samples),
            "test_accuracy": result.network.accuracy(*lab.data.test),
            "epochs_to_half": epochs_to_half(result.curves["accuracy"].tolist(), 1 / lab.n_classes),
        }
    return Finding(facts, _text(facts), (_figure(facts, trained),))


def epochs_to_half(accuracy: list[float], chance: float) -> float:
    """Return after how many epochs an accuracy curve, from `chance` at 0, has come half of the way to its end."""
    half = (chance + accuracy[-1]) / 2
    curve = [chance, *accuracy]
    for epoch, (before, after) in enumerate(pairwise(curve)):
        if after >= half:
            return epoch + (half - before) / max(after - before, 1e-12)
    return float(len(accuracy))


def _text(facts: dict[str, Any]) -> str:
    true, shuffled = facts["true"], facts["shuffled"]
    memorised = shuffled["train_accuracy"] >= 0.99
    known = true["test_accuracy"] - max(facts["chance"], shuffled["test_accuracy"]) > 0.05
    slower = shuffled["epochs_to_half"] > 1.5 * true["epochs_to_half"]
    text = (
        f"On {facts['images']:,} images with their true labels the network is half of the way up after "
        f"{true['epochs_to_half']:.1f} epochs of {true['epochs']}; with the labels shuffled, half of the "
        f"way takes {shuffled['epochs_to_half']:.1f} epochs of {shuffled['epochs']}. In the end it has "
        f"{percent(shuffled['train_accuracy'], 2)} of the shuffled labels right"
        + (", each learned by heart, " if memorised else " and has not learned them all, ")
        + f"and {percent(shuffled['test_accuracy'])} of new images (always saying the same gives "
        f"{percent(facts['chance'])}), against {percent(true['test_accuracy'])} with true labels. "
    )
    if not known:
        return text + "So the true labels taught it hardly more about new images than the shuffled ones did."
    if memorised and slower:
        return text + (
            "Being able to fit anything does not tell a network that has found structure from one that has memorised; "
            "how fast it gets there does: structure is easier to find."
        )
    return text + (
        f"What was learned from true labels holds for new images, {'and' if slower else 'but'} it was "
        f"{'' if slower else 'not clearly '}learned faster."
    )


def _figure(facts: dict[str, Any], trained: list[Trained]) -> Any:
    figure = drawing.figure(f"True and shuffled labels of {facts['images']:,} images", 8, 5)
    axes = drawing.label(
        figure.subplots(), "-".join(map(str, facts["network"])), "epoch", "accuracy (% of the images)", percent=True
    )
    for number, (name, result) in enumerate(zip(("true", "shuffled"), trained, strict=True)):
        epochs = np.arange(1, len(result.curves["accuracy"]) + 1)
        colour = drawing.COLOURS[number]
        axes.plot(epochs, 100 * result.curves["accuracy"], color=colour, label=f"{name} labels: training, as it goes")
        axes.plot(
            epochs,
            100 * result.curves["validation_accuracy"],
            color=colour,
            linestyle="--",
            label=f"{name} labels: test",
        )
    axes.axhline(100 * facts["chance"], color="black", linestyle=":", label="always the same answer")
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, loc="center right")
    return figure
