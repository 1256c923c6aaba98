"""The cost on a plane through weight space around the trained network, with the path of its training."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Split
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.network.network import Network
from fastmlp.plots.style import ORANGE, own_settings, titled_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
Extents = tuple[tuple[float, float], tuple[float, float]]
FLOP = 1e11
"""Most work for the whole figure: the cost of large networks is computed on fewer samples."""


def run(lab: Lab, points: int = 33, n: int = 5_000) -> Finding:
    """Draw the cost on a plane through the trained weights.

    If the path of the training is known, the plane is the one that holds most of it (the first two principal
    components, as in [1]_). The path is drawn as its projection, each dot in the color of its own cost. For a network
    that was given, the plane has two random directions in which the components of each neuron are as long as its
    weights (the filter normalization of [1]_).

    Parameters
    ----------
    points : int
        Points along each side of the plane.
    n : int
        Most training samples that the cost is averaged over.

    Returns
    -------
    Finding
        Facts: the cost at the network, and the lowest and highest cost on the plane with its number of local minima; if
        the path is known, its length, the cost at its start and under it on the plane, the fraction of it that the
        plane holds, and the fraction of the loss that was lost in the first epoch.

    References
    ----------
    .. [1] H. Li et al., Visualizing the loss landscape of neural nets, arXiv 1712.09913.
    """
    network = lab.network
    n = max(50, min(n, int(FLOP / (2 * network.n_params * points**2))))
    samples = lab.some_training(n)
    center = network.params.astype(np.float64)
    path = _path(lab)
    if path is not None:
        directions, held = principal_directions(path - center)
        along = (path - center) @ directions.T
    else:
        directions, held, along = random_directions(network, lab.rng(4)), None, np.zeros((1, 2))
    loss_at = _loss_at(network, samples)
    grids, losses = plane(loss_at, center, directions, _extents(along), points, lab.map)
    at_path = lab.map(loss_at, path) if path is not None else [loss_at(center)]
    facts: dict[str, Any] = {
        "samples": len(samples.X),
        "points": points,
        "plane": "most of the training's path" if path is not None else "two random directions",
        "share_of_path_in_plane": held,
        "loss_at_network": float(loss_at(center)),
        "lowest_on_plane": float(losses.min()),
        "highest_on_plane": float(losses.max()),
        "length_of_weights": float(np.linalg.norm(center)),
        "local_minima_on_plane": local_minima(losses),
        **_path_facts(path, center, at_path, float(loss_at(center + along[0] @ directions))),
    }
    return Finding(facts, describe(facts), (partial(draw, grids, losses, along, at_path, facts["plane"]),))


def _path(lab: Lab) -> Floats | None:
    """Return the path (n_epochs + 1, n_params) of the training, or None if it is unknown or has no plane."""
    if lab.trained is None or len(lab.trained.path) <= 2:
        return None
    return lab.trained.path.astype(np.float64)


def _loss_at(network: Network, samples: Split) -> Callable[[Floats], float]:
    """Return a function that computes the loss of a network like this one with other parameters (n_params,)."""

    def loss_at(params: Floats) -> float:
        there = Network(network.sizes, network.activation, network.loss, seed=None, dtype=network.dtype)
        there.params[:] = params
        return there.evaluate(*samples).loss

    return loss_at


def _path_facts(path: Floats | None, end: Floats, losses: list[float], loss_under_start: float) -> dict[str, Any]:
    """Return the facts about a path, all None if there is none; `losses` are those of its points."""
    if path is None:
        names = ("loss_at_start", "loss_under_start", "distance_from_start", "length_of_path")
        return dict.fromkeys((*names, "share_of_loss_lost_in_first_epoch"))
    return {
        "loss_at_start": float(losses[0]),
        "loss_under_start": loss_under_start,
        "distance_from_start": float(np.linalg.norm(path[0] - end)),
        "length_of_path": float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()),
        "share_of_loss_lost_in_first_epoch": (losses[0] - losses[1]) / max(losses[0] - losses[-1], 1e-300),
    }


def plane(
    loss_at: Callable[[Floats], float],
    center: Floats,
    directions: Floats,
    extents: Extents,
    points: int,
    map_: Callable[..., Any] = map,
) -> tuple[tuple[Floats, Floats], Floats]:
    """Compute a loss on a plane, at center + a * directions[0] + b * directions[1].

    Parameters
    ----------
    loss_at : function of (n_params,), float
    center : (n_params,)
    directions : (2, n_params)
    extents : ((lowest a, highest a), (lowest b, highest b))
    points : int
        Points along each side.
    map_ : function
        Used as the built-in `map`; another one can compute many points at once.

    Returns
    -------
    (a, b) : each (points,)
    losses : (points, points)
        A row for each b, a column for each a.
    """
    a, b = (np.linspace(*extent, points) for extent in extents)
    places = [(x, y) for y in b for x in a]
    losses = map_(lambda place: loss_at(center + place[0] * directions[0] + place[1] * directions[1]), places)
    return (a, b), np.array(list(losses)).reshape(points, points)


def principal_directions(path: Floats) -> tuple[Floats, float]:
    """Return the two unit vectors (2, n_params) that hold most of `path` (n, n_params), and the fraction they hold."""
    _, sizes, directions = np.linalg.svd(path, full_matrices=False)
    return directions[:2], float((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-300))


def random_directions(network: Network, rng: np.random.Generator) -> Floats:
    """Return two random directions (2, n_params) whose components for a neuron are as long as its weights and bias."""
    directions = []
    for _ in range(2):
        direction = Network(network.sizes, seed=None, dtype="float64")
        layers = zip(network.weights, network.biases, direction.weights, direction.biases, strict=True)
        for W, b, to_W, to_b in layers:
            neurons = np.vstack([W, b])
            values = rng.standard_normal(neurons.shape)
            values *= np.linalg.norm(neurons, axis=0) / np.linalg.norm(values, axis=0)
            to_W[:], to_b[:] = values[:-1], values[-1]
        directions.append(direction.params)
    return np.array(directions)


def local_minima(losses: Floats) -> int:
    """Count the points inside of the rim that are lower than their eight neighbours."""
    inner = losses[1:-1, 1:-1]
    height, width = losses.shape
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    lower = [inner < losses[i : height - 2 + i, j : width - 2 + j] for i, j in shifts]
    return int(np.all(lower, axis=0).sum())


def _extents(along: Floats) -> Extents:
    """Return the extents of a square around the path with a margin; from -1 to 1 without a path."""
    low, high = along.min(axis=0), along.max(axis=0)
    half = 0.65 * float((high - low).max()) or 1.0
    middle = (low + high) / 2
    (a, b), (c, d) = (middle - half).tolist(), (middle + half).tolist()
    return (a, c), (b, d)


def describe(facts: dict[str, Any]) -> str:
    """Return the paragraph about the facts."""
    count = facts["local_minima_on_plane"]
    valleys = "one local minimum" if count == 1 else f"{count or 'no'} local minima"
    text = f"The cost over {facts['samples']:,} training images at {facts['points'] ** 2:,} points of a plane. "
    if facts["share_of_path_in_plane"] is None:
        text += (
            "A model file does not hold its training's path, so the plane has two random directions, in which 1 is "
            f"as far as the weights are long. At the network the cost is {facts['loss_at_network']:.4f}, the lowest "
            f"of the plane is {facts['lowest_on_plane']:.4f} and the highest {facts['highest_on_plane']:.3f}"
        )
    else:
        text += (
            f"It holds {percent(facts['share_of_path_in_plane'])} of the training's path (its squared distance from "
            f"the end); the rest is beside it, so the dots are projections, each in the colour of its own cost. The "
            f"ball starts at {facts['loss_at_start']:.3f} (the plane has {facts['loss_under_start']:.3f} under it) and "
            f"ends at {facts['loss_at_network']:.4f}"
        )
        if facts["loss_at_network"] < facts["loss_at_start"]:
            text += f", {percent(facts['share_of_loss_lost_in_first_epoch'])} of the way down in the first epoch"
        text += (
            f". It rolls a distance of {facts['length_of_path']:.1f} to a place {facts['distance_from_start']:.1f} "
            f"away (its weights and biases are {facts['length_of_weights']:.1f} long); the lowest of the plane is "
            f"{facts['lowest_on_plane']:.4f}"
        )
    return text + (
        f", and the plane has {valleys} at this resolution. Nobody knows the cost at every place: a plane is two "
        "directions out of as many as there are weights, each point of it a pass over the images."
    )


@own_settings()
def draw(grids: tuple[Floats, Floats], losses: Floats, along: Floats, at_path: list[float], plane: str) -> "Figure":
    """Draw the plane as colored contours, with the path and the network on it.

    Parameters
    ----------
    grids, losses
        As `plane` returns them.
    along : (n, 2)
        Points of the path on the plane; the last one is the network.
    at_path : (n,)
        The cost at each point of the path itself.
    plane : str
        The plane in words.
    """
    from matplotlib.colors import LogNorm

    figure = titled_figure(f"The cost on a plane through weight space: {plane}", 8.2, 6.6)
    axes = figure.subplots()
    floor = max(min(float(losses.min()), *at_path), 1e-6)
    levels = np.geomspace(floor, max(float(losses.max()), *at_path, floor * 1.01), 24)
    color: dict[str, Any] = {"norm": LogNorm(levels[0], levels[-1]), "cmap": "cividis"}
    shown = axes.contourf(*grids, np.maximum(losses, floor), levels=levels, extend="both", **color)
    axes.contour(*grids, losses, levels=levels[::2], colors="white", linewidths=0.4)
    bar = figure.colorbar(shown, ax=axes, label="cost (loss, logarithmic scale)", format="%.3g")
    bar.set_ticks(levels[::3].tolist())
    if len(along) > 1:
        _draw_path(axes, along, np.maximum(at_path, floor), color)
    star: dict[str, Any] = {"marker": "*", "markersize": 14, "markeredgecolor": "black", "linestyle": ""}
    axes.plot(*along[-1], color="white", label="the network", **star)
    axes.legend(fontsize=8)
    kind = "principal component" if len(along) > 1 else "random direction"
    unit = "distance, in weights" if len(along) > 1 else "1: as long as the weights"
    axes.set_xlabel(f"along the first {kind} ({unit})")
    axes.set_ylabel(f"along the second {kind} ({unit})")
    axes.set_aspect("equal")
    return figure


def _draw_path(axes: "Axes", along: Floats, losses: Floats, color: dict[str, Any]) -> None:
    """Draw the path of the training, with a dot for each epoch and a square for the start."""
    axes.plot(*along.T, color=ORANGE, linewidth=1.2, zorder=2, label="training, projected onto the plane")
    dots: dict[str, Any] = color | {"edgecolors": ORANGE, "zorder": 3}
    axes.scatter(along[1:-1, 0], along[1:-1, 1], c=losses[1:-1], s=28, label="an epoch (colour: its own cost)", **dots)
    axes.scatter(
        along[:1, 0], along[:1, 1], c=losses[:1], s=90, marker="s", label="start (colour: its own cost)", **dots
    )
