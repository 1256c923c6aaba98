"""The parameters of the estimators: their ranges, and the options of Network and Trainer that they stand for."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from fastmlp import kernels
from fastmlp.system.machine import cores
from fastmlp.training.regularization import Regularization
from fastmlp.training.schedules import Schedule, Steps
from fastmlp.training.trainer import Trainer

ACTIVATIONS = {"logistic": "sigmoid"} | {name: name for name in kernels.ACTIVATIONS}
"""The activation of Network by the estimators' names: scikit-learn's, and those of fastmlp."""

LARGEST_BATCH = 200
"""Samples in a batch of "auto", as in scikit-learn."""

CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(set(ACTIVATIONS))],
    "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="left")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "averaging": [Interval(Real, 0, 1, closed="left"), None],
    "schedule": [str, Schedule, callable, None],
    "dtype": [StrOptions({"float32", "float64"})],
    "n_jobs": [Interval(Integral, 1, None, closed="left"), Interval(Integral, None, -1, closed="right"), None],
}
"""The ranges of the parameters that both estimators have."""


@dataclass
class InverseScaling(Schedule):
    """The rate divided by a power of the number of samples seen before the epoch: scikit-learn's "invscaling".

    Attributes
    ----------
    power : float
    samples : int
        Samples in an epoch.
    seen : int
        Samples seen before this fit.
    """

    power: float
    samples: int
    seen: int = 0

    def factors(self, steps: Steps, length: Any, history: Any) -> Steps:
        """Return (samples seen + 1) ** -power."""
        return np.asarray((steps // length.epoch * self.samples + self.seen + 1) ** -self.power)


def keep(estimator: Any, arguments: dict[str, Any]) -> None:
    """Set the attributes of an estimator to the arguments of its constructor, as scikit-learn wants them: unchanged."""
    vars(estimator).update({name: value for name, value in arguments.items() if name != "self"})


def n_threads(n_jobs: int | None) -> int | None:
    """Return `n_jobs` as a number of threads: -1 is one a core, -2 one fewer; None is for Trainer to choose."""
    if n_jobs is None or n_jobs > 0:
        return n_jobs
    return max(1, cores() + 1 + n_jobs)


def hidden_layers(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """Return the widths of the hidden layers, given as scikit-learn has them: a sequence or one number.

    Raises
    ------
    ValueError
        A width is no whole number of at least 1.
    """
    widths = np.atleast_1d(np.asarray(hidden_layer_sizes if np.size(hidden_layer_sizes) else (), object))
    if not all(isinstance(width, Integral) and int(width) > 0 for width in widths):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {hidden_layer_sizes}.")
    return tuple(int(width) for width in widths)


def make_trainer(estimator: Any, network: Any, seed: int, n: int, mean_weight: float, seen: int) -> Trainer:
    """Return the Trainer for an estimator's parameters.

    Parameters
    ----------
    estimator : estimator
    network : Network
    seed : int
    n : int
        Samples to train on.
    mean_weight : float
        Mean of their weights as the user gave them. scikit-learn divides the penalty by their sum in a batch.
    seen : int
        Samples seen before this fit.
    """
    is_full_batch = estimator.solver == "lbfgs"
    batch_size = (
        n if is_full_batch else min(n, LARGEST_BATCH if estimator.batch_size == "auto" else estimator.batch_size)
    )
    options: dict[str, Any] = {"schedule": estimator.schedule, "averaging": estimator.averaging or None}
    if estimator.solver == "adam":
        options |= {"momentum": estimator.beta_1, "beta_2": estimator.beta_2, "epsilon": estimator.epsilon}
    elif is_full_batch:
        options["tolerance"] = estimator.tol
    else:
        options["momentum"] = estimator.momentum
        if estimator.learning_rate == "invscaling" and estimator.schedule is None:
            options["schedule"] = InverseScaling(estimator.power_t, n, seen)
    return Trainer(
        network,
        _optimizer(estimator),
        estimator.learning_rate_init,
        batch_size,
        seed,
        n_threads(estimator.n_jobs),
        regularization=Regularization(
            l2=estimator.alpha / (batch_size * mean_weight),
            dropout=estimator.dropout,
            label_smoothing=getattr(estimator, "label_smoothing", 0.0),
        ),
        shuffle=estimator.shuffle,
        **options,
    )


def _optimizer(estimator: Any) -> str:
    """Return Trainer's name of the solver."""
    if estimator.solver != "sgd":
        return str(estimator.solver)
    if estimator.momentum == 0:
        return "sgd"
    return "nesterov" if estimator.nesterovs_momentum else "momentum"
