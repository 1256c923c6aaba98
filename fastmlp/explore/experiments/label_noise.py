"""Training with some of the labels wrong, and with all labels renamed in the same way."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Split
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.plots.style import label_axes, line_style, own_settings, titled_figure
from fastmlp.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRACTIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95)


def run(lab: Lab, fractions: Sequence[float] = FRACTIONS, width: int = 100, epochs: int = 4) -> Finding:
    """Train on labels of which a fraction was replaced by random ones, and on labels that were renamed consistently.

    After D. Rolnick et al., Deep learning is robust to massive label noise (arXiv 1705.10694). A random label may be
    the right one by chance, so that a fraction of 0.9 leaves 19 % of the labels right if there are ten classes.

    Parameters
    ----------
    fractions : sequence of float
        Fractions of random labels.
    width : int
        Neurons of the one hidden layer.
    epochs : int

    Returns
    -------
    Finding
        Facts: the test accuracy for each fraction, with the fraction of training labels that are still right; and the
        test accuracy of a network that was trained with every class renamed (0 to 1, 1 to 2, ...), judged by the new
        names.
    """
    samples = lab.some_training()
    n, n_classes, rng = len(samples.y), lab.n_classes, lab.rng(6)
    threshold, labels = rng.random(n), rng.integers(0, n_classes, n)
    noisy = [Split(samples.X, np.where(threshold < fraction, labels, samples.y)) for fraction in fractions]
    swapped = Split(samples.X, (samples.y + 1) % n_classes)
    network = Hyperparameters(
        hidden=(width,),
        activation="relu",
        loss="cross_entropy",
        optimizer="sgd",
        learning_rate=0.05,
        batch_size=128,
        epochs=epochs,
    )
    jobs = [lab.job(network, samples), lab.job(network, swapped), lab.job(network, samples, seed=lab.seed + 1)]
    true, renamed, again, *results = lab.train([*jobs, *(lab.job(network, each) for each in noisy)])
    X, y = lab.data.test
    facts: dict[str, Any] = {
        "training_images": n,
        "network": results[0].network.sizes,
        "chance": lab.chance,
        "shares": list(fractions),
        "right_labels": [float((each.y == samples.y).mean()) for each in noisy],
        "test_accuracy": [result.network.accuracy(X, y) for result in results],
        "swapped_test_accuracy": renamed.network.accuracy(X, (y + 1) % n_classes),
        "true_test_accuracy": true.network.accuracy(X, y),
        "true_test_accuracy_other_seed": again.network.accuracy(X, y),
    }
    return Finding(facts, describe(facts), (partial(draw, facts),))


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    points = list(zip(facts["shares"], facts["right_labels"], facts["test_accuracy"], strict=True))
    half = min(points, key=lambda point: abs(point[0] - 0.6))
    fraction, right, accuracy = points[-1]
    swap = 100 * abs(facts["swapped_test_accuracy"] - facts["true_test_accuracy"])
    seeds = 100 * abs(facts["true_test_accuracy_other_seed"] - facts["true_test_accuracy"])
    clean, chance = facts["true_test_accuracy"], facts["chance"]
    text = (
        f"With {percent(half[0], 0)} of the labels random, {percent(half[2])} of the test images are right; "
        f"with {percent(fraction, 0)}, where {percent(right)} of the labels are true, {percent(accuracy)} are (always "
        f"saying the same gives {percent(chance)}). "
    )
    if clean < chance + 0.05:
        text += "With true labels it is not clearly better than that, so that errors can't cost much here. "
    elif half[2] - chance > 0.8 * (clean - chance):
        text += (
            "Random errors point in all directions and cancel, the true labels all pull in one: what is left over is "
            "enough, as long as images are many and training does not go on until the errors are learned by heart. "
        )
    else:
        text += "Random errors cancel if there are many images; there are too few here, or the training is too long. "
    text += (
        "Labels that are all swapped in the same way give "
        f"{percent(facts['swapped_test_accuracy'])} by the new names against {percent(facts['true_test_accuracy'])} "
        f"(a difference of {swap:.2f} percentage points, another seed makes {seeds:.2f})"
    )
    if swap > max(1, 2 * seeds) or clean < chance + 0.05:
        return text + "."
    return text + ": to the network, labels are names for groups of images, and any names will do."


@own_settings()
def draw(facts: dict[str, Any]) -> "Figure":
    """Draw the test accuracy against the fraction of random labels."""
    figure = titled_figure(f"Learning from wrong labels ({facts['training_images']:,} images)", 8, 5)
    axes = label_axes(
        figure.subplots(),
        "-".join(map(str, facts["network"])),
        "training labels replaced by random ones (%)",
        "images or labels (%)",
        percent=True,
    )
    x: NDArray[Any] = 100 * np.array(facts["shares"])
    axes.plot(x, 100 * np.array(facts["test_accuracy"]), label="test images that are right", **line_style(0))
    style = line_style(1) | {"linestyle": "--"}
    axes.plot(x, 100 * np.array(facts["right_labels"]), label="training labels that are right", **style)
    axes.plot(
        [0],
        [100 * facts["swapped_test_accuracy"]],
        linestyle="",
        **line_style(2) | {"markersize": 9, "fillstyle": "none"},
        label="test images that are right, all labels swapped the same way",
    )
    axes.axhline(100 * facts["chance"], color="black", linestyle=":", label="always the same answer")
    axes.legend(fontsize=8, loc="lower left")
    return figure
