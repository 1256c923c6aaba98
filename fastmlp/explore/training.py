"""One training of an experiment: its settings, its samples, and what came of it. Called by Lab."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.callbacks import Callback
from fastmlp.data import Split
from fastmlp.history import Epoch
from fastmlp.inputs import as_inputs
from fastmlp.network import Network
from fastmlp.trainer import Trainer

CURVES = ("loss", "accuracy", "validation_loss", "validation_accuracy")


@dataclass(frozen=True)
class Plan:
    """The settings of a training.

    Attributes
    ----------
    hidden, activation, loss, weight_init, seed
        Of the Network; the seed is the Trainer's too.
    optimizer, learning_rate, batch_size, options
        Of the Trainer; `options` are its further arguments, such as {"weight_decay": 0.01}.
    epochs : int
        Passes over the samples, at most.
    until : float, optional
        Stop after the epoch in which this share of the training samples was right.
    path : bool
        Keep the parameters at the start and after each epoch.
    """

    hidden: tuple[int, ...] = (16, 16)
    activation: str = "sigmoid"
    loss: str = "squared_error"
    weight_init: str = "scaled"
    optimizer: str = "sgd"
    learning_rate: float = 1.0
    batch_size: int = 32
    epochs: int = 40
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    until: float | None = None
    path: bool = False


@dataclass(frozen=True)
class Job:
    """A plan, the samples to train on, the classes, and samples to evaluate after each epoch, if any."""

    plan: Plan
    samples: Split
    n_classes: int
    validation: Split | None = None

    @property
    def parts(self) -> tuple[object, ...]:
        """All that the result depends on, for the store."""
        return self.plan, self.n_classes, *self.samples, *(self.validation or ())

    def network(self) -> Network:
        """Return the untrained network."""
        plan = self.plan
        sizes = (self.samples.X.shape[1], *plan.hidden, self.n_classes)
        return Network(sizes, plan.activation, plan.loss, weight_init=plan.weight_init, seed=plan.seed)

    @property
    def work(self) -> int:
        """Weights times samples, all epochs together: which job takes longer."""
        sizes: tuple[int, ...] = (self.samples.X.shape[1], *self.plan.hidden, self.n_classes)
        return sum(n * m for n, m in pairwise(sizes)) * len(self.samples.y) * self.plan.epochs


@dataclass(frozen=True)
class Trained:
    """What came of a job.

    Attributes
    ----------
    network : Network
    curves : dict of (n_epochs,) float64
        Loss and accuracy in training, and on the validation samples (NaN without them), by epoch.
    path : (n_epochs + 1, n_params)
        The parameters at the start and after each epoch; empty unless the plan asked for them.
    """

    network: Network
    curves: dict[str, NDArray[np.float64]]
    path: NDArray[Any]


class _Watcher(Callback):
    def __init__(self, plan: Plan, network: Network, heard: Callable[[float], None]) -> None:
        self.plan, self.network, self.heard = plan, network, heard
        self.path = [network.params.copy()] if plan.path else []

    def on_slice(self, epoch: int, done: int, total: int) -> None:
        self.heard((epoch - 1 + done / total) / self.plan.epochs)

    def on_epoch(self, record: Epoch) -> bool:
        if self.plan.path:
            self.path.append(self.network.params.copy())
        return self.plan.until is not None and (record.accuracy or 0.0) >= self.plan.until


def train(job: Job, threads: int | None, heard: Callable[[float], None]) -> dict[str, NDArray[Any]]:
    """Train as the job says; return arrays to keep.

    `heard` is called several times a second with the share that is done; what it raises ends the training.
    """
    plan, network = job.plan, job.network()
    watcher = _Watcher(plan, network, heard)
    trainer = Trainer(
        network, plan.optimizer, plan.learning_rate, plan.batch_size, seed=plan.seed, threads=threads, **plan.options
    )
    trainer.fit(*job.samples, epochs=plan.epochs, validation=job.validation, callbacks=[watcher])
    curves = {name: np.array([getattr(e, name) for e in trainer.history], np.float64) for name in CURVES}
    return curves | {"params": network.params, "path": np.array(watcher.path, network.dtype)}


def train_masked(network: Network, samples: Split, mask: NDArray[Any], plan: Plan) -> None:
    """Train by plain gradient descent with first-layer weights outside of `mask` (n_in, n_hidden) held at 0."""
    X = as_inputs(samples.X, network.sizes[0], network.dtype)
    every = np.ones_like(network.params)
    every[: mask.size] = mask.reshape(-1)
    network.params[:] *= every
    network.weights[0][:] *= np.sqrt(len(mask) / np.maximum(mask.sum(axis=0), 1))  # as few inputs as there are left
    scratch = np.empty(kernels.scratch_size(network.layout, plan.batch_size), network.dtype)
    gradient = np.empty_like(network.params)
    for epoch in range(1, plan.epochs + 1):
        order = np.random.default_rng((plan.seed, epoch)).permutation(len(X))
        for start in range(0, len(X), plan.batch_size):
            batch = order[start : start + plan.batch_size]
            kernels.loss_and_gradient(
                X, samples.y, batch, network.layout, network.params, *network.codes, scratch, gradient
            )
            gradient *= every
            kernels.sgd_update(network.params, gradient, plan.learning_rate)


def restored(job: Job, arrays: dict[str, NDArray[Any]], classes: tuple[str, ...] | None) -> Trained:
    """Return what `train` returned, as a network and its curves."""
    network = job.network()
    network.params[:] = arrays["params"]
    if classes is not None:
        network.classes = classes
    return Trained(network, {name: arrays[name] for name in CURVES}, arrays["path"])
