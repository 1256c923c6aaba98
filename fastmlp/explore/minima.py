"""Many trainings of each width: how far apart their test losses end, and what lies between two of them."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, listed
from fastmlp.explore.lab import Lab
from fastmlp.network import Network

WIDTHS = (4, 8, 16, 32, 64)


def minima(
    lab: Lab, widths: Sequence[int] = WIDTHS, seeds: int = 12, n: int = 10_000, epochs: int = 10, points: int = 31
) -> Finding:
    """Train networks of one hidden layer from many seeds, and compare where they end.

    After A. Choromanska et al., The loss surfaces of multilayer networks (arXiv 1412.0233): the larger the network, the
    more alike are the minima that training finds.

    Parameters
    ----------
    widths : sequence of int
        Of the hidden layer.
    seeds : int
        Trainings of each width: other initial weights, another order of the samples.
    n : int
        Training images.
    epochs : int
    points : int
        On the straight line between the minima of the first two seeds, for each width.

    Facts: for each width the test losses, their mean, standard deviation and the ratio of both; the losses along the
    line, and how much higher its highest point is than the higher end.
    """
    samples, test = lab.some_training(n), lab.some_test(10_000)
    plans = [
        dataclasses.replace(lab.lecture, hidden=(width,), epochs=epochs, seed=lab.seed + seed, path=False)
        for width in widths
        for seed in range(seeds)
    ]
    networks = [result.network for result in lab.train([lab.job(plan, samples) for plan in plans])]
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
    return Finding(facts, _text(facts), (_figure(facts),))


def between(a: Network, b: Network, points: int, loss: Any) -> NDArray[np.float64]:
    """Return the loss at `points` on the straight line from the weights of `a` to those of `b`.

    `loss` is a function of a network; a and b have one shape and are not changed.
    """
    there = Network(a.sizes, a.activation, a.loss, seed=None, dtype=a.dtype)
    losses = []
    for t in np.linspace(0, 1, points):
        there.params[:] = (1 - t) * a.params + t * b.params
        losses.append(loss(there))
    return np.array(losses)


def _text(facts: dict[str, Any]) -> str:
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
        + ("." if not high else ". Part of that is that neurons can change places without changing the outputs.")
    )


def _figure(facts: dict[str, Any]) -> Any:
    figure = drawing.figure(f"Minima that {facts['seeds']} seeds find, by the width of the hidden layer", 11, 4.6)
    left, right = figure.subplots(1, 2)
    drawing.label(left, "Where they end", "neurons of the hidden layer", "test loss")
    drawing.label(right, "On the straight line between two", "from one minimum (0) to another (1)", "test loss")
    widths = [int(width) for width in facts["widths"]]
    for number, (width, each) in enumerate(facts["widths"].items()):
        places = int(width) * np.exp(np.linspace(-0.12, 0.12, len(each["losses"])))
        colour = drawing.COLOURS[number % len(drawing.COLOURS)]
        left.plot(places, each["losses"], marker="o", markersize=3, linestyle="", color=colour)
        right.plot(np.linspace(0, 1, len(each["line"])), each["line"], color=colour, label=f"{width} neurons")
    means = np.array([each["mean"] for each in facts["widths"].values()])
    spreads = np.array([each["spread"] for each in facts["widths"].values()])
    left.errorbar(
        np.array(widths) * 1.28,
        means,
        spreads,
        color="black",
        marker="_",
        linestyle="",
        capsize=3,
        label="mean and standard deviation",
    )
    left.plot([], [], marker="o", markersize=3, linestyle="", color="grey", label="a seed")
    left.set_xscale("log")
    left.set_xticks(widths, [str(width) for width in widths])
    left.minorticks_off()
    left.legend(fontsize=8)
    right.legend(fontsize=8)
    return figure
