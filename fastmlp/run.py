"""One training run, from a recipe and a data set to a folder of results. Called by the commands only."""

import contextlib
import dataclasses
import itertools
import logging
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.data import Dataset, Unreachable, load_dataset
from fastmlp.errors import InputError
from fastmlp.inputs import as_inputs, as_labels, positive_int
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
        as_inputs(data.train.X, sizes[0], self.network.dtype, "The data set's X")
        as_labels(data.train.y, len(data.train.X), sizes[-1], "The data set's y")
        self.folder = _writable(folder) if folder else _new_folder(data, recipe.hidden, seed)

    def train(self) -> dict[str, Any]:
        """Train, write model, history and pictures, and return the result as `train --json` prints it.

        Raises
        ------
        DivergedError
            Once the last good weights are saved.
        KeyboardInterrupt
            Ctrl-C, once what was trained is saved.
        """
        train, initial = self.data.train, self.network.params.copy()
        notice(f"{self.network!r} on {self.data!r}")
        progress = Progress(self.epochs)
        try:
            self.trainer.fit(train.X, train.y, self.epochs, callbacks=[progress])
        except BaseException as stop:  # Ctrl-C, divergence, no memory, a fault of ours: nothing is lost
            progress.close()
            how = "interrupted" if isinstance(stop, KeyboardInterrupt) else "stopped"
            if np.array_equal(self.network.params, initial):
                notice(f"Training {how} before anything was learned: nothing is saved.")
                with contextlib.suppress(OSError):  # it may hold an earlier run's results
                    self.folder.rmdir()
            else:
                self._save()
                notice(f"Training {how} in epoch {len(self.trainer.history) + 1}; what was trained is in {self.model}")
            raise
        self._save()
        notice("Testing and drawing ...")
        outputs = self.network.predict_proba(self.data.test.X)
        result = self._result(outputs)
        return result | {"beside_it": ["history.csv", *self._draw(outputs, result["test_accuracy"])]}

    @property
    def model(self) -> Path:
        """The model file."""
        return self.folder / "model.safetensors"

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

    def _draw(self, outputs: NDArray[Any], test_accuracy: float) -> list[str]:
        from fastmlp import plots

        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its own cache folder is nothing to the reader
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
        return [f"{name}.png" for name in figures]


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
        folder = _writable(Path("runs")) / candidate
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("the candidates never end")


def _writable(folder: Path) -> Path:
    """Create `folder` if need be and see that it can be written, before hours of training are lost on it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(
            f"The folder {str(folder)!r} can't be written ({error.strerror}): choose one with --out."
        ) from None
    return folder
