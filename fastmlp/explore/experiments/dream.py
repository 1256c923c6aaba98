"""Inputs that excite each output most: the images a network would draw if it were asked for a class."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.finding import Finding, listed, percent
from fastmlp.explore.forward import input_gradient, neighbor_correlation
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.images import tile
from fastmlp.plots.style import own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 10
"""Classes for which an image is sought."""


def run(lab: Lab, steps: int = 200) -> Finding:
    """Climb the gradient of each output's weighted sum by the input, from noise, plainly and with smoothing.

    Smoothing blurs the image after every step and fades it towards blank, so that only what the output wants in many
    neighbouring pixels at once remains.

    Returns
    -------
    Finding
        Facts for the plain and for the smoothed images: the output reached for each class, the correlation of
        neighbouring pixels, and the correlation with the mean image of the class. Further, the test accuracy.
    """
    shape, network = lab.image_shape, lab.network
    classes = np.arange(min(MOST, lab.n_classes))
    low, high = lab.value_range
    start = low + (high - low) * lab.rng(3).random((len(classes), network.sizes[0]))
    samples = lab.some_training(10_000)
    X = lab.values(samples.X)
    means = np.array(
        [X[samples.y == k].mean(axis=0) if np.any(samples.y == k) else np.zeros(X.shape[1]) for k in classes]
    )
    images, kinds = {}, {}
    for kind, blur in (("plain", 0.0), ("smoothed", 0.15)):
        images[kind] = excite(network, classes, start, steps, (low, high), shape, blur)
        outputs = network.predict_proba(images[kind])[np.arange(len(classes)), classes]
        likeness = _correlations(images[kind], means)
        kinds[kind] = {
            "output": {lab.data.classes[k]: float(value) for k, value in zip(classes, outputs, strict=True)},
            "mean_output": float(outputs.mean()),
            "neighbours": neighbor_correlation(images[kind].reshape(-1, *shape)),
            "likeness_to_class": float(np.diagonal(likeness).mean()),
            "most_like_own_class": int((likeness.argmax(axis=1) == classes).sum()),
        }
    real = neighbor_correlation(X[:1000].reshape(-1, *shape))
    facts: dict[str, Any] = {"steps": steps, "classes": len(classes), **kinds, "neighbours_of_real_images": real}
    facts |= {"accuracy": network.accuracy(*lab.data.test), "chance": lab.chance}
    return Finding(facts, describe(facts), (partial(draw, lab, images, means, kinds),))


def excite(
    network: Network,
    classes: NDArray[Any],
    start: NDArray[Any],
    steps: int,
    limits: tuple[float, float],
    shape: tuple[int, int],
    blur: float = 0.0,
) -> NDArray[np.float64]:
    """Return, for each class, the image that gradient ascent on its output's weighted sum reaches.

    Parameters
    ----------
    classes : (n,) integers
    start : (n, n_in) floats
        Not changed.
    limits : (low, high)
        Smallest and largest value of a pixel.
    blur : float
        Fraction of each pixel that goes to its four neighbours after every step; with it, images also fade by 2 %.
    """
    x, (low, high) = start.copy(), limits
    for _ in range(steps):
        gradient = input_gradient(network, x, classes)
        x += 0.1 * (high - low) * gradient / np.maximum(np.abs(gradient).max(axis=1, keepdims=True), 1e-300)
        if blur:
            x = low + 0.98 * (_blurred(x.reshape(-1, *shape), blur).reshape(x.shape) - low)
        np.clip(x, low, high, out=x)
    return x


def _blurred(images: NDArray[Any], fraction: float) -> NDArray[Any]:
    """Return images in which this fraction of each pixel has gone to each of its four neighbours."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = padded[:, 2:, 1:-1] + padded[:, :-2, 1:-1] + padded[:, 1:-1, 2:] + padded[:, 1:-1, :-2]
    return np.asarray((1 - 4 * fraction) * images + fraction * around)


def _correlations(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Return the correlation of each row of a with each row of b."""
    a, b = (m - m.mean(axis=1, keepdims=True) for m in (a, b))
    a, b = (m / np.maximum(np.linalg.norm(m, axis=1, keepdims=True), 1e-300) for m in (a, b))
    return np.asarray(a @ b.T)


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    plain, smoothed, n = facts["plain"], facts["smoothed"], facts["classes"]
    sure = sum(v > 0.9 for v in smoothed["output"].values())
    low = [name for name, value in plain["output"].items() if value < 0.5]
    stuck = (
        f"For {listed(low)} the plain climb ends below 0.5: uphill need not lead to the top. "
        if 0 < len(low) < n
        else ""
    )
    text = (
        f"Gradient ascent from noise finds images whose output for the wanted class is {plain['mean_output']:.2f} on "
        f"average. Neighbouring pixels correlate by {plain['neighbours']:.2f}, those of real images "
        f"by {facts['neighbours_of_real_images']:.2f}, and the images correlate with the mean image of their class by "
        f"{plain['likeness_to_class']:.2f}. Smoothed at every step, they reach {smoothed['mean_output']:.2f} "
        f"({sure} of {n} are above 0.9) and correlate by {smoothed['likeness_to_class']:.2f}; "
        f"{smoothed['most_like_own_class']} of {n} are then most like the mean of their own class "
        f"({plain['most_like_own_class']} of {n} without). {stuck}The network classifies "
        f"{percent(facts['accuracy'])} of the real test images correctly"
    )
    if facts["accuracy"] < 2 * facts["chance"] and facts["accuracy"] < 0.9:
        return text + ": it can't tell the classes apart well, let alone draw them."
    if plain["likeness_to_class"] > 0.5:
        return text + ", and the images it asks for are like those it was shown."
    return text + (
        ": it can tell the classes apart, and has no idea how to draw them. Patterns that no real image has are free "
        "to say anything."
    )


@own_settings()
def draw(lab: Lab, images: dict[str, NDArray[Any]], means: NDArray[Any], kinds: dict[str, Any]) -> "Figure":
    """Draw the images of each kind, a column for each class, above the mean images."""
    title = "Where climbing each output from noise leads, and the output there (black: the largest value)"
    figure = titled_figure(title, 11, 4.9)
    rows = figure.subplots(3, 1)
    names = [lab.data.classes[k] for k in range(len(means))]
    for axes, (kind, pictures) in zip(rows, images.items(), strict=False):
        titles = [f"{name} ({kinds[kind]['output'][name]:.2f})" for name in names]
        title = f"{kind}: class (output reached)"
        tile(axes, pictures.reshape(-1, *lab.image_shape), title, len(names), titles)
    tile(rows[2], means.reshape(-1, *lab.image_shape), "mean image of the class", len(names), names)
    return figure
