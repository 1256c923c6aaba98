"""fastmlp, by its public interface."""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

import fastmlp
from benchmarks.contestants import Epoch
from benchmarks.workloads import Workload
from fastmlp import Epoch as Record
from fastmlp import Network, Regularisation, Trainer
from fastmlp.schedules import Length, Schedule, Steps, as_schedule


def versions() -> dict[str, str]:
    return {"fastmlp": fastmlp.__version__, "numba": numba.__version__}


class Onwards(Schedule):
    """A schedule over `epochs` that are each a `fit`: it goes on where the last one ended."""

    def __init__(self, name: str, epochs: int | None) -> None:
        self.schedule, self.epochs, self.done = as_schedule(name), epochs or 1, 0

    def factors(self, steps: Steps, length: Length, history: Sequence[Record]) -> Steps:
        """Return the factors of the whole schedule for the steps of one fit."""
        whole = Length(length.epoch * self.epochs, length.epoch)
        return self.schedule.factors(steps + self.done * length.epoch, whole, history)


class Training:
    """A Trainer that is asked for an epoch at a time.

    The time is the history's: shuffling and training. `fit` packs the data before, once a fit; that belongs to
    preparing it, as converting it does for the others, and is reported with the costs.
    """

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
        self.X, self.y = X, y
        self.network = Network(workload.sizes, activation=workload.activation, loss=workload.loss, seed=None)
        for ours, theirs in ((self.network.weights, weights), (self.network.biases, biases)):
            for mine, given in zip(ours, theirs, strict=True):
                mine[:] = given
        self.schedule = Onwards(workload.schedule, workload.epochs)
        self.trainer = Trainer(
            self.network,
            optimizer=workload.optimizer,
            learning_rate=workload.learning_rate,
            batch_size=workload.batch_size,
            seed=seed,
            threads=threads,
            schedule=None if workload.schedule == "constant" else self.schedule,
            regularisation=Regularisation(label_smoothing=workload.label_smoothing),
        )

    def train_epoch(self, number: int) -> Epoch:
        assert number == len(self.trainer.history) + 1, "the Trainer counts epochs itself"
        self.schedule.done = number - 1
        last = self.trainer.fit(self.X, self.y, epochs=1)[-1]
        return Epoch(last.seconds, last.loss)

    def parameters(self) -> list[tuple[Any, Any]]:
        return list(zip(self.network.weights, self.network.biases, strict=True))
