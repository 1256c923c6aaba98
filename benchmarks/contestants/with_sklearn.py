"""scikit-learn's MLPClassifier, an epoch as one `partial_fit` on the shuffled samples, in float32, no penalty.

It has no squared error: where a workload asks for it, it is held to its own loss, cross-entropy, and marked.
"""

from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from benchmarks.contestants import Epoch, timed
from benchmarks.workloads import Workload


def versions() -> dict[str, str]:
    return {"scikit-learn": sklearn.__version__}


class Training:
    """A classifier whose weights are set once its first `partial_fit`, on one batch, has made them."""

    def __init__(
        self,
        workload: Workload,
        X: NDArray[np.uint8],
        y: NDArray[np.int64],
        weights: list[Any],
        biases: list[Any],
        seed: int,
        threads: int,
    ) -> None:
        assert workload.loss == "cross_entropy"
        self.seed = seed
        self.X, self.y = X.astype(np.float32) / np.float32(255), y
        self.classes = np.arange(workload.sizes[-1])
        self.model = MLPClassifier(
            hidden_layer_sizes=workload.sizes[1:-1],
            activation="logistic" if workload.activation == "sigmoid" else workload.activation,
            solver=workload.optimizer,
            alpha=0.0,
            batch_size=min(workload.batch_size, len(X)),
            learning_rate_init=workload.learning_rate,
            momentum=0.0,
            epsilon=1e-8
            * (1 - 0.999) ** 0.5,  # it is added before the average is corrected: so the first step's is 1e-8
            shuffle=False,
        )
        first = slice(0, self.model.batch_size)
        self.model.partial_fit(self.X[first], y[first], classes=self.classes)
        del self.model._optimizer  # made anew, for these weights
        self.model.coefs_ = [np.array(W, np.float32) for W in weights]
        self.model.intercepts_ = [np.array(b, np.float32) for b in biases]

    def train_epoch(self, number: int) -> Epoch:
        return timed(self._train, self.seed, number, len(self.X))

    def _train(self, order: NDArray[np.int64]) -> float:
        self.model.partial_fit(self.X[order], self.y[order])
        return float(self.model.loss_)

    def parameters(self) -> list[tuple[Any, Any]]:
        return list(zip(self.model.coefs_, self.model.intercepts_, strict=True))
