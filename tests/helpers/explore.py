"""Networks and facts whose experiments have known results."""

import copy

import numpy as np

from fastmlp import DivergedError, Network
from fastmlp.explore import Finding, NotApplicableError
from fastmlp.plots.style import label_axes, titled_figure


def hand_set(tiny):
    """2x3 pixels, 2 hidden neurons (one for ink on the left, one for ink on the right), 2 outputs."""
    network = Network((6, 2, 2), classes=tiny.classes)
    network.weights[0][:] = np.array([[2, -2], [0, 0], [-2, 2], [2, -2], [0, 0], [-2, 2]])
    network.weights[1][:] = np.array([[3, -3], [-3, 3]])
    network.biases[0][:], network.biases[1][:] = (0.5, -0.5), (1, 0)
    return network


def sigmoid(z):
    """Return the sigmoid of numbers."""
    return 1 / (1 + np.exp(-np.asarray(z)))


def changed(facts, **changes):
    """Return a copy with values changed; a__b stands for facts["a"]["b"]."""
    facts = copy.deepcopy(facts)
    for path, value in changes.items():
        *above, last = path.split("__")
        here = facts
        for key in above:
            here = here[key]
        here[last] = value
    return facts


def sample(lab):
    """Run a quick experiment with every kind of fact."""

    def draw():
        figure = titled_figure("A <title>", 4, 3)
        label_axes(figure.subplots(), "", "x", "y").plot([0, 1], [0, lab.seed])
        return figure

    facts = {"seed": lab.seed, "share": 0.123456, "list": list(range(40)), "deep": {"each": [{"a": 1}, {"a": None}]}}
    return Finding(facts, "Less < more & so on.", (draw, draw))


def refusing(lab):
    """Run an experiment that can't be run on any data."""
    raise NotApplicableError("This is not for these data.")


def diverging(lab):
    """Run an experiment whose training fails."""
    raise DivergedError("The training diverged.")


def interrupted(lab):
    """Run an experiment during which Ctrl-C is pressed."""
    raise KeyboardInterrupt
