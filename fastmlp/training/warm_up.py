"""Compiling ahead: a training of a few samples for each form of the kernels that float32 networks with labels need."""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from fastmlp.inputs.augmentation import Augmentation
from fastmlp.network.network import Network
from fastmlp.training.regularization import Regularization
from fastmlp.training.trainer import Trainer

SAMPLES, SIDE, BATCH = 96, 8, 32
MANY_ZEROS = 0.1
"""Share of non-zero values in samples that are packed."""


class Form(NamedTuple):
    """The choices on which the compiled form of a training depends.

    Attributes
    ----------
    values : {"bytes", "numbers"}
        Type of the samples: uint8, or the network's float32.
    zeros : {"few zeros", "many zeros"}
        Samples with many zeros are packed.
    width : {"narrow", "wide"}
        Units of the first hidden layer. The gradient of packed samples is summed in another way in a wide one.
    optimizer : {"sgd", "adam"}
        Adam has a state.
    more : {"plain", "dropout", "augmented"}
        Dropout stands for all methods beyond plain training.
    """

    values: str
    zeros: str
    width: str
    optimizer: str
    more: str

    def __str__(self) -> str:
        return ", ".join(self)


def all_forms() -> Iterator[Form]:
    """Yield the forms; those of the lecture's network and of the presets come first."""
    inputs = ("many zeros", "narrow"), ("many zeros", "wide"), ("few zeros", "wide")
    for more, values, (zeros, width) in itertools.product(("plain", "dropout"), ("bytes", "numbers"), inputs):
        yield from (Form(values, zeros, width, optimizer, more) for optimizer in ("sgd", "adam"))
    yield Form("bytes", "many zeros", "wide", "adam", "augmented")


def compile_form(form: Form) -> None:
    """Train, evaluate and predict a few samples, for which the kernels are compiled or loaded."""
    X, y = _samples(form)
    n_hidden = 16 if form.width == "narrow" else 64
    network = Network((X.shape[1], n_hidden, n_hidden, 2), "relu", "cross_entropy", seed=0)
    more: dict[str, Any] = {}
    if form.more == "dropout":
        more["regularization"] = Regularization(dropout=0.1)
    if form.more == "augmented":
        more["augmentation"] = Augmentation(shift=1, rotation=5, elastic=10)
    Trainer(network, form.optimizer, 0.001, BATCH, threads=1, **more).fit(X, y)
    network.evaluate(X, y)
    network.predict(X)
    network.predict_proba(X)


def _samples(form: Form) -> tuple[Any, Any]:
    """Return random samples of a form, and labels."""
    rng, shape = np.random.default_rng(0), (SAMPLES, SIDE * SIDE)
    X = rng.integers(1, 256, shape) * (rng.random(shape) < (MANY_ZEROS if form.zeros == "many zeros" else 1))
    return X.astype(np.uint8) if form.values == "bytes" else np.float32(X / 255), rng.integers(0, 2, SAMPLES)
