"""The evaluation of a network on a data set."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets import Dataset
from fastmlp.errors import InputError, shown
from fastmlp.network.network import Network
from fastmlp.network.scores import regression_scores
from fastmlp.system.terminal import notice

LEAST_ANSWERS = 20
"""Predictions from which on it is worth a word that all are one class."""


@dataclass(frozen=True, kw_only=True)
class DatasetEvaluation:
    """The result of testing a network.

    Attributes
    ----------
    dataset : str
        Name or path of the data set.
    sizes : tuple of int
        Sizes of the network's layers.
    test_samples : int
    test_loss : float or None
        Mean loss; None if it is not finite.
    test_accuracy : float or None
        None for a regression.
    accuracy_by_class : dict of float
        Accuracy by class name, for the classes that have test samples.
    test_r2, test_rmse : dict of float, or None
        Of a regression, for each target: the coefficient of determination, None if it has none; the root mean squared
        error.
    """

    dataset: str
    sizes: tuple[int, ...]
    test_samples: int
    test_loss: float | None
    test_accuracy: float | None
    accuracy_by_class: dict[str, float]
    test_r2: dict[str, float | None] | None = None
    test_rmse: dict[str, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as `evaluate --json` prints it, without the model's path."""
        return asdict(self)


def evaluate_network(network: Network, data: Dataset) -> DatasetEvaluation:
    """Test `network` on the test samples of `data`, matching classes by their names.

    Raises
    ------
    InputError
        A class of the data that the network does not know, or inputs of the wrong number.
    """
    if data.is_regression:
        return _evaluate_regression(network, data)
    y = _known_labels(network, data)
    loss, accuracy = network.evaluate(data.test.X, y)
    answers = network.predict(data.test.X)
    warn_of_one_answer(answers, y, network.classes)
    return DatasetEvaluation(
        dataset=data.name,
        sizes=network.sizes,
        test_samples=len(data.test.X),
        test_loss=loss if math.isfinite(loss) else None,
        test_accuracy=accuracy,
        accuracy_by_class={
            name: float((answers == y)[data.test.y == label].mean())
            for label, name in enumerate(data.classes)
            if np.any(data.test.y == label)
        },
    )


def _evaluate_regression(network: Network, data: Dataset) -> DatasetEvaluation:
    if len(data.classes) != network.sizes[-1]:
        raise InputError(f"{data.name} has {len(data.classes)} targets, and the network predicts {network.sizes[-1]}.")
    loss, _ = network.evaluate(data.test.X, data.test.y)
    return DatasetEvaluation(
        dataset=data.name,
        sizes=network.sizes,
        test_samples=len(data.test.X),
        test_loss=loss if math.isfinite(loss) else None,
        test_accuracy=None,
        accuracy_by_class={},
        **scores_by_target(data.test.y, network.predict(data.test.X), network.classes),
    )


def _known_labels(network: Network, data: Dataset) -> NDArray[np.int64]:
    """Return the labels of the test samples as the network counts its classes, or raise InputError."""
    present = [data.classes[label] for label in np.unique(data.test.y)]
    unknown = [name for name in present if name not in network.classes]
    if unknown:
        raise InputError(
            f"The network was not trained on the class {shown(unknown[0])} of {data.name}: it knows "
            f"{', '.join(network.classes[:20])}; pass a data set of these."
        )
    numbers = {name: number for number, name in enumerate(network.classes)}
    labels: NDArray[np.int64] = np.array([numbers.get(name, -1) for name in data.classes], np.int64)[data.test.y]
    return labels


def scores_by_target(y: NDArray[Any], predicted: NDArray[Any], targets: Sequence[str]) -> dict[str, Any]:
    """Return `test_r2` and `test_rmse` of a regression, each a dict by the name of the target."""
    scores = regression_scores(y, predicted)
    r2 = [value if math.isfinite(value) else None for value in scores.r2]
    return {"test_r2": dict(zip(targets, r2, strict=True)), "test_rmse": dict(zip(targets, scores.rmse, strict=True))}


def warn_of_one_answer(answers: NDArray[np.int64], y: NDArray[np.int64], classes: Sequence[str]) -> None:
    """Say so if all predictions are one class, although the samples are of several."""
    if len(answers) >= LEAST_ANSWERS and (answers == answers[0]).all() and (y != y[0]).any():
        notice(
            f"*** All {len(answers):,} predictions are {shown(classes[int(answers[0])])}: the network has learned "
            "nothing, or its inputs are not scaled as in training."
        )
