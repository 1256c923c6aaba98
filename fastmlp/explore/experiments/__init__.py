"""The lecture's questions as experiments, a module for each.

The function `run` of a module takes a Lab and returns a Finding; its further arguments have defaults. To add an
experiment, write such a module and add it to EXPERIMENTS.
"""

from collections.abc import Callable
from typing import NamedTuple

from fastmlp.errors import unknown_name
from fastmlp.explore.experiments import (
    activations,
    data_size,
    dream,
    edges,
    gradient,
    label_noise,
    landscape,
    minima,
    mistakes,
    noise,
    none_of_these,
    shuffled_labels,
    weights,
)
from fastmlp.explore.finding import Finding

LECTURE = "3Blue1Brown, Deep Learning, chapters 1 and 2"


class Experiment(NamedTuple):
    """An experiment: its function, its question in a few words, and the source of the question."""

    run: Callable[..., Finding]
    question: str
    source: str


EXPERIMENTS = {
    "weights": Experiment(weights.run, "What does each neuron of the first layer look for?", LECTURE),
    "activations": Experiment(activations.run, "How does one image flow to an answer?", LECTURE),
    "noise": Experiment(noise.run, "What does the network say to a random image?", LECTURE),
    "none-of-these": Experiment(
        none_of_these.run, "Would one more output help, for none of these?", "readers' question"
    ),
    "shuffled-labels": Experiment(
        shuffled_labels.run,
        "Can it learn labels that mean nothing, and does the curve show it?",
        "Zhang et al., arXiv 1611.03530; Arpit et al., arXiv 1706.05394",
    ),
    "label-noise": Experiment(
        label_noise.run, "What if some of the labels are wrong?", "Rolnick et al., arXiv 1705.10694; readers' question"
    ),
    "minima": Experiment(
        minima.run, "Are the minima of about equal quality?", f"Choromanska et al., arXiv 1412.0233; {LECTURE}"
    ),
    "landscape": Experiment(landscape.run, "What does the ball roll down?", f"{LECTURE}; Li et al., arXiv 1712.09913"),
    "gradient": Experiment(gradient.run, "Which changes matter the most?", LECTURE),
    "dream": Experiment(dream.run, "Does it know how to draw a digit?", LECTURE),
    "mistakes": Experiment(
        mistakes.run, "Which mistakes can be forgiven, and does it know when it is unsure?", LECTURE
    ),
    "data-size": Experiment(
        data_size.run, "How many images does it take?", "M. Nielsen, Neural Networks and Deep Learning, chapter 3"
    ),
    "edges": Experiment(edges.run, "What would make it pick up on edges?", LECTURE),
}
"""Every experiment by the name that the command line knows."""


def find_experiment(name: str) -> Experiment:
    """Return the experiment called `name`; raise InputError if there is none."""
    if name not in EXPERIMENTS:
        raise unknown_name("experiment", name, [*EXPERIMENTS, "all"])
    return EXPERIMENTS[name]
