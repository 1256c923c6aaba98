"""Training on shuffled labels: a wide network memorises them slowly, and learns nothing about new images."""

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp.datasets.dataset import Split
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.jobs import Trained
from fastmlp.explore.lab import Lab
from fastmlp.plots.style import COLORS, label_axes, own_settings, titled_figure
from fastmlp.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEARNED = 0.995
"""Training accuracy at which the training stops."""


def run(lab: Lab, n: int = 10_000, width: int = 512, epochs: int = 150) -> Finding:
    """Train a wide network on true and on shuffled labels of the same images.

    After C. Zhang et al., Understanding deep learning requires rethinking generalization (arXiv 1611.03530), and
    D. Arpit et al., A closer look at memorization in deep networks (arXiv 1706.05394).

    Parameters
    ----------
    n : int
        Training images.
    width : int
        Neurons of the one hidden layer.
    epochs : int
        Most epochs for the shuffled labels; training stops after the first epoch with an accuracy of 99.5 % on them.

    Returns
    -------
    Finding
        Facts for both: the number of epochs; the accuracy on the training labels at the end and on the test samples;
        and the epochs until the accuracy is halfway from chance to its end. Further, the accuracy of always giving the
        same answer.
    """
    true = lab.some_training(n)
    shuffled = Split(true.X, lab.rng(5).permutation(true.y))
    network = Hyperparameters(
        hidden=(width,),
        activation="relu",
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=64,
        epochs=epochs,
    )
    validation = lab.some_test(1000)
    jobs = [lab.job(network, samples, validation=validation, until=LEARNED) for samples in (true, shuffled)]
    trained = lab.train(jobs)
    facts: dict[str, Any] = {"images": len(true.X), "network": trained[0].network.sizes, "chance": lab.chance}
    for name, samples, result in zip(("true", "shuffled"), (true, shuffled), trained, strict=True):
        facts[name] = {
            "epochs": len(result.curves["accuracy"]),
            "train_accuracy": result.network.accuracy(*samples),
            "test_accuracy": result.network.accuracy(*lab.data.test),
            "epochs_to_half": epochs_to_half(result.curves["accuracy"].tolist(), 1 / lab.n_classes),
        }
    return Finding(facts, describe(facts), (partial(draw, facts, trained),))


def epochs_to_half(accuracy: list[float], chance: float) -> float:
    """Return the number of epochs until an accuracy curve, which starts from `chance`, is halfway to its end."""
    half = (chance + accuracy[-1]) / 2
    curve = [chance, *accuracy]
    for epoch, (before, after) in enumerate(pairwise(curve)):
        if after >= half:
            return epoch + (half - before) / max(after - before, 1e-12)
    return float(len(accuracy))


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    true, shuffled = facts["true"], facts["shuffled"]
    memorised = shuffled["train_accuracy"] >= 0.99
    known = true["test_accuracy"] - max(facts["chance"], shuffled["test_accuracy"]) > 0.05
    slower = shuffled["epochs_to_half"] > 1.5 * true["epochs_to_half"]
    text = (
        f"On {facts['images']:,} images with their true labels the network is halfway up after "
        f"{true['epochs_to_half']:.1f} epochs of {true['epochs']}; with the labels shuffled, it takes "
        f"{shuffled['epochs_to_half']:.1f} epochs of {shuffled['epochs']}. In the end it has "
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


@own_settings()
def draw(facts: dict[str, Any], trained: list[Trained]) -> "Figure":
    """Draw training and test accuracy per epoch for both kinds of labels."""
    figure = titled_figure(f"True and shuffled labels of {facts['images']:,} images", 8, 5)
    network = "-".join(map(str, facts["network"]))
    axes = label_axes(figure.subplots(), network, "epoch", "accuracy (% of the images)", percent=True)
    for name, result, color in zip(("true", "shuffled"), trained, COLORS, strict=False):
        curves = result.curves
        epochs = np.arange(1, len(curves["accuracy"]) + 1)
        axes.plot(epochs, 100 * curves["accuracy"], color=color, label=f"{name} labels: training, as it goes")
        test = f"{name} labels: test"
        axes.plot(epochs, 100 * curves["validation_accuracy"], color=color, linestyle="--", label=test)
    axes.axhline(100 * facts["chance"], color="black", linestyle=":", label="always the same answer")
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, loc="center right")
    return figure
