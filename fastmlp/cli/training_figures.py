"""The figures that show a training run."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets import Dataset
from fastmlp.plots.images import first_layer, sample_sheet
from fastmlp.plots.mistakes import confusion_matrix, worst_mistakes
from fastmlp.plots.regression import predictions
from fastmlp.system.file_arrays import is_large
from fastmlp.training.history_figure import history_figure
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
    test, shape, history = data.test, data.image_shape, trainer.history.to_columns()
    if data.is_regression:
        return {
            "learning-curve.png": history_figure(history),
            "predictions.png": partial(predictions, test.y, outputs, data.classes),
        }
    predicted = outputs.argmax(axis=1)
    test_accuracy = float(np.mean(predicted == test.y))
    figures: dict[str, Callable[[], Figure]] = {
        "learning-curve.png": history_figure(history, test_accuracy),
        "confusion-matrix.png": partial(confusion_matrix, test.y, predicted, data.classes),
    }
    if shape is not None:
        figures["first-layer.png"] = partial(first_layer, trainer.network.weights[0], shape)
        if trainer.options.augmentation.is_on:
            figures["augmented.png"] = sample_sheet(data, trainer.options.augmentation, trainer.options.seed)
        if not is_large(test.X.nbytes):  # else they would go through a pipe to the process that draws
            figures["worst-mistakes.png"] = partial(worst_mistakes, test.X, test.y, outputs, data.classes, shape)
    return figures
