"""Random images, and how sure the network is of what it sees in them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.explore.training import Plan
from fastmlp.network import Network

SURE = (0.5, 0.9)
"""Top outputs above these are counted."""


def noise(lab: Lab, n: int = 10_000, epochs: int = 5) -> Finding:
    """Show random inputs to the network and to others, and count how often the top output is high.

    Parameters
    ----------
    n : int
        Random inputs: every value uniform between the smallest and the largest in the data.
    epochs : int
        Of the other networks: one with Nielsen's initial weights (normal, variance 1), a larger one with sigmoids, and
        one with rectified linear units and softmax.

    Facts: the mean distance of random inputs, and of test samples, to the nearest training sample (a few hundred of
    each); for each network the shares of inputs with a top output above 0.5 and 0.9, how often each class is said, and
    the accuracy on real samples.
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
    return Finding(facts, _text(facts), (_figure(lab, facts, tops, X),))


def _distances(lab: Lab, X: NDArray[Any]) -> dict[str, float]:
    known = lab.values(lab.some_training(1000).X)
    squares = (known**2).sum(axis=1)

    def mean(x: NDArray[np.float64]) -> float:
        apart = (x**2).sum(axis=1)[:, None] + squares - 2 * x @ known.T
        return float(np.sqrt(np.maximum(apart.min(axis=1), 0)).mean())

    return {"random": mean(X[:300].astype(np.float64)), "real": mean(lab.values(lab.some_test(300).X))}


def _name(lab: Lab) -> str:
    return f"{'-'.join(map(str, lab.network.sizes))} {lab.network.activation}" + (" (given)" if lab.given else "")


def _others(lab: Lab, epochs: int) -> dict[str, Network]:
    common: dict[str, Any] = {"epochs": epochs, "seed": lab.seed}
    softmax: dict[str, Any] = {"activation": "relu", "loss": "cross_entropy", "learning_rate": 0.1}
    plans = {
        "30 sigmoid, weights of variance 1": Plan(
            (30,), weight_init="normal", learning_rate=3.0, batch_size=10, **common
        ),
        "100 sigmoid": Plan((100,), **common),
        "128-64 relu, softmax": Plan((128, 64), **softmax, **common),
    }
    trained = lab.train([lab.job(plan) for plan in plans.values()])
    return {name: result.network for name, result in zip(plans, trained, strict=True)}


def _text(facts: dict[str, Any]) -> str:
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
    text += f". The nearest training image is {far:.1f} away from a random one in the mean, {near:.1f} from a real one"
    if far < 1.2 * near:
        return text + ": by that measure these random images are no stranger than the real ones."
    return text + (
        ". Nothing in training ever rewarded doubt so far out: each output answers to a weighted sum, and far away "
        "weighted sums are what they happen to be."
    )


def _figure(lab: Lab, facts: dict[str, Any], tops: dict[str, NDArray[Any]], X: NDArray[Any]) -> Any:
    figure = drawing.figure(f"What networks see in {facts['images']:,} random images", 11, 7)
    grid = figure.add_gridspec(2, 2, width_ratios=(2.6, 1) if lab.data.image_shape else None)
    sure = drawing.label(
        figure.add_subplot(grid[0, 0]),
        "How sure they are",
        "top output (from 0 to 1)",
        "random images with\na higher top output (%)",
        percent=True,
    )
    said = drawing.label(figure.add_subplot(grid[1, 0]), "What they say", "answer", "random images (%)")
    classes = lab.data.classes
    for number, (name, values) in enumerate(tops.items()):
        style = drawing.style(number)
        ordered = np.sort(values)
        every = np.linspace(0, len(ordered) - 1, 300).astype(int)
        sure.plot(ordered[every], 100 * (1 - every / len(ordered)), label=name, color=style["color"])
        counts = np.array([facts["networks"][name]["said"][each] for each in classes])
        width = 0.8 / len(tops)
        places = np.arange(len(classes)) + (number - (len(tops) - 1) / 2) * width
        said.bar(places, 100 * counts / facts["images"], width, color=style["color"], label=name)
    for level in SURE:
        sure.axvline(level, color="black", linewidth=0.8, linestyle=":")
    sure.set_xlim(0, 1.01)
    figure.legend(*sure.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    names = [each if len(each) < 8 else each[:7] + "…" for each in classes]
    said.set_xticks(range(len(classes)), names, parse_math=False, rotation=90 if max(map(len, names)) > 3 else 0)
    if lab.data.image_shape is not None:
        answers = lab.network.predict(X[:9])
        outputs = lab.network.predict_proba(X[:9]).max(axis=1)
        titles = [f"{classes[k]} ({top:.2f})" for k, top in zip(answers, outputs, strict=True)]
        axes = figure.add_subplot(grid[:, 1])
        drawing.tile(axes, X[:9].reshape(-1, *lab.data.image_shape), "Nine of them: answer (top output)", names=titles)
    return figure
