"""Schedules of the learning rate: from the number of a step, the factor that its rate is multiplied by.

A schedule is as long as the `fit` that it is used in. It keeps nothing between steps: all of it follows from the step's
number, the plan and the epochs so far, so that a training that is resumed goes on as if it had never stopped.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown, unknown_name
from fastmlp.inputs.checks import (
    below_one,
    between_zero_and_one,
    not_negative,
    parse_options,
    positive_float,
    positive_int,
)
from fastmlp.training.history import Epoch, as_monitor, improves, monitored

Steps = NDArray[np.float64]


class Length(NamedTuple):
    """How long a training is planned to be.

    Attributes
    ----------
    steps : int
        Of the whole fit: a step is a batch.
    epoch : int
        Steps in an epoch.
    """

    steps: int
    epoch: int


class Schedule(ABC):
    """Base of schedules: override `factors`; and `__repr__`, if its attributes don't say all that decides the rates.

    A training is resumed only with a schedule of the same representation.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    @abstractmethod
    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return the factors of the learning rate for some steps of one epoch.

        Parameters
        ----------
        steps : (n,) float64
            Their numbers, from 0 to length.steps - 1.
        length : Length
        history : sequence of Epoch
            The epochs of this fit that have ended before these steps.

        Returns
        -------
        (n,) float64
            Finite, at least 0.
        """


@dataclass(frozen=True)
class Constant(Schedule):
    """The learning rate as it is."""

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return ones."""
        return np.ones(len(steps))


@dataclass(frozen=True)
class Step(Schedule):
    """The rate multiplied by `factor` after every so many epochs.

    Parameters
    ----------
    every : float, optional
        Epochs; by default a third of the training, so that there are three rates.
    factor : float
    """

    every: float | None = None
    factor: float = 0.1

    def __post_init__(self) -> None:
        if self.every is not None:
            positive_float("every", self.every)
        positive_float("factor", self.factor)

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return factor ** (periods that have ended)."""
        ended = 3 * steps / length.steps if self.every is None else steps / length.epoch / self.every
        return np.asarray(self.factor ** np.floor(ended))


@dataclass(frozen=True)
class Exponential(Schedule):
    """The same ratio from each step to the next, from 1 down to `final` at the end."""

    final: float = 0.01

    def __post_init__(self) -> None:
        positive_float("final", self.final)

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return final ** (share of the training that is done)."""
        return np.asarray(self.final ** (steps / length.steps))


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from 1 at the first step to `final`, which the step after the last would have ([1]_, no restarts).

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.
    """

    final: float = 0.0

    def __post_init__(self) -> None:
        not_negative("final", self.final)

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return final + (1 - final) (1 + cos(pi t)) / 2, t the share of the training that is done."""
        return _cosine(1.0, self.final, steps / length.steps)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Half a cosine from `start` up to 1, then one down to `final` ([1]_; by cosines as fastai and PyTorch have it).

    Parameters
    ----------
    start : float
    peak : float
        Share of the training after which the factor is 1.
    final : float

    References
    ----------
    .. [1] L. Smith, N. Topin, Super-convergence, 2018, arXiv 1708.07120.
    """

    start: float = 0.04
    peak: float = 0.3
    final: float = 0.0

    def __post_init__(self) -> None:
        not_negative("start", self.start)
        between_zero_and_one("peak", self.peak)
        not_negative("final", self.final)

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return the factors before the peak, and behind it."""
        peak = self.peak * length.steps
        up = _cosine(self.start, 1.0, steps / peak)
        return np.where(steps < peak, up, _cosine(1.0, self.final, (steps - peak) / (length.steps - peak)))


@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """The rate multiplied by `factor` whenever so many epochs have brought nothing better.

    Parameters
    ----------
    factor : float
        From 0 to below 1.
    patience : int
        Epochs without anything better, after which the next one has the lower rate; counted anew then.
    min_delta : float
        By how much a value must be better than the best one so far to count.
    monitor : {"loss", "accuracy", "validation_loss", "validation_accuracy"}, optional
        By default the validation loss, or without validation samples the loss.
    """

    factor: float = 0.1
    patience: int = 5
    min_delta: float = 0.0
    monitor: str | None = None

    def __post_init__(self) -> None:
        below_one("factor", self.factor)
        positive_int("patience", self.patience)
        not_negative("min_delta", self.min_delta)
        as_monitor(self.monitor)

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return factor ** (times that the patience has ended)."""
        best, waited, times = None, 0, 0
        for record in history:
            name, value = monitored(record, self.monitor)
            if improves(name, value, best, self.min_delta):
                best, waited = value, 0
            else:
                waited += 1
            if waited == self.patience:
                waited, times = 0, times + 1
        return np.full(len(steps), self.factor**times)


@dataclass(frozen=True)
class WarmUp(Schedule):
    """A line up to where another schedule starts, then that one for the rest of the training ([1]_).

    The first of w steps has 1/w of the rate, the last of them all of it.

    Parameters
    ----------
    epochs : float
        Its length.
    then : str, Schedule or function
        What follows: its steps are counted from there.

    References
    ----------
    .. [1] P. Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 2.2.
    """

    epochs: float
    then: Any = Constant()

    def __post_init__(self) -> None:
        not_negative("warm_up", self.epochs)
        object.__setattr__(self, "then", as_schedule(self.then))

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Return the factors of the line, and those of the other schedule."""
        n = round(self.epochs * length.epoch)
        if n > length.steps:
            raise InputError(
                f"The warm-up takes {n:,} steps and the training has {length.steps:,}: choose a shorter warm-up."
            )
        if n == length.steps:  # nothing is left for the other
            return (steps + 1) / n
        rest = Length(length.steps - n, length.epoch)
        behind = self.then.factors(np.maximum(steps - n, 0.0), rest, history)
        return np.asarray(np.minimum((steps + 1) / max(n, 1), 1.0) * behind)


@dataclass(frozen=True)
class Function(Schedule):
    """Any function of the step: from its number, from 0 in each fit, to the factor.

    It should depend on nothing else, or a training can't be resumed.
    """

    function: Callable[[int], float]

    def factors(self, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
        """Call the function for each step."""
        factors = np.empty(len(steps))
        for place, step in enumerate(steps.astype(np.int64).tolist()):
            value = self.function(step)
            try:
                factors[place] = value
            except (TypeError, ValueError):
                raise InputError(
                    f"The schedule's function returns {shown(value)} for step {step:,}: return a number."
                ) from None
        return factors

    def __repr__(self) -> str:
        name = getattr(self.function, "__qualname__", type(self.function).__name__)
        return f"Function({name})"


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
    "one-cycle": OneCycle,
    "plateau": ReduceOnPlateau,
}
"""The schedules by their names."""
CHECKED_EPOCHS, CHECKED_STEPS = 20, 50
"""Epochs, and steps in each of them, for which a schedule of the user's is called before the training."""


def as_schedule(value: Any) -> Schedule:
    """Return the schedule that is meant.

    Parameters
    ----------
    value : None, str, Schedule or function
        None is constant. A name may have settings behind it, as in "step:every=10,factor=0.5"; any schedule takes
        warm_up, in epochs: "cosine:warm_up=2".

    Raises
    ------
    InputError
        No such schedule or setting, or one out of its range.
    """
    if value is None:
        return Constant()
    if isinstance(value, Schedule):
        return value
    if isinstance(value, str):
        return _from_text(value)
    if callable(value) and not isinstance(value, type):
        return Function(value)
    raise InputError(
        f"schedule is {shown(value)}: pass a name ({', '.join(SCHEDULES)}), an object such as "
        "fastmlp.training.schedules.Cosine(), or a function of the step."
    )


def _from_text(text: str) -> Schedule:
    name, _, rest = text.partition(":")
    if name not in SCHEDULES:
        raise unknown_name("schedule", name, SCHEDULES)
    known = [*(field.name for field in fields(SCHEDULES[name])), "warm_up"]  # type: ignore[arg-type]
    settings: dict[str, Any] = {
        key: _number(text) for key, text in parse_options(rest, f"schedule {name}", known).items()
    }
    warm_up = settings.pop("warm_up", None)
    schedule = SCHEDULES[name](**settings)
    return schedule if warm_up is None else WarmUp(warm_up, schedule)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def check_schedule(schedule: Schedule, length: Length, record: Epoch) -> None:
    """Raise InputError where a factor would be negative or not finite, before any training.

    One that depends on the epochs so far is checked as if `record` were the only one. Of the schedules in SCHEDULES the
    first epoch and the last are looked at, of others CHECKED_STEPS steps in each of CHECKED_EPOCHS epochs.
    """
    is_known = type(_inner(schedule)) in SCHEDULES.values()
    steps = _spread(length.epoch, length.epoch if is_known else CHECKED_STEPS)
    for epoch in _spread(length.steps // length.epoch, 2 if is_known else CHECKED_EPOCHS):
        _checked_factors(schedule, epoch * length.epoch + steps, length, [record] if epoch else [])


def must_wait(schedule: Schedule) -> bool:
    """Return whether an epoch's factors can be known, or found wrong, only when the epochs before it have ended."""
    kind = type(_inner(schedule))
    return kind is ReduceOnPlateau or kind not in SCHEDULES.values()


def _inner(schedule: Schedule) -> Schedule:
    """Return what decides the factors after a warm-up."""
    return schedule.then if type(schedule) is WarmUp else schedule


def _spread(n: int, most: int) -> Steps:
    """Return some of the numbers from 0 to n - 1, both among them, at most `most` and evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round())


def epoch_factors(schedule: Schedule, epoch: int, length: Length, history: Sequence[Epoch]) -> Steps:
    """Return the factors of an epoch's steps, (length.epoch,); `epoch` is from 0.

    Raises
    ------
    InputError
        A factor that is negative or not finite.
    """
    steps = np.arange(epoch * length.epoch, (epoch + 1) * length.epoch, dtype=np.float64)
    return _checked_factors(schedule, steps, length, history)


def _checked_factors(schedule: Schedule, steps: Steps, length: Length, history: Sequence[Epoch]) -> Steps:
    """Return the factors of some steps of one epoch; see epoch_factors."""
    with np.errstate(over="ignore"):
        factors = schedule.factors(steps, length, history)
    wrong = np.flatnonzero(~((factors >= 0) & (factors < math.inf)))
    if len(wrong):
        raise InputError(
            f"The schedule's factor is {factors[wrong[0]]:g} at step {steps[wrong[0]]:,.0f} of {length.steps:,}: it "
            "must be finite and at least 0 at every step of the training."
        )
    return factors


def _cosine(first: float, last: float, done: Steps) -> Steps:
    return np.asarray(last + (first - last) * (1 + np.cos(np.pi * done)) / 2)
