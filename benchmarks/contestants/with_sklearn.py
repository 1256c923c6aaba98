"""scikit-learn's MLPClassifier in float32, without penalty; an epoch is one `partial_fit` on the shuffled samples.

It has no squared error. A workload with that loss is trained with cross-entropy instead and marked in the tables.
"""

from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from benchmarks.contestants import TimedTraining


def versions() -> dict[str, str]:
    return {"scikit-learn": sklearn.__version__}


class Training(TimedTraining):
    """A classifier whose weights are set after a first `partial_fit` on one batch, which creates them."""

    def prepare(self, X: NDArray[np.uint8], y: NDArray[np.int64], weights: list[Any], biases: list[Any]) -> None:
        workload = self.workload
        assert workload.loss == "cross_entropy"
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
            # added before the bias of the average is corrected: this makes it 1e-8 in the first step
            epsilon=1e-8 * (1 - 0.999) ** 0.5,
            shuffle=False,
        )
        first = slice(0, self.model.batch_size)
        self.model.partial_fit(self.X[first], y[first], classes=self.classes)
        del self.model._optimizer  # noqa: SLF001 (no public way to get a new optimizer for new weights)
        self.model.coefs_ = [np.array(W, np.float32) for W in weights]
        self.model.intercepts_ = [np.array(b, np.float32) for b in biases]

    def train(self, order: NDArray[np.int64]) -> float:
        self.model.partial_fit(self.X[order], self.y[order])
        return float(self.model.loss_)

    def parameters(self) -> list[tuple[Any, Any]]:
        return list(zip(self.model.coefs_, self.model.intercepts_, strict=True))
