"""One trial: its networks are trained one after the other, and what comes of it is written down."""

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from fastmlp.callbacks import Callback
from fastmlp.history import Epoch
from fastmlp.network import Network
from fastmlp.sweep.material import Material
from fastmlp.sweep.settings import build, hidden_layers


class Stopped(Exception):  # noqa: N818 (no error: the sweep is ended)
    """The sweep is ended while this trial runs."""


class PrunedError(Exception):
    """The trial is hopeless; `result` is what it has come to."""

    result: dict[str, Any]


def train_one(
    settings: Mapping[str, Any],
    seed: int,
    threads: int | None,
    material: Material,
    watch: Callback,
    hopeless: Callable[[Epoch], bool] | None = None,
) -> tuple[Network, dict[str, Any]]:
    """Train one network and test it.

    Parameters
    ----------
    settings : mapping
        All of them: names of `SETTINGS` and values.
    seed : int
        Of the initial weights and the order of the samples.
    threads : int or None
        As in Trainer.
    material : Material
    watch : Callback
    hopeless : function, optional
        Asked after each epoch, whose validation it gets, whether the training shall end; then PrunedError is raised.

    Returns
    -------
    network : Network
    result : dict
        As a row of results.csv, and the learning curves.
    """
    n_in, shape = material.train.X.shape[1], material.image_shape
    network, trainer, epochs = build(settings, n_in, material.classes, seed, threads, shape)
    widths = hidden_layers(settings)
    dense = trainer.augmentation.is_on or trainer.regularisation.input_dropout
    X = material.train.X if dense else material.train.for_width(network.sizes[1])
    validation, test = ((each.for_width(network.sizes[1]), each.y) for each in (material.validation, material.test))
    judge = _Judge(hopeless)
    ended_early = None
    try:
        trainer.fit(X, material.train.y, epochs, validation if hopeless else None, (watch, judge))
    except PrunedError as pruned:
        ended_early = pruned
    history = judge.history
    last, seconds = history[-1], sum(epoch.seconds for epoch in history)
    on_held_out = network.evaluate_checked(*validation)
    on_test = network.evaluate_checked(*test)
    result = {
        "seed": seed,
        "hidden": list(widths),
        "n_params": network.n_params,
        "epochs_trained": last.epoch,
        "train_loss": last.loss,
        "train_accuracy": last.accuracy,
        "validation_loss": on_held_out.loss,
        "validation_accuracy": on_held_out.accuracy,
        "test_loss": on_test.loss,
        "test_accuracy": on_test.accuracy,
        "seconds": seconds,
        "samples_per_second": len(material.train.y) * last.epoch / seconds,
        "curve": [[epoch.loss, epoch.accuracy, epoch.validation_accuracy] for epoch in history],
    }
    if ended_early:
        ended_early.result = result
        raise ended_early
    return network, result


def values_of(results: list[dict[str, Any]], n_failed: int, objectives: tuple[str, ...]) -> list[float]:
    """Return the medians over the seeds of what the sweep looks for; networks that failed are never right."""
    names = {"accuracy": "validation_accuracy", "seconds": "seconds", "parameters": "n_params"}
    failed = {"accuracy": [0.0] * n_failed}
    return [
        float(statistics.median([*(result[names[each]] for result in results), *failed.get(each, [])]))
        for each in objectives
    ]


class _Judge(Callback):
    """Keeps the epochs, and ends the training if it is hopeless."""

    def __init__(self, hopeless: Callable[[Epoch], bool] | None) -> None:
        self.hopeless = hopeless
        self.history: list[Epoch] = []

    def on_epoch(self, record: Epoch) -> None:
        self.history.append(record)
        if self.hopeless and self.hopeless(record):
            raise PrunedError
