"""fastmlp, by its public interface."""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

import fastmlp
from benchmarks.contestants import Epoch
from benchmarks.contestants import Training as Base
from fastmlp import Epoch as Record
from fastmlp import Network, Regularization, Trainer
from fastmlp.training.schedules import Length, Schedule, Steps, as_schedule


def versions() -> dict[str, str]:
    return {"fastmlp": fastmlp.__version__, "numba": numba.__version__}


class Continued(Schedule):
    """A schedule over several calls of `fit`, of one epoch each: every call continues where the last one ended."""

    def __init__(self, name: str, epochs: int | None) -> None:
        self.schedule, self.epochs, self.done = as_schedule(name), epochs or 1, 0

    def factors(self, steps: Steps, length: Length, history: Sequence[Record]) -> Steps:
        """Return the factors of the whole schedule for the steps of one fit."""
        whole = Length(length.epoch * self.epochs, length.epoch)
        return self.schedule.factors(steps + self.done * length.epoch, whole, history)


class Training(Base):
    """A Trainer that trains one epoch per call of `fit`.

    The time is the one in the History: shuffling and training. Before that, each `fit` packs the data. Packing counts
    as preparation, as the others' conversion does, and is reported with the costs.
    """

    def prepare(self, X: NDArray[np.uint8], y: NDArray[np.int64], weights: list[Any], biases: list[Any]) -> None:
        workload = self.workload
        self.X, self.y = X, y
        self.network = Network(workload.sizes, activation=workload.activation, loss=workload.loss, seed=None)
        for ours, theirs in ((self.network.weights, weights), (self.network.biases, biases)):
            for mine, given in zip(ours, theirs, strict=True):
                mine[:] = given
        self.schedule = Continued(workload.schedule, workload.epochs)
        self.trainer = Trainer(
            self.network,
            optimizer=workload.optimizer,
            learning_rate=workload.learning_rate,
            batch_size=workload.batch_size,
            seed=self.seed,
            threads=self.threads,
            schedule=None if workload.schedule == "constant" else self.schedule,
            regularization=Regularization(label_smoothing=workload.label_smoothing),
        )

    def train_epoch(self, number: int) -> Epoch:
        assert number == len(self.trainer.history) + 1, "the Trainer counts epochs itself"
        self.schedule.done = number - 1
        last = self.trainer.fit(self.X, self.y, epochs=1)[-1]
        return Epoch(last.seconds, last.loss)

    def parameters(self) -> list[tuple[Any, Any]]:
        return list(zip(self.network.weights, self.network.biases, strict=True))
