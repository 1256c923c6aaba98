"""fastmlp: Trainer.fit and Network.predict."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

import fastmlp
from benchmarks.small_data import Task
from fastmlp import Network, Trainer


def versions() -> dict[str, str]:
    return {"fastmlp": fastmlp.__version__, "numba": numba.__version__}


def fit(task: Task, X: NDArray[np.float32], y: NDArray[np.int64]) -> Network:
    network = Network((X.shape[1], *task.hidden, task.classes), "relu", "cross_entropy", seed=0)
    trainer = Trainer(network, "adam", task.learning_rate, batch_size=task.batch_size, threads=1)
    trainer.fit(X, y, task.epochs)
    return network


def predictor(model: Network) -> Callable[[Any], Any]:
    return model.predict
