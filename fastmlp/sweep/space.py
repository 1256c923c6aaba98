"""The search space of a sweep: the values or the range of each hyperparameter, their grid, and random samples."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp.errors import InputError, shown, unknown_name
from fastmlp.sweep.errors import ConfigError, check
from fastmlp.sweep.settings import SETTINGS, Value, read_value, value_text

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, both included.

    Attributes
    ----------
    low, high : float
    log : bool
        Whether every order of magnitude is as likely as the next.
    whole : bool
        Whether only whole numbers are meant.
    """

    low: float
    high: float
    log: bool
    whole: bool

    def sample(self, rng: np.random.Generator) -> int | float:
        """Return a random number of the range."""
        low, high = (self.low - 0.5, self.high + 0.5) if self.whole else (self.low, self.high)
        sampled = math.exp(rng.uniform(math.log(low), math.log(high))) if self.log else rng.uniform(low, high)
        sampled = min(max(sampled, self.low), self.high)
        return round(sampled) if self.whole else sampled

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}" + (":log" if self.log else "")


Values = tuple[Value, ...] | Range
Space = dict[str, Values]


def read_space(settings: Mapping[str, Any]) -> Space:
    """Return the space that `settings` describe.

    Parameters
    ----------
    settings : mapping
        For each name of SETTINGS a value, a list of values, or a range as a text: the table [settings] of a sweep file,
        or the flags of the command line.

    Returns
    -------
    dict
        In the order of SETTINGS, whatever order `settings` has.

    Raises
    ------
    ConfigError
        An unknown hyperparameter, a value of another form or out of its range, an empty list or range.
    """
    space: Space = {}
    for name, value in settings.items():
        if name not in SETTINGS:
            raise ConfigError(name, f": {unknown_name('setting', name, SETTINGS)}")
        space[name] = _read_values(name, value)
    if "hidden" in space:
        for name in ("width", "depth"):
            if name in space:
                raise ConfigError(name, ": there is `hidden`, too; give either hidden, or width and depth.")
    return {name: space[name] for name in SETTINGS if name in space}


def varies(values: Values) -> bool:
    """Return whether there is more than one value."""
    return isinstance(values, Range) or len(values) > 1


def grid(space: Space) -> Iterator[dict[str, Value]]:
    """Yield every combination of the values; the last hyperparameter changes fastest."""
    values = [each for each in space.values() if not isinstance(each, Range)]
    for combination in itertools.product(*values):
        yield dict(zip(space, combination, strict=True))


def sample(space: Space, seed: int, number: int) -> dict[str, Any]:
    """Return the combination `number` of a random search; it depends on (seed, number) alone."""
    rng = np.random.default_rng((seed, number))
    return {
        name: values.sample(rng) if isinstance(values, Range) else values[rng.integers(len(values))]
        for name, values in space.items()
    }


def as_json(space: Space) -> dict[str, Any]:
    """Return the space in the types of JSON; two spaces are equal if their JSON is."""
    return {
        name: str(values) if isinstance(values, Range) else [_plain(value) for value in values]
        for name, values in space.items()
    }


def distribution(values: Values) -> "BaseDistribution":
    """Return the values as one of Optuna's distributions, with hidden layers as texts."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(values, Range):
        return CategoricalDistribution([_plain(value) for value in values])
    if values.whole:
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)


def to_optuna(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as Optuna's parameters."""
    return {name: _plain(value) for name, value in settings.items()}


def from_optuna(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return Optuna's parameters as settings."""
    return {name: read_value(name, value) if name == "hidden" else value for name, value in params.items()}


def suggest(trial: Any, space: Space) -> dict[str, Any]:
    """Return the settings that the sampler of an Optuna trial chooses, or chose before."""
    from optuna.distributions import CategoricalDistribution, IntDistribution

    params = {}
    for name, values in space.items():
        each: Any = distribution(values)
        if isinstance(each, CategoricalDistribution):
            params[name] = trial.suggest_categorical(name, each.choices)
        elif isinstance(each, IntDistribution):
            params[name] = trial.suggest_int(name, each.low, each.high, log=each.log)
        else:
            params[name] = trial.suggest_float(name, each.low, each.high, log=each.log)
    return from_optuna(params)


def _plain(value: Any) -> Any:
    return value_text(value) if isinstance(value, tuple) else value


def _read_values(name: str, value: object) -> Values:
    """Return the values or the range that a user wrote for the hyperparameter `name`."""
    only = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
    if _is_range(name, only):
        return check(name, lambda text: _read_range(name, str(text)), only)
    if isinstance(value, list | tuple):
        _check_list(name, value)
        values = tuple(_read_one(name, each) for each in value)
    else:
        values = (_read_one(name, value),)
    seen = set()
    for each in values:
        if each in seen:
            raise ConfigError(name, f": {value_text(each)} is there twice: give each value once.")
        seen.add(each)
    return values


def _is_range(name: str, value: object) -> bool:
    return _may_be_range(name) and isinstance(value, str) and ":" in value


def _may_be_range(name: str) -> bool:
    return SETTINGS[name].kind in ("whole", "number")


def _read_one(name: str, value: object) -> Value:
    """Return a single value; the message for a wrong text reminds of ranges where there could be one."""
    try:
        return check(name, lambda each: read_value(name, each), value)
    except ConfigError as error:
        if _may_be_range(name) and isinstance(value, str):
            hint = "'8:2048:log'" if SETTINGS[name].kind == "whole" else "'0.1:1:log'"
            raise ConfigError(name, f"{error.problem.removesuffix('.')}, or a range such as {hint}.") from None
        raise


def _check_list(name: str, values: list[Any] | tuple[Any, ...]) -> None:
    if not values:
        raise ConfigError(name, ": there are no values: give at least one.")
    if name == "hidden" and all(type(width) is int for width in values):
        raise ConfigError(
            name,
            f": {shown(values)} may mean one network or several: write [{shown(values)}] for one with these layers, or "
            f"{shown([[width] for width in values])} for several of one layer.",
        )
    for each in values:
        if _is_range(name, each):
            raise ConfigError(name, f": {shown(each)} is a range: give it alone, or values only.")


def _read_range(name: str, text: str) -> Range:
    low, high, *rest = [piece.strip() for piece in text.split(":")]
    if rest not in ([], ["log"]):
        raise InputError(f"{shown(text)} is no range: write low:high or low:high:log.")
    ends = [read_value(name, end) for end in (low, high)]
    if None in ends:
        raise InputError(f"{shown(text)} is no range: none is no number.")
    bottom, top = (float(end) for end in ends)  # type: ignore[arg-type]
    if not bottom < top:
        raise InputError(f"the range {shown(text)} is empty: write the lower end first.")
    if rest and bottom <= 0:
        raise InputError(f"the range {shown(text)} has no logarithm at its lower end: start above 0.")
    return Range(bottom, top, bool(rest), SETTINGS[name].kind == "whole")
