"""The training of one network of a sweep, and the values by which a sampler judges a trial."""

import statistics
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastmlp.network.network import Network
from fastmlp.sweep.samples import SweepSamples
from fastmlp.sweep.settings import as_hyperparameters
from fastmlp.training.callbacks import Callback
from fastmlp.training.history import Epoch
from fastmlp.training.make import loss_for_labels, make_trainer

Hopeless = Callable[[Epoch], bool]
"""Function that is asked after each epoch whether the training shall end early."""


class Stopped(Exception):  # noqa: N818 (not an error: the sweep ends)
    """Ends a training because the whole sweep ends."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A network after its training.

    Attributes
    ----------
    network : Network
    result : dict
        The columns of results.csv that training and evaluation give, and the learning curve.
    pruned : bool
        Whether the training was ended early.
    """

    network: Network
    result: dict[str, Any]
    pruned: bool


def train_network(
    settings: Mapping[str, Any],
    seed: int,
    threads: int | None,
    samples: SweepSamples,
    callbacks: Sequence[Callback] = (),
    hopeless: Hopeless | None = None,
) -> TrainedNetwork:
    """Train one network and evaluate it.

    Parameters
    ----------
    settings : mapping
        The complete combination: names of `SETTINGS` and values.
    seed : int
        Seed of the initial weights and of the order of the samples.
    threads : int or None
        As in Trainer.
    samples : SweepSamples
    callbacks : sequence of Callback
    hopeless : function, optional
        Asked after each epoch, which is evaluated on the held-out samples then.

    Raises
    ------
    InputError
        Hyperparameters that don't go together or don't fit the data, or a loss that became NaN.
    Stopped
        A callback ended the training because the sweep ends.
    """
    given = as_hyperparameters(settings)
    loss_for_labels(given.loss)
    trainer = make_trainer(given, samples.n_in, samples.classes, samples.image_shape, seed, threads)
    network, width = trainer.network, trainer.network.sizes[1]
    must_be_dense = given.augmentation != "none" or given.input_dropout
    X = samples.train.X if must_be_dense else samples.train.for_width(width)
    validation, test = ((each.for_width(width), each.y) for each in (samples.validation, samples.test))
    pruner = _Pruner(hopeless)
    history = trainer.fit(
        X, samples.train.y, given.epochs, validation if hopeless else None, callbacks=(*callbacks, pruner)
    )
    on_held_out, on_test = (network.evaluate_checked(*each, threads=threads) for each in (validation, test))
    seconds = sum(epoch.seconds for epoch in history)
    result = {
        "seed": seed,
        "hidden": list(given.hidden),
        "n_params": network.n_params,
        "epochs_trained": history[-1].epoch,
        "train_loss": history[-1].loss,
        "train_accuracy": history[-1].accuracy,
        "validation_loss": on_held_out.loss,
        "validation_accuracy": on_held_out.accuracy,
        "test_loss": on_test.loss,
        "test_accuracy": on_test.accuracy,
        "seconds": seconds,
        "samples_per_second": len(samples.train.y) * len(history) / seconds,
        "curve": [[epoch.loss, epoch.accuracy, epoch.validation_accuracy] for epoch in history],
    }
    return TrainedNetwork(network, result, pruner.has_pruned)


def values_of(results: Sequence[dict[str, Any]], n_failed: int, objectives: Sequence[str]) -> list[float]:
    """Return the median over the seeds of each objective; networks that failed have an accuracy of 0."""
    names = {"accuracy": "validation_accuracy", "seconds": "seconds", "parameters": "n_params"}
    failed = {"accuracy": [0.0] * n_failed}
    return [
        float(statistics.median([*(result[names[each]] for result in results), *failed.get(each, [])]))
        for each in objectives
    ]


class StopWhenSet(Callback):
    """Ends the training soon after an event is set."""

    def __init__(self, event: threading.Event) -> None:
        self.event = event

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        """Raise Stopped if the event is set."""
        if self.event.is_set():
            raise Stopped


class _Pruner(Callback):
    """Ends the training if it is hopeless."""

    def __init__(self, hopeless: Hopeless | None) -> None:
        self.hopeless = hopeless
        self.has_pruned = False

    def on_epoch_end(self, record: Epoch) -> bool:
        self.has_pruned = self.hopeless is not None and self.hopeless(record)
        return self.has_pruned
