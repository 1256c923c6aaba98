"""The figures that show a training run."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets import Dataset
from fastmlp.plots.curves import learning_curve, loss_curve
from fastmlp.plots.images import first_layer, sample_sheet
from fastmlp.plots.mistakes import confusion_matrix, worst_mistakes
from fastmlp.plots.regression import predictions
from fastmlp.system.file_arrays import is_large
from fastmlp.training.history import History
from fastmlp.training.trainer import Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def training_figures(data: Dataset, trainer: Trainer, outputs: NDArray[Any]) -> dict[str, "Callable[[], Figure]"]:
    """Return the figures of a trained network: the name of each file, and a function that draws the figure.

    The functions can be pickled, so that another process may draw them.

    Parameters
    ----------
    data : Dataset
    trainer : Trainer
        After `fit`.
    outputs : (test samples, n_out) floats
        The network's outputs for the test samples.
    """
    test, shape = data.test, data.image_shape
    if data.is_regression:
        return {
            "learning-curve.png": _learning_curve(trainer.history, None),
            "predictions.png": partial(predictions, test.y, outputs, data.classes),
        }
    predicted = outputs.argmax(axis=1)
    test_accuracy = float(np.mean(predicted == test.y))
    figures: dict[str, Callable[[], Figure]] = {
        "learning-curve.png": _learning_curve(trainer.history, test_accuracy),
        "confusion-matrix.png": partial(confusion_matrix, test.y, predicted, data.classes),
    }
    if shape is not None:
        figures["first-layer.png"] = partial(first_layer, trainer.network.weights[0], shape)
        if trainer.options.augmentation.is_on:
            figures["augmented.png"] = sample_sheet(data, trainer.options.augmentation, trainer.options.seed)
        if not is_large(test.X.nbytes):  # else they would go through a pipe to the process that draws
            figures["worst-mistakes.png"] = partial(worst_mistakes, test.X, test.y, outputs, data.classes, shape)
    return figures


def _learning_curve(history: History, test_accuracy: float | None) -> "partial[Figure]":
    """Return a function that draws the learning curve, with the validation if every epoch has one."""
    epochs, losses, accuracies = zip(*((e.epoch, e.loss, e.accuracy) for e in history), strict=True)
    if accuracies[0] is None:
        held_out_losses = [e.validation_loss for e in history if e.validation_loss is not None]
        return partial(loss_curve, epochs, losses, held_out_losses if len(held_out_losses) == len(losses) else None)
    held_out = [(e.validation_loss, e.validation_accuracy) for e in history if e.validation_loss is not None]
    validation: Any = tuple(zip(*held_out, strict=True)) or None
    return partial(learning_curve, epochs, losses, accuracies, test_accuracy, validation)
