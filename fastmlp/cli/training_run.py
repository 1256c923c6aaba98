"""One training run, from its options and a data set to a folder of results.

A run is prepared first: everything that can be wrong is checked before the training starts, and before a folder is
created. Once the training has begun, nothing that was learned is lost, whatever ends it.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.cli.evaluation import scores_by_target, warn_of_one_answer
from fastmlp.cli.progress import RunProgress
from fastmlp.cli.run_folder import (
    CHECKPOINT,
    EVENTS,
    HISTORY,
    RunFolder,
    check_finished,
    new_run_folder,
    open_run_folder,
)
from fastmlp.cli.run_options import RunOptions
from fastmlp.cli.training_figures import training_figures
from fastmlp.cli.training_result import TrainingResult
from fastmlp.datasets import Dataset
from fastmlp.datasets.load import data_option
from fastmlp.errors import InputError
from fastmlp.inputs.disk_samples import DiskSamples, as_samples
from fastmlp.inputs.targets import as_targets
from fastmlp.network.network import Network
from fastmlp.plots.worker import Figures
from fastmlp.presets.describe import epochs_text
from fastmlp.system.machine import available_cores
from fastmlp.system.terminal import notice
from fastmlp.training.callbacks import Callback
from fastmlp.training.checkpoints import Checkpoint
from fastmlp.training.history import Epoch
from fastmlp.training.loggers import TensorBoard
from fastmlp.training.make import make_trainer
from fastmlp.training.optimizers import OPTIMIZERS
from fastmlp.training.trainer import Trainer


class TrainingRun:
    """A training that is ready to start. It keeps other runs out of its folder until the end of a `with` block.

    Parameters
    ----------
    options : RunOptions
    data : Dataset
    trainer : Trainer
        With a new network for the data.
    folder : RunFolder
        The folder of the results.
    resume : bool
        Whether to go on from the checkpoint in the folder.
    """

    def __init__(
        self, options: RunOptions, data: Dataset, trainer: Trainer, folder: RunFolder, *, resume: bool = False
    ) -> None:
        self.options = options
        self.data = data
        self.trainer = trainer
        self.folder = folder
        self.resume = resume
        self._initial_params = trainer.network.params.copy()
        self._stopping = options.stopping()
        self._progress = RunProgress(f"{trainer.network!r} on {data!r}")
        self._checkpoint = Checkpoint(folder.checkpoint, about={"options": options.to_json()})

    def __enter__(self) -> "TrainingRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.folder.lock.release()

    def train(self) -> None:
        """Train, and write the model and the history.

        Raises
        ------
        DivergedError
            The loss is no longer finite; the weights from before that epoch are saved, unless it was the first.
        KeyboardInterrupt
            Ctrl-C; the weights after the last slice are saved, unless nothing was learned.
        """
        X, y = self.data.train
        resume = self._checkpoint.path if self.resume else None
        epochs = self.options.hyperparameters.epochs
        validation, weights = self.options.validation, self.data.weights
        try:
            self.trainer.fit(X, y, epochs, validation, self._callbacks(), sample_weights=weights, resume=resume)
        except BaseException as stop:  # also lack of memory, and faults of our own: nothing that was learned is lost
            self._progress.close()
            self._save_what_was_learned(stop)
            raise
        self.folder.save(self.trainer.network, self.trainer.history)

    def test(self) -> tuple[TrainingResult, Figures]:
        """Test the trained network; return the result, and the figures that are still to be drawn."""
        outputs = self.trainer.network.predict_proba(self.data.test.X)
        figures = training_figures(self.data, self.trainer, outputs)
        result = self._result(outputs, [HISTORY, CHECKPOINT, *figures])
        return result, {self.folder.path / name: figure for name, figure in figures.items()}

    def _callbacks(self) -> list[Callback]:
        """Return the callbacks; those that may refuse the training come before the one that announces it."""
        callbacks: list[Callback] = [] if self._stopping is None else [self._stopping]
        if self.options.tensorboard:
            callbacks.append(TensorBoard(self.folder.path / EVENTS))
        return [*callbacks, self._progress, self._checkpoint]

    def _save_what_was_learned(self, stop: BaseException) -> None:
        """Save the network of a training that `stop` has ended, or remove what it leaves if nothing was learned."""
        is_interrupt = isinstance(stop, KeyboardInterrupt)
        has_begun = self._progress.started or is_interrupt  # else it is bad input, with a sentence of its own
        how = "interrupted" if is_interrupt else "stopped"
        if not has_begun or np.array_equal(self.trainer.network.params, self._initial_params):
            if has_begun:
                notice(f"Training {how} before anything was learned: nothing is saved.")
            self._leave_nothing()
            return
        self.folder.save(self.trainer.network, self.trainer.history)
        epochs = len(self.trainer.history)
        where = f"in epoch {epochs + 1}" if is_interrupt else f"after {epochs_text(epochs)}"
        notice(f"Training {how} {where}; what was trained is in {self.folder.model}")
        if is_interrupt:
            notice(f"To go on: fastmlp train --resume {self.folder.path}")

    def _leave_nothing(self) -> None:
        """Remove the checkpoint and the folder that this run created."""
        if self._checkpoint.has_written and not self.resume:
            self._checkpoint.path.unlink(missing_ok=True)
        self.folder.remove_if_new()

    def _result(self, outputs: NDArray[Any], beside_it: list[str]) -> TrainingResult:
        trainer, network, last = self.trainer, self.trainer.network, self.trainer.history[-1]
        best = self._best_epoch()
        seconds = trainer.history.seconds
        scores: dict[str, Any] = {"test_accuracy": None}
        if self.data.is_regression:
            scores |= scores_by_target(self.data.test.y, outputs, self.data.classes)
        else:
            answers = outputs.argmax(axis=1)
            scores["test_accuracy"] = float(np.mean(answers == self.data.test.y))
            warn_of_one_answer(answers, self.data.test.y, self.data.classes)
        return TrainingResult(
            hyperparameters=self.options.hyperparameters,
            dataset=self.data.name,
            sizes=network.sizes,
            n_params=network.n_params,
            preset=str(self.options.preset),
            weight_decay=trainer.options.weight_decay,
            seed=self.options.seed,
            epochs=last.epoch,
            threads=trainer.threads,
            train_seconds=seconds,
            samples_per_second=sum(epoch.samples_per_second * epoch.seconds for epoch in trainer.history) / seconds,
            train_loss=last.loss,
            train_accuracy=last.accuracy,
            best_epoch=best.epoch,
            validation_accuracy=best.validation_accuracy,
            test_samples=len(self.data.test.X),
            model=str(self.folder.model),
            beside_it=beside_it,
            **scores,
        )

    def _best_epoch(self) -> Epoch:
        """Return the epoch whose weights the network has: the last one, or the best one of early stopping."""
        history = self.trainer.history
        if self._stopping is None or self._stopping.best_epoch is None:
            return history[-1]
        return history[self._stopping.best_epoch - 1]


def prepare_run(
    options: RunOptions, data: Dataset, out: Path | None, threads: int | None = None, *, resume: bool = False
) -> TrainingRun:
    """Check the options and the data, and return the run.

    Parameters
    ----------
    options : RunOptions
    data : Dataset
        The data set of the options, or the one that stands in for it.
    out : Path or None
        The folder of the results, created if need be; None for a new one under runs/, named after what is trained.
    threads : int or None
        As in Trainer.
    resume : bool
        Whether to go on from the checkpoint in the folder.

    Raises
    ------
    InputError
        Hyperparameters that are wrong or don't fit the data, a folder that can't be written, or one with an unfinished
        training or another run. A folder is created only after all other checks.
    """
    hyperparameters = options.hyperparameters
    if not resume:
        _check_momentum(options)
    _warn_of_too_many_threads(threads)
    n_in = data.train.X.shape[1]
    class_weights = options.class_factors(data.classes)
    trainer = make_trainer(
        hyperparameters, n_in, data.classes, data.image_shape, options.seed, threads, data.schema, class_weights
    )
    _check_samples(data, trainer.network)
    _name_the_labels(options, data)
    options = dataclasses.replace(options, data=data_option(data.name))
    folder = new_run_folder(data.name, hyperparameters.hidden, options.seed) if out is None else open_run_folder(out)
    try:
        if not resume:
            check_finished(folder.path)
        return TrainingRun(options, data, trainer, folder, resume=resume)
    except BaseException:
        folder.remove_if_new()
        raise


def _name_the_labels(options: RunOptions, data: Dataset) -> None:
    """Say which column was taken for the labels, if nobody had named it."""
    if data.schema is not None and data.schema.labels and not options.label:
        notice(f"The labels are in column {data.schema.labels[0]}; --label names another one.")


def _check_momentum(options: RunOptions) -> None:
    """Raise InputError if a momentum was given to an optimizer that has none."""
    optimizer = options.hyperparameters.optimizer
    if "momentum" in options.changes and not OPTIMIZERS[optimizer].takes_momentum:
        takers = ", ".join(name for name, each in OPTIMIZERS.items() if each.takes_momentum)
        raise InputError(f"{optimizer} has no momentum: leave it out, or choose another optimizer ({takers}).")


def _warn_of_too_many_threads(threads: int | None) -> None:
    if threads is not None and threads > available_cores():
        notice(f"{threads} threads share {available_cores()} cores: fewer would be much faster.")


def _check_samples(data: Dataset, network: Network) -> None:
    """Raise InputError if the training samples are not what the network takes; `fit` would find it after the start.

    Say so if they are trained on from the disk.
    """
    X, y = data.train
    checked = as_samples(X, network.sizes[0], network.dtype, "The data set's X", network.schema)
    as_targets(y, len(X), network.sizes[-1], network.loss, network.dtype, "The data set's y", network.schema)
    data.check_classes()
    if isinstance(checked, DiskSamples):
        notice(
            f"X has {X.nbytes / 1e9:,.1f} GB and stays on the disk: the training reads it there in blocks, which are "
            "shuffled, as are the samples of 64 MB of blocks at a time."
        )
