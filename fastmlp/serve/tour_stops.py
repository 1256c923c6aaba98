"""The stops of the tour: what each trains, and what it finds in the networks. They are the lecture's questions."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.digit_picture import connected_components
from fastmlp.network.network import Network
from fastmlp.serve.image_data import ImageData
from fastmlp.serve.training import Record

NOISE_IMAGES = 2000
LOOKED_AT = 200
"""Images, and pictures of noise, whose pieces are counted."""
STRONGEST = 0.064
"""Share of the pixels that count as the strongest: 50 of 784, which hold half of the ink of MNIST's digits."""
LEARNED = 0.995
"""Accuracy on training images that counts as learned by heart."""
LECTURE: dict[str, Any] = {"hidden": [16, 16], "activation": "sigmoid", "loss": "squared_error", "optimizer": "sgd"}
MODERN: dict[str, Any] = {"activation": "relu", "loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.001}

MEMORY: dict[str, Any] = {
    "hidden": [256],
    "batch_size": 32,
    "shuffled_labels": 1.0,
    "train_samples": 2000,
    "epochs": 150,
}


@dataclass(frozen=True)
class Lesson:
    """A training of the tour: settings beyond the defaults, and the training accuracy at which it may end."""

    text: str
    settings: dict[str, Any]
    until: float = 2.0


@dataclass(frozen=True)
class Outcome:
    """A trained network, and the record of its last epoch."""

    network: Network
    record: Record
    settings: dict[str, Any]


@dataclass(frozen=True)
class Found:
    """The result of a stop: two sentences, the figures in them, and what the page does then."""

    sentences: tuple[str, str]
    figures: tuple[dict[str, Any], ...]
    then: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as the page gets it."""
        return {"sentences": self.sentences, "figures": self.figures, "then": self.then}


@dataclass(frozen=True)
class Stop:
    """A stop of the tour."""

    title: str
    question: str
    look: str
    lessons: tuple[Lesson, ...]
    find: Callable[[Sequence[Outcome], ImageData], Found] = field(repr=False)


def find_neurons(outcomes: Sequence[Outcome], data: ImageData) -> Found:
    """Count in how many pieces the strongest weights of the first layer's neurons lie, and the ink of images."""
    network, record = outcomes[0].network, outcomes[0].record
    neurons = mean_pieces(data.as_weights(np.ascontiguousarray(network.weights[0].T)))
    images = mean_pieces(data.as_weights(data.well_known[:LOOKED_AT]))
    noise = mean_pieces(np.random.default_rng(0).random((LOOKED_AT, *data.shape)))
    accuracy = record[4] or 0.0
    learned = "loose patterns, no strokes or edges" if neurons > 2 * images else "hardly more pieces than an image has"
    first = (
        f"The {strongest_pixels(data.shape)} strongest pixels of a neuron lie in {neurons:.0f} pieces on average, "
        f"where those of an image lie in {images:.0f} and those of noise in {noise:.0f}: {learned}."
    )
    second = f"And yet the network reads {accuracy:.1%} of new images: it found a way of its own."
    figures = (
        _figure("Pieces of a neuron's strongest pixels", neurons, f"{neurons:.1f}"),
        _figure("Pieces in an image", images, f"{images:.1f}"),
        _figure("Pieces in noise", noise, f"{noise:.1f}"),
        _figure("Test accuracy", accuracy, f"{accuracy:.1%}"),
    )
    return Found((first, second), figures, "neurons")


def strongest_pixels(shape: tuple[int, ...]) -> int:
    """Return how many pixels of a picture count as its strongest."""
    return max(1, round(STRONGEST * math.prod(shape)))


def mean_pieces(pictures: NDArray[Any]) -> float:
    """Return in how many pieces the strongest pixels of pictures (n, h, w) lie on average; diagonals connect."""
    n, counts = strongest_pixels(pictures.shape[1:]), []
    for picture in np.abs(pictures):
        strongest = np.zeros(picture.size, bool)
        strongest[np.argsort(-picture, axis=None, kind="stable")[:n]] = True
        strongest &= picture.reshape(-1) > 0
        counts.append(int((np.unique(connected_components(strongest.reshape(picture.shape))) > 0).sum()))
    return float(np.mean(counts))


def find_noise(outcomes: Sequence[Outcome], data: ImageData) -> Found:
    """Show noise to the network, and count how sure it is."""
    network = outcomes[0].network
    noise = np.random.default_rng(0).integers(0, 256, (NOISE_IMAGES, data.n_in), np.uint8)
    outputs = network.predict_proba(noise)
    top, said = outputs.max(axis=1), np.bincount(outputs.argmax(axis=1), minlength=outputs.shape[1])
    mean, sure, most = float(top.mean()), float((top > 0.5).mean()), int(said.argmax())
    share, name = float(said[most] / NOISE_IMAGES), data.dataset.classes[most]
    first = (
        f"On {NOISE_IMAGES:,} images of pure noise the largest output is {mean:.2f} on average, and above a half for "
        f"{sure:.0%} of them."
    )
    second = (
        f"Its favourite is {name}, its answer to {share:.0%}: "
        + ("nothing in its small world ever gave it a reason to be unsure." if sure > 0.3 else "this one is less sure.")
    )  # fmt: skip
    figures = (
        _figure("Mean of the largest output on noise", mean, f"{mean:.2f}"),
        _figure("Images of noise with an output above a half", sure, f"{sure:.0%}"),
        _figure(f"Answers that are {name}", share, f"{share:.0%}"),
    )
    return Found((first, second), figures, "noise")


def find_memory(outcomes: Sequence[Outcome], data: ImageData) -> Found:
    """Say how much of the shuffled labels was learned, and what it is worth."""
    epochs, _, train, _, test, _ = outcomes[0].record
    learned, new, n = train or 0.0, test or 0.0, outcomes[0].settings["train_samples"]
    counts = np.bincount(data.labels)
    chance = float(counts.max() / counts.sum())
    by_heart = "all learned by heart" if learned >= 0.99 else "and it is not done"
    first = (
        f"After {epochs} epochs the network knows {learned:.1%} of its {n:,} training images with shuffled labels, "
        f"{by_heart}, though there is nothing to find in them."
    )
    second = (
        f"Of new images it gets {new:.1%} right, where always giving the same answer gets {chance:.1%}: it has "
        "memorised, and learned nothing."
    )
    figures = (
        _figure("Accuracy on the shuffled labels", learned, f"{learned:.1%}"),
        _figure("Test accuracy", new, f"{new:.1%}"),
        _figure("Always the same answer", chance, f"{chance:.1%}"),
        _figure("Epochs", epochs, str(epochs)),
    )
    return Found((first, second), figures, "curves")


def find_width(outcomes: Sequence[Outcome], data: ImageData) -> Found:
    """Compare a narrow network with a wide one."""
    n = len(data.seen)
    few, many = ({**_facts(each), "wrong": round((1 - _facts(each)["accuracy"]) * n)} for each in outcomes)
    first = (
        f"Sixteen neurons read {few['accuracy']:.1%} of new images with {few['n']:,} parameters, trained in "
        f"{few['seconds']:.1f} s; five hundred {many['accuracy']:.1%} with {many['n']:,} in {many['seconds']:.1f} s."
    )
    second = (
        f"So {many['n'] / few['n']:.0f} times the parameters leave {many['wrong']:,} mistakes among {n:,} new images "
        f"in place of {few['wrong']:,}."
    )
    figures = (
        _figure("Test accuracy of 16 neurons", few["accuracy"], f"{few['accuracy']:.1%}"),
        _figure("Test accuracy of 500 neurons", many["accuracy"], f"{many['accuracy']:.1%}"),
        _figure("Mistakes of 16 neurons", few["wrong"], f"{few['wrong']:,}"),
        _figure("Mistakes of 500 neurons", many["wrong"], f"{many['wrong']:,}"),
    )
    return Found((first, second), figures, "curves")


def _facts(outcome: Outcome) -> dict[str, Any]:
    return {"accuracy": outcome.record[4] or 0.0, "n": outcome.network.n_params, "seconds": outcome.record[5]}


def _figure(label: str, value: float, text: str) -> dict[str, Any]:
    return {"label": label, "value": value, "text": text}


STOPS = {
    "neurons": Stop(
        "What the neurons look for",
        "Does the first layer find little edges, as one would hope?",
        "Each small image shows the weights of one neuron: what it looks for.",
        (Lesson("Training the lecture's network for 10 epochs.", LECTURE | {"epochs": 10}),),
        find_neurons,
    ),
    "noise": Stop(
        "Noise gets a confident answer",
        "What does the network say to an image that shows nothing at all?",
        "Press noise again and again, and watch the ten outputs.",
        (
            Lesson(
                "Training 16 and 16 neurons with ReLU and softmax for 5 epochs.",
                MODERN | {"hidden": [16, 16], "batch_size": 64, "epochs": 5},
            ),
        ),
        find_noise,
    ),
    "memory": Stop(
        "Shuffled labels are memorised",
        "Can a network learn labels that were dealt at random?",
        "The curve of the training accuracy climbs to the top, that of new images stays at the bottom.",
        (
            Lesson(
                "Training 256 neurons on 2,000 images whose labels were shuffled.",
                MODERN | MEMORY,
                LEARNED,
            ),
        ),
        find_memory,
    ),
    "width": Stop(
        "Sixteen neurons against five hundred",
        "How much do more neurons help?",
        "Compare the two curves: the run before stays on the page.",
        (
            Lesson("Training 16 neurons for 5 epochs.", MODERN | {"hidden": [16], "batch_size": 64, "epochs": 5}),
            Lesson("Training 500 neurons for 5 epochs.", MODERN | {"hidden": [500], "batch_size": 64, "epochs": 5}),
        ),
        find_width,
    ),
}
"""The tour, in its order."""
