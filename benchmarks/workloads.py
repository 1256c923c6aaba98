"""The workloads: one table for all contestants. It imports nothing, so that every contestant's process can load it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Workload:
    """A network and its training.

    Attributes
    ----------
    name : str
    sizes : tuple of int
        Width of each layer, the inputs first.
    activation : {"sigmoid", "relu"}
        Activation of the hidden layers.
    loss : {"squared_error", "cross_entropy"}
        "squared_error": half the sum of squares over sigmoid outputs; "cross_entropy": softmax outputs. A batch's loss
        is the mean over its samples.
    optimizer : {"sgd", "adam"}
        Plain gradient descent, or Adam with 0.9, 0.999 and 1e-8.
    learning_rate : float
    batch_size : int
        The last batch of an epoch may be shorter.
    schedule : {"constant", "cosine"}
        "cosine": the rate of a step is multiplied by half a cosine from 1 to 0 over all steps of `epochs`. Only the
        baseline and fastmlp support it; the other contestants get constant rates.
    epochs : int or None
        Number of epochs, if the schedule needs it.
    label_smoothing : float
        Fraction of a target that is spread over all outputs. Only the baseline and fastmlp support it.
    """

    name: str
    sizes: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    learning_rate: float
    batch_size: int
    schedule: str = "constant"
    epochs: int | None = None
    label_smoothing: float = 0.0

    @property
    def title(self) -> str:
        """The workload in words."""
        shape, loss = "-".join(map(str, self.sizes)), self.loss.replace("_", " ")
        activation = "ReLU" if self.activation == "relu" else self.activation
        optimizer = {"sgd": "SGD", "adam": "Adam"}[self.optimizer]
        schedule = "" if self.schedule == "constant" else f" with a {self.schedule}"
        smoothing = f", label smoothing {self.label_smoothing:g}" if self.label_smoothing else ""
        return f"{shape}, {activation}, {loss}{smoothing}, {optimizer}{schedule}, batch {self.batch_size}"

    def steps(self, samples: int) -> int:
        """Return the number of steps in an epoch of so many samples."""
        return -(-samples // self.batch_size)

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON holds them."""
        return asdict(self) | {"sizes": list(self.sizes)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Workload":
        """Return the workload that `to_dict` described."""
        return cls(**values | {"sizes": tuple(values["sizes"])})


def _lecture(name: str, batch_size: int) -> Workload:
    return Workload(name, (784, 16, 16, 10), "sigmoid", "squared_error", "sgd", 1.0, batch_size)


def tuned(name: str, hidden: tuple[int, ...], batch_size: int) -> Workload:
    """Return the workload of a network with ReLU and cross-entropy that Adam trains."""
    return Workload(name, (784, *hidden, 10), "relu", "cross_entropy", "adam", 0.001, batch_size)


WORKLOADS = {
    workload.name: workload
    for workload in (
        _lecture("seed10", 10),
        _lecture("seed32", 32),
        tuned("tweak", (128, 64), 64),
        tuned("wide", (512, 512), 128),
        tuned("wider", (1024, 1024), 256),
    )
}
