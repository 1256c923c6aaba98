"""Many trainings of several widths: how far apart their test losses end, and the loss between two of them."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore.finding import Finding, listed
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.style import COLORS, label_axes, own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTHS = (4, 8, 16, 32, 64)


def run(
    lab: Lab, widths: Sequence[int] = WIDTHS, seeds: int = 12, n: int = 10_000, epochs: int = 10, points: int = 31
) -> Finding:
    """Train networks with one hidden layer from many seeds, and compare their test losses.

    After A. Choromanska et al., The loss surfaces of multilayer networks (arXiv 1412.0233): the larger the network, the
    more alike are the minima that training finds.

    Parameters
    ----------
    widths : sequence of int
        Neurons of the hidden layer.
    seeds : int
        Trainings of each width, which differ in initial weights and in the order of the samples.
    n : int
        Training images.
    epochs : int
    points : int
        Points on the straight line between the minima of the first two seeds, for each width.

    Returns
    -------
    Finding
        Facts for each width: the test losses, their mean, standard deviation and the ratio of both; the losses along
        the line, and how much higher its highest point is than the higher end.
    """
    samples, test = lab.some_training(n), lab.some_test(10_000)
    jobs = [
        lab.job(dataclasses.replace(lab.lecture, hidden=(width,), epochs=epochs), samples, seed=lab.seed + seed)
        for width in widths
        for seed in range(seeds)
    ]
    networks = [result.network for result in lab.train(jobs)]
    losses = np.array(lab.map(lambda network: network.evaluate(*test).loss, networks)).reshape(-1, seeds)
    pairs = [(networks[i * seeds], networks[i * seeds + 1]) for i in range(len(widths))]
    lines = [between(a, b, points, lambda network: network.evaluate(*lab.some_test(2000)).loss) for a, b in pairs]
    facts: dict[str, Any] = {"images": len(samples.X), "seeds": seeds, "widths": {}}
    for width, each, line in zip(widths, losses, lines, strict=True):
        facts["widths"][str(width)] = {
            "mean": float(each.mean()),
            "spread": float(each.std(ddof=1)),
            "relative_spread": float(each.std(ddof=1) / each.mean()),
            "losses": each.tolist(),
            "line": line.tolist(),
            "barrier": float(line.max() - max(line[0], line[-1])),
        }
    return Finding(facts, describe(facts), (partial(draw, facts),))


def between(a: Network, b: Network, points: int, loss: Callable[[Network], float]) -> NDArray[np.float64]:
    """Return the loss at `points` on the straight line from the weights of `a` to those of `b`.

    Parameters
    ----------
    a, b : Network
        Of the same sizes, activation and loss; not changed.
    """
    there = Network(a.sizes, a.activation, a.loss, seed=None, dtype=a.dtype)
    losses = []
    for t in np.linspace(0, 1, points):
        there.params[:] = (1 - t) * a.params + t * b.params
        losses.append(loss(there))
    return np.array(losses)


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    widths = list(facts["widths"].items())
    (narrow, first), (wide, last) = widths[0], widths[-1]
    narrower = last["spread"] < 0.8 * first["spread"]
    calm = narrower and last["relative_spread"] < 0.1
    ratio = first["spread"] / max(last["spread"], 1e-300)
    barriers = [each["barrier"] for _, each in widths]
    high = [width for width, each in widths if each["barrier"] > 0.1 * each["mean"]]
    return (
        f"{facts['seeds']} trainings of each width on {facts['images']:,} images. With {narrow} hidden neurons the "
        f"test losses end at {first['mean']:.4f}, with a standard deviation of {first['spread']:.4f} from seed to "
        f"seed; with {wide}, at {last['mean']:.4f} with {last['spread']:.4f}: the spread "
        + (f"shrinks {ratio:.1f} times" if narrower else "does not shrink clearly")
        + f" (relative to the mean, from {100 * first['relative_spread']:.1f} to {100 * last['relative_spread']:.1f} "
        "%). "
        + ("So it matters little into which valley the ball rolls, if the network is wide. " if calm else "")
        + f"On the straight line between two of them the loss rises by up to {max(barriers):.3f}"
        + (f", clearly for a width of {listed(high)}: they are different valleys" if high else ": no wall between them")
        + ("." if not high else ". One reason is that neurons can change places without changing the outputs.")
    )


@own_settings()
def draw(facts: dict[str, Any]) -> "Figure":
    """Draw the test losses of each width, and the losses on the lines."""
    figure = titled_figure(f"Minima that {facts['seeds']} seeds find, by the width of the hidden layer", 11, 4.6)
    left, right = figure.subplots(1, 2)
    label_axes(left, "Where they end", "neurons of the hidden layer", "test loss")
    label_axes(right, "On the straight line between two", "from one minimum (0) to another (1)", "test loss")
    for number, (width, each) in enumerate(facts["widths"].items()):
        places = int(width) * np.exp(np.linspace(-0.12, 0.12, len(each["losses"])))
        color = COLORS[number % len(COLORS)]
        left.plot(places, each["losses"], marker="o", markersize=3, linestyle="", color=color)
        right.plot(np.linspace(0, 1, len(each["line"])), each["line"], color=color, label=f"{width} neurons")
    _draw_means(left, facts)
    left.legend(fontsize=8)
    right.legend(fontsize=8)
    return figure


def _draw_means(axes: "Axes", facts: dict[str, Any]) -> None:
    """Draw mean and standard deviation beside the losses of each width."""
    widths = [int(width) for width in facts["widths"]]
    axes.errorbar(
        np.array(widths) * 1.28,
        [each["mean"] for each in facts["widths"].values()],
        [each["spread"] for each in facts["widths"].values()],
        color="black",
        marker="_",
        linestyle="",
        capsize=3,
        label="mean and standard deviation",
    )
    axes.plot([], [], marker="o", markersize=3, linestyle="", color="grey", label="a seed")
    axes.set_xscale("log")
    axes.set_xticks(widths, [str(width) for width in widths])
    axes.minorticks_off()
