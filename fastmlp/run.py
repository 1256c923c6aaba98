"""One training run, from a recipe and a data set to a folder of results. Called by the commands only."""

import contextlib
import dataclasses
import itertools
import math
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import plots
from fastmlp.augmentation import Augmentation
from fastmlp.callbacks import Callback, Checkpoint, EarlyStopping, TensorBoard
from fastmlp.checkpoints import check_same, damaged, read_checkpoint
from fastmlp.data import Dataset, Unreachable, load_dataset
from fastmlp.data.catalogue import CATALOGUE
from fastmlp.errors import InputError
from fastmlp.inputs import as_inputs, as_labels, positive_int
from fastmlp.machine import cores
from fastmlp.making import make_trainer
from fastmlp.network import Network
from fastmlp.optimizers import OPTIMIZERS
from fastmlp.painter import Figures, draw
from fastmlp.presets import Recipe
from fastmlp.presets import preset as find_preset
from fastmlp.report import DRAWN_NOTICE
from fastmlp.terminal import Progress, notice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHECKPOINT = "checkpoint.safetensors"
"""Its name in the folder of the results."""


class Run:
    """What is to be trained, on what, and where the results go.

    Parameters
    ----------
    preset : str
        The name of a recipe.
    changes : dict
        The recipe's settings that are to be others; None leaves one as it is.
    data : Dataset
    seed : int
        Of the initial weights and of the order of the samples.
    threads : int or None
        As in Trainer.
    folder : Path or None
        Of the results; created if need be. None: a new one under runs/, named after what is trained.
    validation : float, int or None
        As in `fit`: what is held out.
    early_stopping : int or None
        Epochs without a smaller validation loss after which training ends, with the best weights.
    tensorboard : bool
        Whether event files are written into the folder.
    resume : bool
        Whether to go on from the checkpoint in the folder.

    Raises
    ------
    InputError
        Settings that are wrong or don't fit the data, a folder that can't be written, or one in which a training is
        not finished: said before training.
    """

    def __init__(
        self,
        preset: str,
        changes: dict[str, Any],
        data: Dataset,
        seed: int,
        threads: int | None,
        folder: Path | None,
        *,
        validation: float | None = None,
        early_stopping: int | None = None,
        tensorboard: bool = False,
        resume: bool = False,
    ) -> None:
        recipe = dataclasses.replace(
            find_preset(preset), **{name: value for name, value in changes.items() if value is not None}
        )
        if changes.get("momentum") is not None and not OPTIMIZERS[recipe.optimizer].takes_momentum and not resume:
            takers = ", ".join(name for name, rule in OPTIMIZERS.items() if rule.takes_momentum)
            raise InputError(
                f"{recipe.optimizer} has no momentum: leave it out, or choose another optimizer ({takers})."
            )
        if threads is not None and threads > cores():
            notice(f"{threads} threads share {cores()} cores: fewer would be much faster.")
        self.preset, self.recipe, self.data, self.seed, self.validation = preset, recipe, data, seed, validation
        self.epochs, self.resume = positive_int("epochs", recipe.epochs), resume
        self.trainer = make_trainer(recipe, data, seed, threads)
        self.network = self.trainer.network
        sizes = self.network.sizes
        as_inputs(data.train.X, sizes[0], self.network.dtype, "The data set's X")
        as_labels(data.train.y, len(data.train.X), sizes[-1], "The data set's y")
        self.stopping = None if early_stopping is None else EarlyStopping(early_stopping)
        self._made_folder = folder is None or not folder.exists()
        if folder and not resume:
            _check_unfinished(folder)
        self.folder = writable_folder(folder) if folder else _new_folder(data, recipe.hidden, seed)
        options = {"preset": preset, "data": data_option(data.name), "seed": seed, "validation": validation}
        options |= {"early_stopping": early_stopping, "tensorboard": tensorboard} | changes
        self.checkpoint = Checkpoint(self.folder / CHECKPOINT, about={"options": options})
        self.watching: list[Callback] = [self.stopping] if self.stopping else []
        self.watching += [TensorBoard(self.folder / "events")] if tensorboard else []

    def train(self, paint: Callable[[Figures], None] = draw) -> dict[str, Any]:
        """Train, write model, history and pictures, and return the result as `train --json` prints it.

        Parameters
        ----------
        paint : function
            Makes the pictures.

        Raises
        ------
        DivergedError
            Once the last good weights are saved.
        KeyboardInterrupt
            Ctrl-C, once what was trained is saved.
        """
        train, initial = self.data.train, self.network.params.copy()
        progress = Progress(self.epochs, f"{self.network!r} on {self.data!r}")
        callbacks = [*self.watching, progress, self.checkpoint]
        resume = self.checkpoint.path if self.resume else None
        try:
            self.trainer.fit(train.X, train.y, self.epochs, self.validation, callbacks, resume=resume)
        except BaseException as stop:  # Ctrl-C, divergence, no memory, a fault of ours: nothing is lost
            progress.close()
            how = "interrupted" if isinstance(stop, KeyboardInterrupt) else "stopped"
            began = progress.started or isinstance(stop, KeyboardInterrupt)  # else bad input, with its own sentence
            if not began or np.array_equal(self.network.params, initial):
                if began:
                    notice(f"Training {how} before anything was learned: nothing is saved.")
                self._leave_nothing()
            else:
                self._save()
                notice(f"Training {how} in epoch {len(self.trainer.history) + 1}; what was trained is in {self.model}")
                if isinstance(stop, KeyboardInterrupt):
                    notice(f"To go on: fastmlp train --resume {self.folder}")
            raise
        self._save()
        notice("Testing and drawing ...")
        outputs = self.network.predict_proba(self.data.test.X)
        result = self._result(outputs)
        figures = self._figures(outputs, result["test_accuracy"])
        paint({self.folder / name: figure for name, figure in figures.items()})
        return result | {"beside_it": ["history.csv", CHECKPOINT, *figures]}

    @property
    def model(self) -> Path:
        """The model file."""
        return self.folder / "model.safetensors"

    def _leave_nothing(self) -> None:
        if self.checkpoint.has_written and not self.resume:
            self.checkpoint.path.unlink(missing_ok=True)
        if self._made_folder:
            with contextlib.suppress(OSError):  # someone else may have put something there
                self.folder.rmdir()

    def _save(self) -> None:
        """Write model and history; where the folder can't be written any more, save the model elsewhere, and say so."""
        try:
            self.network.save(self.model)
            self.trainer.history.to_csv(self.folder / "history.csv")
        except OSError as error:
            rescued = Path(tempfile.mkdtemp(prefix="fastmlp-")) / self.model.name
            try:
                self.network.save(rescued)
            except OSError:
                rescued.parent.rmdir()
                raise error from None
            raise InputError(
                f"{error.filename} can't be written ({error.strerror}): the trained model is in {rescued}."
            ) from None

    def _result(self, outputs: NDArray[Any]) -> dict[str, Any]:
        network, trainer, test = self.network, self.trainer, self.data.test
        last, seconds = trainer.history[-1], trainer.history.seconds
        best = trainer.history[self.stopping.best_epoch - 1] if self.stopping and self.stopping.best_epoch else last
        samples = sum(epoch.samples_per_second * epoch.seconds for epoch in trainer.history)
        return self.recipe.to_dict() | {
            "dataset": self.data.name,
            "sizes": network.sizes,
            "n_params": network.n_params,
            "preset": self.preset,
            "weight_decay": trainer.weight_decay,
            "augmentation": str(trainer.augmentation) or "none",
            "seed": self.seed,
            "epochs": last.epoch,
            "threads": trainer.threads,
            "train_seconds": seconds,
            "samples_per_second": samples / seconds,
            "train_loss": last.loss,
            "train_accuracy": last.accuracy,
            "best_epoch": best.epoch,
            "validation_accuracy": best.validation_accuracy,
            "test_samples": len(outputs),
            "test_accuracy": float(np.mean(outputs.argmax(axis=1) == test.y)),
            "model": str(self.model),
        }

    def _figures(self, outputs: NDArray[Any], test_accuracy: float) -> dict[str, "Callable[[], Figure]"]:
        """Return the pictures' names, and what makes each."""
        test, history, classes, shape = self.data.test, self.trainer.history, self.data.classes, self.data.image_shape
        epochs, losses, accuracies = zip(*((e.epoch, e.loss, e.accuracy) for e in history), strict=True)
        held_out = [(e.validation_loss, e.validation_accuracy) for e in history if e.validation_loss is not None]
        validation: Any = tuple(zip(*held_out, strict=True)) or None
        figures = {
            "learning-curve": partial(plots.learning_curve, epochs, losses, accuracies, test_accuracy, validation),
            "confusion-matrix": partial(plots.confusion_matrix, test.y, outputs.argmax(axis=1), classes),
        }
        if shape is not None:
            figures["first-layer"] = partial(plots.first_layer, self.network.weights[0], shape)
            if self.trainer.augmentation.is_on:
                figures["augmented"] = sheet(self.data, self.trainer.augmentation, self.seed)
            figures["worst-mistakes"] = partial(plots.worst_mistakes, test.X, test.y, outputs, classes, shape)
        return {f"{name}.png": figure for name, figure in figures.items()}


def sheet(data: Dataset, augmentation: Augmentation, seed: int) -> "partial[Figure]":
    """Return what draws samples of up to 10 classes: one as it is and as 7 epochs would have it, or 8 as they are."""
    if data.image_shape is None:
        raise InputError(f"The samples of {data.name} are not images: there is nothing to show.")
    X, y = data.train
    labels = [label for label in range(len(data.classes)) if np.any(y == label)][:10]
    if augmentation.is_on:
        X = np.asarray(X[[np.argmax(y == label) for label in labels]])
        epochs = np.stack([X, *(augmentation.images(X, seed, epoch) for epoch in range(1, 8))], axis=1)
        titles = [
            name for label in labels for name in (data.classes[label], *(f"epoch {epoch}" for epoch in range(1, 8)))
        ]
        title = f"{data.name}: {augmentation}"
        return partial(plots.sheet, epochs.reshape(-1, X.shape[1]), titles, title, data.image_shape, 8)
    rows = np.concatenate([np.flatnonzero(y == label)[:8] for label in labels])
    return partial(plots.sheet, X[rows], [data.classes[label] for label in y[rows]], data.name, data.image_shape, 8)


def resumed_options(folder: Path, given: dict[str, Any], out: Path | None) -> dict[str, Any]:
    """Return the options with which the training in a folder was begun.

    Parameters
    ----------
    folder : Path
    given : dict
        The options that are there again: they must be the same.
    out : Path or None
        The same folder, if any.

    Raises
    ------
    InputError
        There is no checkpoint, or an option is another one.
    """
    path = folder / CHECKPOINT
    if out is not None and out.resolve() != folder.resolve():
        raise InputError(f"The results of --resume {folder} go there again: leave out --out {out}.")
    if not path.is_file():
        raise InputError(
            f"There is no checkpoint in {str(folder)!r}: no training was begun there, so start it without --resume."
        )
    state = read_checkpoint(path)
    if state.get("about") == {}:
        raise InputError(
            f"{str(path)!r} is of a training in Python, not of `fastmlp train`: go on with it in fit(..., resume=path)."
        )
    try:
        stored = state["about"]["options"]
        options = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise damaged(path, error) from None
    if given.get("data"):
        given = given | {"data": data_option(given["data"])}
    recipes = [field.name for field in dataclasses.fields(Recipe)]
    absent = {name: "the preset's" if name in recipes else "none" for name in given}
    own = {name: absent[name] if options.get(name) is None else options[name] for name in given}
    check_same(path, own, given)
    return options


def _check_unfinished(folder: Path) -> None:
    """Raise InputError where a checkpoint in the folder has epochs left to train: a new one would replace it."""
    try:
        state = read_checkpoint(folder / CHECKPOINT)
        plan, done = state["plan"], len(state["history"])
        finished = plan["stopped"] or done >= plan["first"] + plan["epochs"]
    except (InputError, KeyError, TypeError):  # there is none, or none that could go on
        return
    if not finished:
        raise InputError(
            f"There is an unfinished training in {str(folder)!r}, after epoch {done}: go on with `fastmlp train "
            f"--resume {folder}`, or choose another --out (or delete it)."
        )


def data_option(name: str) -> str:
    """Return a data set's name, or its path so that it can be found from another folder."""
    return name if name in CATALOGUE else str(Path(name).expanduser().resolve())


def named_or_default_dataset(name: str | None) -> Dataset:
    """Load the data set that was named, or MNIST; where none was named and MNIST can't be had, the drawn digits."""
    if name is not None:
        return load_dataset(name)
    try:
        return load_dataset("mnist")
    except Unreachable as error:
        notice(f"{error}\n{DRAWN_NOTICE}")
        return load_dataset("drawn")


def evaluate_network(network: Network, data: Dataset) -> dict[str, Any]:
    """Test `network` on the test samples of `data`; return the result as `evaluate --json` prints it.

    Classes are matched by their names.

    Raises
    ------
    InputError
        A class of the data that the network does not know, or inputs that it does not take.
    """
    unknown = [name for name in data.classes if name not in network.classes]
    if unknown:
        raise InputError(
            f"The network was not trained on the class {unknown[0]!r} of {data.name}: it knows "
            f"{', '.join(network.classes[:20])}; pass a data set of these."
        )
    y = np.array([network.classes.index(name) for name in data.classes])[data.test.y]
    loss, accuracy = network.evaluate(data.test.X, y)
    right = network.predict(data.test.X) == y
    return {
        "dataset": data.name,
        "sizes": network.sizes,
        "test_samples": len(data.test.X),
        "test_loss": loss if math.isfinite(loss) else None,
        "test_accuracy": accuracy,
        "accuracy_by_class": {
            name: float(right[data.test.y == label].mean())
            for label, name in enumerate(data.classes)
            if np.any(data.test.y == label)
        },
    }


def _new_folder(data: Dataset, hidden: tuple[int, ...], seed: int) -> Path:
    """Create a folder under runs/ that did not exist, and return it."""
    name = "-".join([Path(data.name).resolve().stem, *map(str, hidden), f"seed{seed}"])
    for candidate in itertools.chain([name], (f"{name}-run{number}" for number in itertools.count(2))):
        folder = writable_folder(Path("runs")) / candidate
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("the candidates never end")


def writable_folder(folder: Path) -> Path:
    """Create `folder` if need be and see that it can be written, before hours of training are lost on it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(
            f"The folder {str(folder)!r} can't be written ({error.strerror}): choose one with --out."
        ) from None
    return folder
