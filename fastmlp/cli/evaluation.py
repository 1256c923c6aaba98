"""The evaluation of a network on a data set."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fastmlp.datasets import Dataset
from fastmlp.errors import InputError, shown
from fastmlp.network.network import Network


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
    test_accuracy : float
    accuracy_by_class : dict of float
        Accuracy by class name, for the classes that have test samples.
    """

    dataset: str
    sizes: tuple[int, ...]
    test_samples: int
    test_loss: float | None
    test_accuracy: float
    accuracy_by_class: dict[str, float]

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
    unknown = [name for name in data.classes if name not in network.classes]
    if unknown:
        raise InputError(
            f"The network was not trained on the class {shown(unknown[0])} of {data.name}: it knows "
            f"{', '.join(network.classes[:20])}; pass a data set of these."
        )
    y = np.array([network.classes.index(name) for name in data.classes])[data.test.y]
    loss, accuracy = network.evaluate(data.test.X, y)
    assert accuracy is not None, "a network that takes labels has an accuracy"
    is_right = network.predict(data.test.X) == y
    return DatasetEvaluation(
        dataset=data.name,
        sizes=network.sizes,
        test_samples=len(data.test.X),
        test_loss=loss if math.isfinite(loss) else None,
        test_accuracy=accuracy,
        accuracy_by_class={
            name: float(is_right[data.test.y == label].mean())
            for label, name in enumerate(data.classes)
            if np.any(data.test.y == label)
        },
    )
