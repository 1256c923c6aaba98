"""One training run, from a recipe and a data set to a folder of results. Called by the commands only."""

import dataclasses
import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.data import Dataset, Unreachable, load_dataset
from fastmlp.errors import InputError
from fastmlp.inputs import positive_int
from fastmlp.kernels import is_cached, train_sgd
from fastmlp.network import Network
from fastmlp.presets import preset as find_preset
from fastmlp.report import DRAWN_NOTICE
from fastmlp.terminal import Progress, notice
from fastmlp.trainer import Trainer


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

    Raises
    ------
    InputError
        Settings that are wrong or don't fit the data, or a folder that can't be written: said before training.
    """

    def __init__(
        self, preset: str, changes: dict[str, Any], data: Dataset, seed: int, threads: int | None, folder: Path | None
    ) -> None:
        recipe = dataclasses.replace(
            find_preset(preset), **{name: value for name, value in changes.items() if value is not None}
        )
        sizes = (data.train.X.shape[1], *recipe.hidden, len(data.classes))
        self.preset, self.data, self.seed = preset, data, seed
        self.epochs = positive_int("epochs", recipe.epochs)
        self.network = Network(sizes, recipe.activation, recipe.loss, seed=seed, classes=data.classes)
        self.trainer = Trainer(
            self.network, recipe.optimizer, recipe.learning_rate, recipe.batch_size, seed=seed, threads=threads
        )
        self.folder = _writable_folder(folder or _new_folder(data, recipe.hidden, seed))

    def train(self) -> dict[str, Any]:
        """Train, write model, history and pictures, and return the result as `train --json` prints it.

        Raises
        ------
        DivergedError
            Once the last good weights are saved.
        KeyboardInterrupt
            Ctrl-C, once what was trained is saved.
        """
        train = self.data.train
        notice(f"{self.network!r} on {self.data!r}")
        if not is_cached(train_sgd):
            notice("Compiling the kernels, this first time only: some ten seconds.")
        progress = Progress(self.epochs)
        try:
            self.trainer.fit(train.X, train.y, self.epochs, callbacks=[progress])
        except BaseException as stop:  # Ctrl-C, divergence, no memory, a fault of ours: nothing is lost
            progress.close()
            self._save()
            how = "interrupted" if isinstance(stop, KeyboardInterrupt) else "stopped"
            notice(f"Training {how} in epoch {len(self.trainer.history) + 1}; what was trained is in {self.model}")
            raise
        self._save()
        notice("Testing and drawing ...")
        outputs = self.network.predict_proba(self.data.test.X)
        result = self._result(outputs)
        self._draw(outputs, result["test_accuracy"])
        return result

    @property
    def model(self) -> Path:
        """The model file."""
        return self.folder / "model.safetensors"

    def _save(self) -> None:
        self.network.save(self.model)
        self.trainer.history.to_csv(self.folder / "history.csv")

    def _result(self, outputs: NDArray[Any]) -> dict[str, Any]:
        network, trainer, test = self.network, self.trainer, self.data.test
        last, seconds = trainer.history[-1], trainer.history.seconds
        return {
            "dataset": self.data.name,
            "sizes": network.sizes,
            "n_params": network.n_params,
            "activation": network.activation,
            "loss": network.loss,
            "preset": self.preset,
            "optimizer": trainer.optimizer,
            "learning_rate": trainer.learning_rate,
            "batch_size": trainer.batch_size,
            "seed": self.seed,
            "epochs": last.epoch,
            "threads": trainer.threads,
            "train_seconds": seconds,
            "samples_per_second": len(self.data.train.X) * last.epoch / seconds,
            "train_loss": last.loss,
            "train_accuracy": last.accuracy,
            "test_samples": len(outputs),
            "test_accuracy": float(np.mean(outputs.argmax(axis=1) == test.y)),
            "model": str(self.model),
        }

    def _draw(self, outputs: NDArray[Any], test_accuracy: float) -> None:
        from fastmlp import plots

        test, history, classes, shape = self.data.test, self.trainer.history, self.data.classes, self.data.image_shape
        epochs, losses, accuracies = zip(*((e.epoch, e.loss, e.accuracy) for e in history), strict=True)
        figures = {
            "learning-curve": plots.learning_curve(epochs, losses, accuracies, test_accuracy),
            "confusion-matrix": plots.confusion_matrix(test.y, outputs.argmax(axis=1), classes),
        }
        if shape is not None:
            figures["first-layer"] = plots.first_layer(self.network.weights[0], shape)
            figures["worst-mistakes"] = plots.worst_mistakes(test.X, test.y, outputs, classes, shape)
        for name, figure in figures.items():
            plots.save_figure(figure, self.folder / f"{name}.png")


def named_or_default_dataset(name: str | None) -> Dataset:
    """Load the data set that was named, or MNIST; where none was named and MNIST can't be had, the drawn digits."""
    if name is not None:
        return load_dataset(name)
    try:
        return load_dataset("mnist")
    except Unreachable:
        notice(DRAWN_NOTICE)
        return load_dataset("drawn")


def evaluate_network(network: Network, data: Dataset) -> dict[str, Any]:
    """Test `network` on the test samples of `data`; return the result as `evaluate --json` prints it."""
    loss, accuracy = network.evaluate(data.test.X, data.test.y)
    right = network.predict(data.test.X) == data.test.y
    return {
        "dataset": data.name,
        "sizes": network.sizes,
        "test_samples": len(data.test.X),
        "test_loss": loss,
        "test_accuracy": accuracy,
        "accuracy_by_class": {
            name: float(right[data.test.y == label].mean())
            for label, name in enumerate(data.classes)
            if np.any(data.test.y == label)
        },
    }


def _new_folder(data: Dataset, hidden: tuple[int, ...], seed: int) -> Path:
    """Return a folder under runs/ that does not exist yet."""
    name = "-".join([Path(data.name).stem, *map(str, hidden), f"seed{seed}"])
    candidates = itertools.chain([name], (f"{name}-run{number}" for number in itertools.count(2)))
    return next(folder for folder in (Path("runs") / candidate for candidate in candidates) if not folder.exists())


def _writable_folder(folder: Path) -> Path:
    """Create `folder` if need be and see that it can be written, before hours of training are lost on it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(
            f"The folder {str(folder)!r} can't be written ({error.strerror}): choose one with --out."
        ) from None
    return folder
