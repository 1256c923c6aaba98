"""One more output for images of none of the classes: trained on noise and scrambled images, tested on other kinds."""

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Split
from fastmlp.explore.finding import Finding, listed, percent
from fastmlp.explore.forward import shuffled_pixels
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.images import tile
from fastmlp.plots.style import BLUE, ORANGE, label_axes, own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRAINED_ON = ("noise", "shuffled pixels", "scrambled patches")
NEW = ("stripes", "two at once", "negatives")
REAL = "real images"
SURE = 0.9
"""A kind of image is learned if the network refuses this fraction of it."""


def run(lab: Lab, fraction: float = 0.25, n_test: int = 2_000, epochs: int = 15) -> Finding:
    """Train a network with one more output, for images that show none of the classes.

    Parameters
    ----------
    fraction : float
        Number of such images in training, as a fraction of the real ones: noise (every value uniform), real images
        with their pixels shuffled, and real images cut into 4x4 patches that change places.
    n_test : int
        Test images of each kind: those three, and three that are not in training: stripes, two test images in one, and
        negatives.
    epochs : int
        Epochs of this network, and of one of the same size without the output for comparison.

    Returns
    -------
    Finding
        Facts: for each kind the fraction that is refused (answered with the new output); for the network without the
        output, the fraction with a top output below 0.5, on real test images too; the test accuracy of both networks;
        and the fraction of real test images that is refused.
    """
    shape, n_classes, samples = lab.image_shape, lab.n_classes, lab.some_training()
    rng = lab.rng(7)
    n_each = max(1, int(fraction * len(samples.X) / len(TRAINED_ON)))
    extra = [make(kind, samples.X, n_each, shape, lab.value_range, rng) for kind in TRAINED_ON]
    X = np.concatenate([samples.X, *extra])
    y = np.concatenate([samples.y, np.full(len(X) - len(samples.X), n_classes)])
    network = dataclasses.replace(lab.lecture, hidden=(32, 16), epochs=epochs)
    jobs = [lab.job(network), lab.job(network, Split(X, y), classes=(*lab.data.classes, "none"))]
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
    return Finding(facts, describe(facts), (partial(draw, lab, facts, images, wary),))


def make(
    kind: str,
    X: NDArray[Any],
    n: int,
    shape: tuple[int, int],
    limits: tuple[float, float],
    rng: np.random.Generator,
) -> NDArray[Any]:
    """Return `n` images of a kind that is none of the classes.

    Parameters
    ----------
    kind : one of TRAINED_ON or NEW
    X : (n_images, n_in)
        Real images.
    limits : (low, high)
        Smallest and largest value as the network sees it: 0 and 1 for bytes.

    Returns
    -------
    (n, n_in), same dtype as X
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
    """Cut each image into cuts x cuts patches and put them together in another order; what is left over stays."""
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
    """Return the fraction of samples without an output of 0.5 or more."""
    return float((network.predict_proba(X).max(axis=1) < 0.5).mean())


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""

    def fractions(kinds: tuple[str, ...]) -> str:
        return listed([f"{percent(facts['refused'][kind])} ({kind})" for kind in kinds])

    lost = 100 * (facts["accuracy_without_the_output"] - facts["accuracy"])
    cost = f"{abs(lost):.2f} percentage points {'less' if lost > 0 else 'more'} than" if abs(lost) >= 0.005 else "as"
    refused = facts["refused"]
    worst, least = (min(kinds, key=refused.__getitem__) for kinds in (TRAINED_ON, NEW))
    text = (
        f"With one more output and {facts['images_of_none_in_training']:,} images of none of the classes in training, "
        f"the network refuses {fractions(TRAINED_ON)} of new images of these kinds. It has "
        f"{percent(facts['accuracy'], 2)} of the real test images right, {cost} without the output, and refuses "
        f"{percent(facts['real_images_refused'], 2)} of them. Of kinds that it never saw it refuses {fractions(NEW)}"
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
        f". Without the output, a network of the same size has no output above 0.5 for "
        f"{percent(facts['unsure_without_the_output']['noise'])} of the noise and "
        f"{percent(facts['unsure_without_the_output'][REAL])} of the real images."
    )


@own_settings()
def draw(lab: Lab, facts: dict[str, Any], images: dict[str, NDArray[Any]], wary: Network) -> "Figure":
    """Draw the fraction of each kind that is refused, and two images of each kind with the answer."""
    figure = titled_figure("An output for none of these", 11, 6.4)
    grid = figure.add_gridspec(2, 1, height_ratios=(1.5, 1))
    _draw_refused(figure.add_subplot(grid[0]), facts)
    pictures = np.concatenate([each[:2] for each in images.values()])
    names = [wary.classes[k] for k in wary.predict(pictures)]
    pictures = pictures.reshape(-1, *lab.image_shape)
    tiles = tile(figure.add_subplot(grid[1]), pictures, "Two of each kind, and the answer", len(pictures), names)
    tiles.axes.set_anchor("C")
    return figure


def _draw_refused(axes: "Axes", facts: dict[str, Any]) -> None:
    """Draw two bars for each kind: refused by the new output, and unsure without it."""
    title = f"in training: {listed(TRAINED_ON)}; new: {listed(NEW)}"
    label_axes(axes, title, "kind of image", "images (%)", percent=True)
    refused = facts["refused"] | {REAL: facts["real_images_refused"]}
    unsure = facts["unsure_without_the_output"]
    for values, shift, color, label in (
        (refused, -0.2, BLUE, "refused by the new output"),
        (unsure, 0.2, ORANGE, "without it: no output above 0.5"),
    ):
        heights = [100 * values[kind] for kind in refused]
        bars = axes.bar(np.arange(len(heights)) + shift, heights, 0.4, color=color, label=label)
        axes.bar_label(bars, fmt="%.1f", fontsize=8)
    axes.set_ylim(0, 125)  # room for the legend
    axes.set_yticks(range(0, 101, 20))
    axes.set_xticks(range(len(refused)), list(refused))
    axes.legend(fontsize=8, loc="upper center", ncols=2)
