"""The lecture's questions as experiments: functions of a Lab that return facts, a figure and a paragraph.

>>> from fastmlp import load_dataset
>>> from fastmlp.explore import Lab, noise
>>> finding = noise(Lab(load_dataset("mnist")))
>>> finding.facts, finding.text, finding.figure

To add one: a file with such a function, and a line in EXPERIMENTS. Called by the command line; imports Network and
Trainer, and what is below them.
"""

from collections.abc import Callable
from typing import NamedTuple

from fastmlp.errors import unknown_name
from fastmlp.explore.activations import activations
from fastmlp.explore.data_size import data_size
from fastmlp.explore.dream import dream
from fastmlp.explore.edges import edges
from fastmlp.explore.finding import Finding
from fastmlp.explore.gradient import gradient
from fastmlp.explore.lab import Lab, NotApplicableError
from fastmlp.explore.label_noise import label_noise
from fastmlp.explore.landscape import landscape
from fastmlp.explore.minima import minima
from fastmlp.explore.mistakes import mistakes
from fastmlp.explore.noise import noise
from fastmlp.explore.none_of_these import none_of_these
from fastmlp.explore.shuffled_labels import shuffled_labels
from fastmlp.explore.store import Store
from fastmlp.explore.weights import weights


class Experiment(NamedTuple):
    """An experiment: its function, the question in a few words, and where that comes from."""

    run: Callable[[Lab], Finding]
    question: str
    source: str


LECTURE = "3Blue1Brown, Deep Learning, chapters 1 and 2"

EXPERIMENTS = {
    "weights": Experiment(weights, "What does each neuron of the first layer look for?", LECTURE),
    "activations": Experiment(activations, "How does one image flow to an answer?", LECTURE),
    "noise": Experiment(noise, "What does the network say to a random image?", LECTURE),
    "none-of-these": Experiment(none_of_these, "Would one more output help, for none of these?", "readers' question"),
    "shuffled-labels": Experiment(
        shuffled_labels,
        "Can it learn labels that mean nothing, and does the curve show it?",
        "Zhang et al., arXiv 1611.03530; Arpit et al., arXiv 1706.05394",
    ),
    "label-noise": Experiment(
        label_noise, "What if a part of the labels is wrong?", "Rolnick et al., arXiv 1705.10694; readers' question"
    ),
    "minima": Experiment(
        minima, "Are the minima of about equal quality?", f"Choromanska et al., arXiv 1412.0233; {LECTURE}"
    ),
    "landscape": Experiment(landscape, "What does the ball roll down?", f"{LECTURE}; Li et al., arXiv 1712.09913"),
    "gradient": Experiment(gradient, "Which changes matter the most?", LECTURE),
    "dream": Experiment(dream, "Does it know how to draw a digit?", LECTURE),
    "mistakes": Experiment(mistakes, "Which mistakes are to be forgiven, and does it know when it is unsure?", LECTURE),
    "data-size": Experiment(
        data_size, "How many images does it take?", "M. Nielsen, Neural Networks and Deep Learning, chapter 3"
    ),
    "edges": Experiment(edges, "What would make it pick up on edges?", LECTURE),
}
"""Every experiment by the name that the command line knows."""


def experiment(name: str) -> Experiment:
    """Return the experiment called `name`; raise InputError where there is none."""
    if name not in EXPERIMENTS:
        raise unknown_name("experiment", name, [*EXPERIMENTS, "all"])
    return EXPERIMENTS[name]


__all__ = [
    "EXPERIMENTS",
    "Experiment",
    "Finding",
    "Lab",
    "NotApplicableError",
    "Store",
    "activations",
    "data_size",
    "dream",
    "edges",
    "experiment",
    "gradient",
    "label_noise",
    "landscape",
    "minima",
    "mistakes",
    "noise",
    "none_of_these",
    "shuffled_labels",
    "weights",
]
