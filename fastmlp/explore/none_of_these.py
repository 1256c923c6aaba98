"""One more output for what is none of the classes: trained on noise and scrambles, tried on what it never saw."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.data import Split
from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, listed, percent
from fastmlp.explore.inside import shuffled_pixels
from fastmlp.explore.lab import Lab
from fastmlp.network import Network

TRAINED_ON = ("noise", "shuffled pixels", "scrambled patches")
NEW = ("stripes", "two at once", "negatives")
REAL = "real images"
SURE = 0.9
"""Refusing this share of a kind is having learned it."""


def none_of_these(lab: Lab, share: float = 0.25, n_test: int = 2_000, epochs: int = 15) -> Finding:
    """Train a network with one more output, for images that show none of the classes.

    Parameters
    ----------
    share : float
        Of such images in training, as a share of the real ones: noise (every value uniform), real images with their
        pixels shuffled, and real images cut into 4x4 patches that change places.
    n_test : int
        Test images of each kind: those three, and three that training had not: stripes, two test images in one, and
        negatives.
    epochs : int
        Of this network, and of one as large without the output for comparison.

    Facts: for each kind the share that is refused (answered with the new output), and for the network without it the
    share with a top output below 0.5, on real test images too; the accuracy on real test images of both, and the share
    of these that is refused.
    """
    shape, n_classes, samples = lab.image_shape, lab.n_classes, lab.some_training()
    rng = lab.rng(7)
    n_each = max(1, int(share * len(samples.X) / len(TRAINED_ON)))
    extra = [make(kind, samples.X, n_each, shape, lab.value_range, rng) for kind in TRAINED_ON]
    X = np.concatenate([samples.X, *extra])
    y = np.concatenate([samples.y, np.full(len(X) - len(samples.X), n_classes)])
    plan = dataclasses.replace(lab.lecture, hidden=(32, 16), epochs=epochs, path=False)
    jobs = [lab.job(plan), lab.job(plan, Split(X, y), n_classes=n_classes + 1)]
    plain, wary = (result.network for result in lab.train(jobs))
    test = lab.data.test
    images = {kind: make(kind, test.X, n_test, shape, lab.value_range, rng) for kind in (*TRAINED_ON, *NEW)}
    said = wary.predict(test.X)
    facts: dict[str, Any] = {
        "network": wary.sizes,
        "images_of_none_in_training": len(X) - len(samples.X),
        "refused": {kind: float((wary.predict(X) == n_classes).mean()) for kind, X in images.items()},
        "unsure_without_the_output": {kind: _unsure(plain, X) for kind, X in (images | {REAL: test.X}).items()},
        "accuracy": float((said == test.y).mean()),
        "accuracy_without_the_output": plain.accuracy(*test),
        "real_images_refused": float((said == n_classes).mean()),
    }
    return Finding(facts, _text(facts), (_figure(lab, facts, images, wary),))


def make(
    kind: str,
    X: NDArray[Any],
    n: int,
    shape: tuple[int, int],
    limits: tuple[float, float],
    rng: np.random.Generator,
) -> NDArray[Any]:
    """Return `n` images (n, n_in) of a kind that is none of the classes, as rows of X are.

    Parameters
    ----------
    kind : one of TRAINED_ON or NEW
    X : (n_images, n_in)
        Real images.
    limits : (low, high)
        Of a value as the network sees it: 0 and 1 for bytes.
    """
    scale = 255 if X.dtype == np.uint8 else 1
    low, high = limits[0] * scale, limits[1] * scale
    real = X[rng.integers(0, len(X), n)].reshape(n, *shape)
    if kind == "noise":
        made = low + (high - low) * rng.random((n, *shape))
    elif kind == "shuffled pixels":
        made = shuffled_pixels(real, rng)
    elif kind == "scrambled patches":
        made = _scrambled(real, rng)
    elif kind == "stripes":
        made = _stripes(n, shape, rng) * (high - low) + low
    elif kind == "two at once":
        made = np.maximum(real, X[rng.integers(0, len(X), n)].reshape(n, *shape))
    else:
        made = high - real.astype(np.float64) + low
    return np.asarray(made.reshape(n, -1).astype(X.dtype))


def _scrambled(images: NDArray[Any], rng: np.random.Generator, cuts: int = 4) -> NDArray[Any]:
    """Cut each image into cuts x cuts patches, and put them together in another order; what is left over stays."""
    n, height, width = images.shape
    high, wide = height // cuts, width // cuts
    made = images.copy()
    if high == 0 or wide == 0:
        return shuffled_pixels(images, rng)
    inner = images[:, : high * cuts, : wide * cuts].reshape(n, cuts, high, cuts, wide).swapaxes(2, 3)
    patches = inner.reshape(n, cuts * cuts, high, wide)
    order = rng.permuted(np.tile(np.arange(cuts * cuts), (n, 1)), axis=1)
    moved = patches[np.arange(n)[:, None], order].reshape(n, cuts, cuts, high, wide)
    made[:, : high * cuts, : wide * cuts] = moved.swapaxes(2, 3).reshape(n, high * cuts, wide * cuts)
    return made


def _stripes(n: int, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[Any]:
    """Return waves of random direction, length and phase, from 0 to 1."""
    down, across = np.mgrid[: shape[0], : shape[1]]
    angle, phase = rng.uniform(0, np.pi, (n, 1, 1)), rng.uniform(0, 2 * np.pi, (n, 1, 1))
    length = rng.uniform(4, 14, (n, 1, 1))
    return np.asarray(0.5 + 0.5 * np.sin(2 * np.pi / length * (np.cos(angle) * across + np.sin(angle) * down) + phase))


def _unsure(network: Network, X: NDArray[Any]) -> float:
    return float((network.predict_proba(X).max(axis=1) < 0.5).mean())


def _text(facts: dict[str, Any]) -> str:
    def shares(kinds: tuple[str, ...]) -> str:
        return listed([f"{percent(facts['refused'][kind])} ({kind})" for kind in kinds])

    lost = 100 * (facts["accuracy_without_the_output"] - facts["accuracy"])
    cost = f"{abs(lost):.2f} percentage points {'less' if lost > 0 else 'more'} than" if abs(lost) >= 0.005 else "as"
    refused = facts["refused"]
    worst, least = (min(kinds, key=refused.__getitem__) for kinds in (TRAINED_ON, NEW))
    text = (
        f"With one more output and {facts['images_of_none_in_training']:,} images of none of the classes in training, "
        f"the network refuses {shares(TRAINED_ON)} of new images of these kinds. It has "
        f"{percent(facts['accuracy'], 2)} of the real test images right, {cost} without the output, and refuses "
        f"{percent(facts['real_images_refused'], 2)} of them. Of kinds that it never saw it refuses {shares(NEW)}"
    )
    if facts["real_images_refused"] > 1 - SURE:
        text += ". It has not learned to tell real images from those it was to refuse"
    elif refused[worst] < SURE:
        text += f". It has not learned to tell {worst} from the classes, though it was trained on them"
    elif refused[least] < SURE:
        text += ": one more class is learned like the others, from its examples, and can't be counted on for others"
    else:
        text += ": here the examples were enough for kinds that are unlike them"
    if refused[least] < SURE:
        text += f"; of {least} it lets {percent(1 - refused[least])} pass as one of the classes"
    return text + (
        f". Without the output, a network as large has no output above 0.5 for "
        f"{percent(facts['unsure_without_the_output']['noise'])} of the noise and "
        f"{percent(facts['unsure_without_the_output'][REAL])} of the real images."
    )


def _figure(lab: Lab, facts: dict[str, Any], images: dict[str, NDArray[Any]], wary: Network) -> Any:
    figure = drawing.figure("An output for none of these", 11, 6.4)
    grid = figure.add_gridspec(2, 1, height_ratios=(1.5, 1))
    axes = drawing.label(
        figure.add_subplot(grid[0]),
        f"in training: {listed(TRAINED_ON)}; new: {listed(NEW)}",
        "kind of image",
        "images (%)",
        percent=True,
    )
    kinds = [*images, REAL]
    refused = facts["refused"] | {REAL: facts["real_images_refused"]}
    values = [100 * refused[kind] for kind in kinds]
    bars = axes.bar(np.arange(len(values)) - 0.2, values, 0.4, color=drawing.BLUE, label="refused by the new output")
    axes.bar_label(bars, fmt="%.1f", fontsize=8)
    unsure = [100 * facts["unsure_without_the_output"][kind] for kind in kinds]
    bars = axes.bar(
        np.arange(len(unsure)) + 0.2, unsure, 0.4, color=drawing.ORANGE, label="without it: no output above 0.5"
    )
    axes.bar_label(bars, fmt="%.1f", fontsize=8)
    axes.set_ylim(0, 125)  # room for the legend
    axes.set_yticks(range(0, 101, 20))
    axes.set_xticks(range(len(values)), kinds)
    axes.legend(fontsize=8, loc="upper center", ncols=2)
    names = (*lab.data.classes, "none")
    pictures = np.concatenate([each[:2] for each in images.values()])
    titles = [names[k] for k in wary.predict(pictures)]
    tiles = drawing.tile(
        figure.add_subplot(grid[1]),
        pictures.reshape(-1, *lab.image_shape),
        "Two of each kind, and the answer",
        len(pictures),
        titles,
    )
    tiles.axes.set_anchor("C")
    return figure
