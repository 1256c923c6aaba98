"""The loss on a plane through weight space around the trained network, with the path of its training."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.explore import drawing
from fastmlp.explore.finding import Finding, percent
from fastmlp.explore.lab import Lab
from fastmlp.network import Network

Floats = NDArray[np.float64]
FLOP = 1e11
"""Work for the whole picture, at most: large networks are judged on fewer samples."""


def landscape(lab: Lab, points: int = 33, n: int = 5_000) -> Finding:
    """Draw the cost on a plane through the trained weights.

    Where the training's path is known, the plane is the one that holds most of it (the first two principal components,
    as in [1]_), and the path is drawn as its projection, each dot in the colour of its own cost; for a network that was
    given, two random directions, each neuron's part of them as long as its weights (the filter normalisation of [1]_).

    Parameters
    ----------
    points : int
        Along each side of the plane.
    n : int
        Training samples that the cost is taken over, at most.

    References
    ----------
    .. [1] H. Li et al., Visualizing the loss landscape of neural nets, arXiv 1712.09913.
    """
    network = lab.network
    n = max(50, min(n, int(FLOP / (2 * network.n_params * points**2))))
    samples = lab.some_training(n)
    centre = network.params.astype(np.float64)
    if lab.trained is not None and len(lab.trained.path) > 2:
        path = lab.trained.path.astype(np.float64)
        directions, held = principal_directions(path - centre)
        along = (path - centre) @ directions.T
    else:
        directions, held, along = random_directions(network, lab.rng(4)), None, np.zeros((1, 2))

    def loss_at(params: Floats) -> float:
        there = Network(network.sizes, network.activation, network.loss, seed=None, dtype=network.dtype)
        there.params[:] = params
        return there.evaluate(*samples).loss

    extents = _extents(along)
    grids, losses = plane(loss_at, centre, directions, extents, points, lab.map)
    at_path = lab.map(loss_at, path) if held is not None else [loss_at(centre)]
    facts: dict[str, Any] = {
        "samples": len(samples.X),
        "points": points,
        "plane": "most of the training's path" if held is not None else "two random directions",
        "share_of_path_in_plane": held,
        "loss_at_network": float(loss_at(centre)),
        "loss_at_start": float(at_path[0]) if held is not None else None,
        "loss_under_start": float(loss_at(centre + along[0] @ directions)) if held is not None else None,
        "lowest_on_plane": float(losses.min()),
        "highest_on_plane": float(losses.max()),
        "distance_from_start": float(np.linalg.norm(path[0] - centre)) if held is not None else None,
        "length_of_weights": float(np.linalg.norm(centre)),
        "length_of_path": float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) if held is not None else None,
        "share_of_loss_lost_in_first_epoch": _share_lost(at_path) if held is not None else None,
        "local_minima_on_plane": local_minima(losses),
    }
    return Finding(facts, _text(facts), (_figure(grids, losses, along, at_path, facts),))


def plane(
    loss_at: Callable[[Floats], float],
    centre: Floats,
    directions: Floats,
    extents: tuple[tuple[float, float], tuple[float, float]],
    points: int,
    map_: Callable[..., Any] = map,
) -> tuple[tuple[Floats, Floats], Floats]:
    """Compute a loss on a plane: at centre + a * directions[0] + b * directions[1].

    Parameters
    ----------
    loss_at : function of (n_params,), float
    centre : (n_params,)
    directions : (2, n_params)
    extents : ((lowest a, highest a), (lowest b, highest b))
    points : int
        Along each side.
    map_ : function
        As the built-in, where many points can be computed at once.

    Returns
    -------
    (a, b) : each (points,)
    losses : (points, points)
        A row for each b, a column for each a.
    """
    a, b = (np.linspace(*extent, points) for extent in extents)
    places = [(x, y) for y in b for x in a]
    losses = map_(lambda place: loss_at(centre + place[0] * directions[0] + place[1] * directions[1]), places)
    return (a, b), np.array(list(losses)).reshape(points, points)


def principal_directions(path: Floats) -> tuple[Floats, float]:
    """Return the two directions (2, n_params), of length 1, that hold most of `path` (n, n_params), and which share."""
    _, sizes, directions = np.linalg.svd(path, full_matrices=False)
    return directions[:2], float((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-300))


def random_directions(network: Network, rng: np.random.Generator) -> Floats:
    """Return two random directions (2, n_params) in which each neuron's part is as long as its weights and bias."""
    directions = []
    for _ in range(2):
        parts = []
        for W, b in zip(network.weights, network.biases, strict=True):
            rows = np.vstack([W, b])
            drawn = rng.standard_normal(rows.shape)
            drawn *= np.linalg.norm(rows, axis=0) / np.linalg.norm(drawn, axis=0)
            parts += [drawn[:-1].reshape(-1), drawn[-1]]
        directions.append(np.concatenate(parts))
    return np.array(directions)


def local_minima(losses: Floats) -> int:
    """Count the points (not of the rim) that are lower than their eight neighbours."""
    inner = losses[1:-1, 1:-1]
    height, width = losses.shape
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    lower = [inner < losses[i : height - 2 + i, j : width - 2 + j] for i, j in shifts]
    return int(np.all(lower, axis=0).sum())


def _share_lost(losses: list[float]) -> float:
    return (losses[0] - losses[1]) / max(losses[0] - losses[-1], 1e-300)


def _extents(along: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return what holds the path with a margin around it, as wide as high; from -1 to 1 without a path."""
    low, high = along.min(axis=0), along.max(axis=0)
    half = 0.65 * float((high - low).max()) or 1.0
    middle = (low + high) / 2
    (a, b), (c, d) = (middle - half).tolist(), (middle + half).tolist()
    return (a, c), (b, d)


def _text(facts: dict[str, Any]) -> str:
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
            f". It rolls {facts['length_of_path']:.1f} far to a place {facts['distance_from_start']:.1f} away (its "
            f"weights and biases are {facts['length_of_weights']:.1f} long); the lowest of the plane is "
            f"{facts['lowest_on_plane']:.4f}"
        )
    return text + (
        f", and the plane has {valleys} at this resolution. Nobody knows the cost at every place: a plane is two "
        "directions out of as many as there are weights, each point of it a pass over the images."
    )


def _figure(
    grids: tuple[Floats, Floats], losses: Floats, along: Floats, at_path: list[float], facts: dict[str, Any]
) -> Any:
    from matplotlib.colors import LogNorm

    figure = drawing.figure(f"The cost on a plane through weight space: {facts['plane']}", 8.2, 6.6)
    axes = figure.subplots()
    floor = max(min(float(losses.min()), *at_path), 1e-6)
    levels = np.geomspace(floor, max(float(losses.max()), *at_path, floor * 1.01), 24)
    colour: dict[str, Any] = {"norm": LogNorm(levels[0], levels[-1]), "cmap": "cividis"}
    shown = axes.contourf(*grids, np.maximum(losses, floor), levels=levels, extend="both", **colour)
    axes.contour(*grids, losses, levels=levels[::2], colors="white", linewidths=0.4)
    colours = figure.colorbar(shown, ax=axes, label="cost (loss, logarithmic scale)", format="%.3g")
    colours.set_ticks(levels[::3].tolist())
    if len(along) > 1:
        axes.plot(*along.T, color=drawing.ORANGE, linewidth=1.2, zorder=2, label="training, projected onto the plane")
        dots: dict[str, Any] = colour | {"edgecolors": drawing.ORANGE, "zorder": 3}
        true = np.maximum(at_path, floor)
        axes.scatter(
            along[1:-1, 0], along[1:-1, 1], c=true[1:-1], s=28, label="an epoch (colour: its own cost)", **dots
        )
        axes.scatter(
            along[:1, 0], along[:1, 1], c=true[:1], s=90, marker="s", label="start (colour: its own cost)", **dots
        )
    axes.plot(
        *along[-1], color="white", marker="*", markersize=14, markeredgecolor="black", linestyle="", label="the network"
    )
    axes.legend(fontsize=8)
    kind = "principal component" if len(along) > 1 else "random direction"
    unit = "distance, in weights" if len(along) > 1 else "1: as long as the weights"
    axes.set_xlabel(f"along the first {kind} ({unit})")
    axes.set_ylabel(f"along the second {kind} ({unit})")
    axes.set_aspect("equal")
    return figure
