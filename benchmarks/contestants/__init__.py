"""Who takes part: the table of contestants. Each is a module with a class `Training`; this one imports none of them.

A `Training` is made with `(workload, X, y, weights, biases, seed, threads)`: X (n, n_in) uint8, y (n,) int64, and the
initial weights (n_in, n_out) and biases (n_out,) of each layer, which it copies. Making it is outside of the timer:
there the data is converted and nothing else. It has two methods:

    train_epoch(number) -> Epoch    train on all samples once, in the order of `order_of_epoch`, which is drawn inside
                                    of the timer
    parameters() -> list            the weights and biases of each layer, as they were handed in

and the module a function `versions()`, the versions of what it uses.
"""

import importlib.util
import time
from collections.abc import Callable
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
    name, title : str
        For commands and files; for people.
    module : str
        The adapter, below `benchmarks.contestants`.
    needs : str
        The package that must be installed.
    threads : bool
        Whether it can use more than one thread.
    squared_error : bool
        Whether it can train with squared error; one that can't trains with cross-entropy instead, and is marked.
    workloads : tuple of str or None
        The only ones that it takes; None for all.
    swept : bool
        Whether it takes part in the sweeps over widths and batch sizes, where every point would be compiled anew.
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
        """Whether the package that it needs can be imported."""
        return importlib.util.find_spec(self.needs) is not None

    def takes(self, workload: Workload) -> bool:
        """Tell whether this contestant can train the workload, with its own loss if need be."""
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
        Contestant("nielsen", "Nielsen's loop", "with_loop", "numpy", False, True, ("seed10", "seed32"), False),
    )
}


class Epoch(NamedTuple):
    """The time of an epoch, and the mean loss of its batches as they were before their steps (None: not computed)."""

    seconds: float
    loss: float | None


def order_of_epoch(seed: int, number: int, n: int) -> NDArray[np.int64]:
    """Return the order in which everyone takes the samples: fastmlp's Trainer's."""
    return np.random.default_rng((seed, number)).permutation(n)


def timed(train: Callable[[NDArray[np.int64]], Any], seed: int, number: int, n: int) -> Epoch:
    """Return the epoch of `train`, which takes the order and returns the mean loss or None."""
    started = time.perf_counter()
    loss = train(order_of_epoch(seed, number, n))
    seconds = time.perf_counter() - started
    return Epoch(seconds, None if loss is None else float(loss))
