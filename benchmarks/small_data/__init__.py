"""Small data: a whole fit, and the prediction of one row, by the public interface of each library on one thread.

A contestant is a module of this package with `versions()`, `fit(task, X, y)`, which returns a model, and
`predictor(model)`, which returns a function from a row to its label. Every run is a process of its own, see `worker`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Task:
    """A table, and how a network with ReLU, softmax outputs and Adam is trained on it.

    Attributes
    ----------
    name : str
    classes : int
    hidden : tuple of int
    epochs, batch_size : int
    learning_rate : float
    needs : str or None
        The package that has the data; None for data made by code.
    """

    name: str
    classes: int
    hidden: tuple[int, ...] = (100,)
    epochs: int = 50
    batch_size: int = 200
    learning_rate: float = 0.001
    needs: str | None = None

    def data(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the columns (n, n_in), standardised, and the labels (n,)."""
        X, y = _from_sklearn(self.name) if self.needs else _made(*map(int, self.name.split(" x ")))
        X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-6)
        return np.ascontiguousarray(X, np.float32), y.astype(np.int64)


def _from_sklearn(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return X, y


def _made(n: int, n_in: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return rows of two overlapping classes, of which a line separates most."""
    rng = np.random.default_rng(0)
    X, direction = rng.standard_normal((n, n_in)), rng.standard_normal(n_in)
    return X, (X @ direction + rng.standard_normal(n) > 0).astype(np.int64)


TASKS = {
    task.name: task
    for task in (
        Task("iris", 3, batch_size=32, epochs=100, needs="sklearn"),
        Task("digits", 10, needs="sklearn"),
        Task("1000 x 20", 2),
        Task("10000 x 50", 2),
    )
}
"""The batch sizes of scikit-learn's defaults, but for iris, which has 150 rows."""

CONTESTANTS = {
    "fastmlp": ("fastmlp", "fastmlp"),
    "sklearn": ("scikit-learn", "sklearn"),
    "torch": ("PyTorch", "torch"),
    "jax": ("JAX", "jax"),
    "onnxruntime": ("ONNX Runtime", "onnxruntime"),
}
"""Title, and the package that must be installed. ONNX Runtime only predicts."""
