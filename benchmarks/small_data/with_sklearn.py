"""scikit-learn: MLPClassifier for a fixed number of epochs."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.small_data import Task


def versions() -> dict[str, str]:
    return {"scikit-learn": sklearn.__version__}


def fit(task: Task, X: NDArray[np.float32], y: NDArray[np.int64]) -> MLPClassifier:
    size = min(task.batch_size, len(X))
    model = MLPClassifier(
        task.hidden,
        alpha=0,
        batch_size=size,
        learning_rate_init=task.learning_rate,
        max_iter=task.epochs,
        n_iter_no_change=task.epochs + 1,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def predictor(model: MLPClassifier) -> Callable[[Any], Any]:
    return model.predict  # type: ignore[no-any-return]
