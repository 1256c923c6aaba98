"""One training of an experiment: what is trained on which samples, and its result as arrays that can be kept."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Split
from fastmlp.inputs.arrays import as_inputs
from fastmlp.kernels.backprop import loss_and_gradient
from fastmlp.kernels.layout import scratch_size
from fastmlp.kernels.optimizers import sgd_update
from fastmlp.network.network import Network
from fastmlp.training.callbacks import Callback
from fastmlp.training.history import Epoch
from fastmlp.training.hyperparameters import Hyperparameters
from fastmlp.training.make import make_trainer
from fastmlp.training.trainer import Trainer

CURVES = ("loss", "accuracy", "validation_loss", "validation_accuracy")


@dataclass(frozen=True)
class Job:
    """Everything that the result of a training depends on.

    Attributes
    ----------
    hyperparameters : Hyperparameters
    samples : Split
        Training samples.
    classes : tuple of str
        Names of the network's outputs.
    image_shape : (height, width) or None
        Shape of a sample as an image, for augmentation.
    seed : int
        Seed of the initial weights and of the order of the samples.
    validation : Split, optional
        Samples to evaluate after each epoch.
    until : float, optional
        The training stops after the first epoch with this accuracy (0 to 1) on the training samples.
    keep_path : bool
        Keep the parameters at the start and after each epoch.
    """

    hyperparameters: Hyperparameters
    samples: Split
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None
    seed: int
    validation: Split | None = None
    until: float | None = None
    keep_path: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """Key of the result in a Store. The names of the classes are not part of it: they change no weight."""
        options = (self.hyperparameters, self.seed, self.until, self.keep_path, self.image_shape, len(self.classes))
        return *options, *self.samples, *(self.validation or ())

    @property
    def work(self) -> int:
        """Work of the training: weights times samples times epochs, to start with the longest job."""
        sizes: tuple[int, ...] = (self.samples.X.shape[1], *self.hyperparameters.hidden, len(self.classes))
        return sum(n * m for n, m in pairwise(sizes)) * len(self.samples.y) * self.hyperparameters.epochs

    def trainer(self, threads: int | None = None) -> Trainer:
        """Return a Trainer with the untrained network."""
        n_in = self.samples.X.shape[1]
        return make_trainer(self.hyperparameters, n_in, self.classes, self.image_shape, self.seed, threads)


@dataclass(frozen=True)
class Trained:
    """Result of a job.

    Attributes
    ----------
    network : Network
    curves : dict of (n_epochs,) float64
        Loss and accuracy per epoch on the training samples and on the validation samples (NaN without them).
    path : (n_epochs + 1, n_params)
        Parameters at the start and after each epoch; empty unless the job keeps them.
    """

    network: Network
    curves: dict[str, NDArray[np.float64]]
    path: NDArray[Any]


class _Watcher(Callback):
    """Reports the progress of a job, keeps its path, and stops it at its accuracy."""

    def __init__(self, job: Job, network: Network, report: Callable[[float], None]) -> None:
        self.job, self.network, self.report = job, network, report
        self.path = [network.params.copy()] if job.keep_path else []

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        self.report((epoch - 1 + done / total) / self.job.hyperparameters.epochs)

    def on_epoch_end(self, record: Epoch) -> bool:
        if self.job.keep_path:
            self.path.append(self.network.params.copy())
        return self.job.until is not None and (record.accuracy or 0.0) >= self.job.until


def train(job: Job, threads: int | None, report: Callable[[float], None]) -> dict[str, NDArray[Any]]:
    """Train a network and return the arrays that `restored` makes a Trained of.

    Parameters
    ----------
    threads : int or None
        As in Trainer.
    report : function of float
        Called several times a second with the fraction that is done. What it raises ends the training.
    """
    trainer = job.trainer(threads)
    network = trainer.network
    watcher = _Watcher(job, network, report)
    epochs = job.hyperparameters.epochs
    trainer.fit(*job.samples, epochs=epochs, validation=job.validation, callbacks=[watcher])
    curves = {name: np.array([getattr(record, name) for record in trainer.history], np.float64) for name in CURVES}
    return curves | {"params": network.params, "path": np.array(watcher.path, network.dtype)}


def train_masked(network: Network, job: Job, mask: NDArray[Any]) -> None:
    """Train by plain gradient descent with some first-layer weights held at 0.

    Uses the job's samples, learning rate, batch size, epochs and seed.

    Parameters
    ----------
    network : Network
        Trained in place.
    mask : (n_in, n_hidden), dtype of the network
        1 for weights that are trained, 0 for those that are held at 0.
    """
    given = job.hyperparameters
    X, y = as_inputs(job.samples.X, network.sizes[0], network.dtype), job.samples.y
    every = np.ones_like(network.params)
    every[: mask.size] = mask.reshape(-1)
    network.params[:] *= every
    network.weights[0][:] *= np.sqrt(len(mask) / np.maximum(mask.sum(axis=0), 1))  # as for the inputs that are left
    scratch = np.empty(scratch_size(network.layout, given.batch_size), network.dtype)
    gradient = np.empty_like(network.params)
    for epoch in range(1, given.epochs + 1):
        order = np.random.default_rng((job.seed, epoch)).permutation(len(X))
        for start in range(0, len(X), given.batch_size):
            batch = order[start : start + given.batch_size]
            loss_and_gradient(X, y, batch, network.model, scratch, gradient)
            gradient *= every
            sgd_update(network.params, gradient, given.learning_rate)


def is_result(job: Job, arrays: dict[str, NDArray[Any]]) -> bool:
    """Tell whether these arrays, read from a file, have the names, shapes and types of those that `train` returns."""
    if arrays.keys() != {*CURVES, "params", "path"} or any(array.dtype.kind != "f" for array in arrays.values()):
        return False
    shape, path = job.trainer().network.params.shape, arrays["path"].shape
    curves = {arrays[name].shape for name in CURVES}
    return (
        len(curves) == 1
        and len(curves.pop()) == 1
        and arrays["params"].shape == shape
        and (path[1:] == shape if job.keep_path else path == (0,))
    )


def restored(job: Job, arrays: dict[str, NDArray[Any]]) -> Trained:
    """Return the result of a job from the arrays that `train` returned."""
    network = job.trainer().network
    network.params[:] = arrays["params"]
    return Trained(network, {name: arrays[name] for name in CURVES}, arrays["path"])
