"""The contestants: their table, and the base class of their trainings.

A contestant is a module of this package with a class `Training`, and a function `versions()` that returns the versions
of the packages it uses. This file imports none of these modules, so that the table can be read without any rival.
"""

import importlib.util
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import Workload


@dataclass(frozen=True)
class Contestant:
    """One line of the table.

    Attributes
    ----------
    name : str
        Name in commands and result files.
    title : str
        Name in tables and figures.
    module : str
        The adapter's module in `benchmarks.contestants`.
    needs : str
        The package that must be installed.
    threads : bool
        Whether it can use more than one thread.
    squared_error : bool
        Whether it can train with squared error. If not, it trains with cross-entropy instead and is marked.
    workloads : tuple of str or None
        The only workloads that it takes; None for all.
    swept : bool
        Whether it takes part in the sweeps over widths and batch sizes. A contestant that compiles anew for every
        point does not.
    """

    name: str
    title: str
    module: str
    needs: str
    threads: bool = True
    squared_error: bool = True
    workloads: tuple[str, ...] | None = None
    swept: bool = True

    @property
    def is_installed(self) -> bool:
        """True if the package that it needs can be imported."""
        return importlib.util.find_spec(self.needs) is not None

    def takes(self, workload: Workload) -> bool:
        """Tell whether this contestant can train the workload, if need be with its own loss."""
        return self.workloads is None or workload.name in self.workloads

    def version_of(self, workload: Workload) -> Workload:
        """Return the workload as this contestant trains it."""
        return workload if self.squared_error else replace(workload, loss="cross_entropy")


CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant("fastmlp", "fastmlp", "with_fastmlp", "fastmlp"),
        Contestant("numpy", "NumPy", "with_numpy", "numpy"),
        Contestant("torch", "PyTorch", "with_torch", "torch"),
        Contestant("torch-compiled", "PyTorch compiled", "with_torch_compiled", "torch", swept=False),
        Contestant("jax", "JAX", "with_jax", "jax"),
        Contestant("sklearn", "scikit-learn", "with_sklearn", "sklearn", squared_error=False),
        Contestant(
            "nielsen",
            "Nielsen's loop",
            "with_loop",
            "numpy",
            threads=False,
            workloads=("seed10", "seed32"),
            swept=False,
        ),
    )
}


class Epoch(NamedTuple):
    """Time and loss of an epoch.

    Attributes
    ----------
    seconds : float
    loss : float or None
        Mean over the samples; each batch's loss is taken before its step. None if it is not computed.
    """

    seconds: float
    loss: float | None


class Training(ABC):
    """The training of one workload by one contestant.

    Making it only converts the data and sets the initial parameters; that is not timed.

    Parameters
    ----------
    workload : Workload
    X : (n, n_in) uint8
    y : (n,) int64
        Labels.
    weights, biases : lists of arrays (n_in, n_out) and (n_out,)
        Initial parameters of each layer; they are copied.
    seed : int
        Seed of the order of the samples.
    threads : int
        Number of threads to train on.
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
        self.workload, self.seed, self.threads, self.samples = workload, seed, threads, len(X)
        self.prepare(X, y, weights, biases)

    @abstractmethod
    def prepare(self, X: NDArray[np.uint8], y: NDArray[np.int64], weights: list[Any], biases: list[Any]) -> None:
        """Convert the data and set the initial parameters; see the arguments of the class."""

    @abstractmethod
    def train_epoch(self, number: int) -> Epoch:
        """Train once on all samples, in the order of epoch `number`."""

    @abstractmethod
    def parameters(self) -> list[tuple[Any, Any]]:
        """Return the weights (n_in, n_out) and biases (n_out,) of each layer."""


class TimedTraining(Training):
    """A training whose epochs are timed here: sampling the order, and `train`."""

    @abstractmethod
    def train(self, order: NDArray[np.int64]) -> float | None:
        """Train on the samples in this order; return the mean loss, or None if it is not computed."""

    def train_epoch(self, number: int) -> Epoch:
        """Train once on all samples, in the order of epoch `number`."""
        started = time.perf_counter()
        loss = self.train(order_of_epoch(self.seed, number, self.samples))
        return Epoch(time.perf_counter() - started, loss)


def order_of_epoch(seed: int, number: int, n: int) -> NDArray[np.int64]:
    """Return the order in which every contestant takes the samples: that of fastmlp's Trainer."""
    return np.random.default_rng((seed, number)).permutation(n)
