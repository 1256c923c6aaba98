"""Random images, and how sure networks are of their answers to them."""

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.finding import Finding, percent, shortened
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.images import tile
from fastmlp.plots.style import label_axes, line_style, own_settings, titled_figure
from fastmlp.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SURE = (0.5, 0.9)
"""Inputs whose top output is above these values are counted."""


def run(lab: Lab, n: int = 10_000, epochs: int = 5) -> Finding:
    """Show random inputs to the network and to others, and count how often the top output is high.

    Parameters
    ----------
    n : int
        Random inputs: every value is uniform between the smallest and the largest in the data.
    epochs : int
        Epochs of the other networks: one with Nielsen's initial weights (normal, variance 1), a larger one with
        sigmoids, and one with rectified linear units and softmax.

    Returns
    -------
    Finding
        Facts: the mean distance of random inputs and of test samples to the nearest training sample (a few hundred of
        each); for each network the fractions of inputs with a top output above 0.5 and 0.9, how often each class is
        the answer, and the accuracy on the test samples.
    """
    low, high = lab.value_range
    X = (low + (high - low) * lab.rng(2).random((n, lab.data.train.X.shape[1]), np.float32)).astype(np.float32)
    networks = {_name(lab): lab.network} | _others(lab, epochs)
    facts: dict[str, Any] = {"images": n, "distance_to_nearest": _distances(lab, X), "networks": {}}
    tops: dict[str, NDArray[Any]] = {}
    for name, network in networks.items():
        outputs = network.predict_proba(X)
        tops[name], said = outputs.max(axis=1), outputs.argmax(axis=1)
        counts = np.bincount(said, minlength=lab.n_classes)
        facts["networks"][name] = {
            "above_0.5": float((tops[name] > SURE[0]).mean()),
            "above_0.9": float((tops[name] > SURE[1]).mean()),
            "said": {each: int(count) for each, count in zip(network.classes, counts, strict=True)},
            "most_said": network.classes[int(counts.argmax())],
            "most_said_share": float(counts.max() / n),
            "accuracy": network.accuracy(*lab.data.test),
        }
    return Finding(facts, describe(facts), (partial(draw, lab, facts, tops, X),))


def _distances(lab: Lab, X: NDArray[Any]) -> dict[str, float]:
    """Return the mean distance to the nearest training sample, of random inputs and of test samples."""
    known = lab.values(lab.some_training(1000).X)
    squares = (known**2).sum(axis=1)

    def mean(x: NDArray[np.float64]) -> float:
        apart = (x**2).sum(axis=1)[:, None] + squares - 2 * x @ known.T
        return float(np.sqrt(np.maximum(apart.min(axis=1), 0)).mean())

    return {"random": mean(X[:300].astype(np.float64)), "real": mean(lab.values(lab.some_test(300).X))}


def _name(lab: Lab) -> str:
    """Return the name of the network that is looked at."""
    return f"{'-'.join(map(str, lab.network.sizes))} {lab.network.activation}" + (" (given)" if lab.given else "")


def _others(lab: Lab, epochs: int) -> dict[str, Network]:
    """Train the other networks and return them by name."""
    sigmoid = Hyperparameters(
        hidden=(100,),
        activation="sigmoid",
        loss="squared_error",
        optimizer="sgd",
        learning_rate=1.0,
        batch_size=32,
        epochs=epochs,
    )
    change = dataclasses.replace
    kinds = {
        "30 sigmoid, weights of variance 1": change(
            sigmoid, hidden=(30,), weight_init="normal", learning_rate=3.0, batch_size=10
        ),
        "100 sigmoid": sigmoid,
        "128-64 relu, softmax": change(
            sigmoid, hidden=(128, 64), activation="relu", loss="cross_entropy", learning_rate=0.1
        ),
    }
    trained = lab.train([lab.job(each) for each in kinds.values()])
    return {name: result.network for name, result in zip(kinds, trained, strict=True)}


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    (name, first), *others = facts["networks"].items()
    text = (
        f"Of {facts['images']:,} random images, {percent(first['above_0.5'])} make the network {name} give some "
        f"output above 0.5, and {percent(first['above_0.9'])} above 0.9; most often it says {first['most_said']} "
        f"({percent(first['most_said_share'])}), and {percent(first['accuracy'])} of the real test images are right. "
    )
    text += "For others it is " + ", ".join(
        f"{percent(each['above_0.5'])} and {percent(each['above_0.9'])} ({other})" for other, each in others
    )
    far, near = facts["distance_to_nearest"]["random"], facts["distance_to_nearest"]["real"]
    text += (
        f". The mean distance to the nearest training image is {far:.1f} for a random image, {near:.1f} for a real one"
    )
    if far < 1.2 * near:
        return text + ": by that measure these random images are no stranger than the real ones."
    return text + (
        ". Nothing in training ever rewarded doubt so far out: each output answers to a weighted sum, and far away "
        "weighted sums are what they happen to be."
    )


@own_settings()
def draw(lab: Lab, facts: dict[str, Any], tops: dict[str, NDArray[Any]], X: NDArray[Any]) -> "Figure":
    """Draw how sure the networks are, their answers, and nine of the random images if the data are images."""
    figure = titled_figure(f"What networks see in {facts['images']:,} random images", 11, 7)
    grid = figure.add_gridspec(2, 2, width_ratios=(2.6, 1) if lab.data.image_shape else None)
    sure = label_axes(
        figure.add_subplot(grid[0, 0]),
        "How sure they are",
        "top output (from 0 to 1)",
        "random images with\na higher top output (%)",
        percent=True,
    )
    said = label_axes(figure.add_subplot(grid[1, 0]), "What they say", "answer", "random images (%)")
    _draw_certainty(sure, tops)
    _draw_answers(said, facts, lab.data.classes)
    figure.legend(*sure.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    if lab.data.image_shape is not None:
        answers = lab.network.predict(X[:9])
        outputs = lab.network.predict_proba(X[:9]).max(axis=1)
        names = [f"{lab.data.classes[k]} ({top:.2f})" for k, top in zip(answers, outputs, strict=True)]
        images = X[:9].reshape(-1, *lab.data.image_shape)
        tile(figure.add_subplot(grid[:, 1]), images, "Nine of them: answer (top output)", names=names)
    return figure


def _draw_certainty(axes: "Axes", tops: dict[str, NDArray[Any]]) -> None:
    """Draw, for each network, the fraction of inputs with a higher top output."""
    for number, (name, values) in enumerate(tops.items()):
        ordered = np.sort(values)
        every = np.linspace(0, len(ordered) - 1, 300).astype(int)
        axes.plot(ordered[every], 100 * (1 - every / len(ordered)), label=name, color=line_style(number)["color"])
    for level in SURE:
        axes.axvline(level, color="black", linewidth=0.8, linestyle=":")
    axes.set_xlim(0, 1.01)


def _draw_answers(axes: "Axes", facts: dict[str, Any], classes: tuple[str, ...]) -> None:
    """Draw, for each class, a bar for each network: how often the class is the answer."""
    networks = facts["networks"]
    width = 0.8 / len(networks)
    for number, (name, each) in enumerate(networks.items()):
        counts = np.array([each["said"][answer] for answer in classes])
        places = np.arange(len(classes)) + (number - (len(networks) - 1) / 2) * width
        axes.bar(places, 100 * counts / facts["images"], width, color=line_style(number)["color"], label=name)
    names = shortened(classes, 7)
    axes.set_xticks(range(len(classes)), names, parse_math=False, rotation=90 if max(map(len, names)) > 3 else 0)
