"""The space of a sweep: for each setting its values or its range; the grid of them, and random draws from them."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastmlp.errors import InputError, unknown_name
from fastmlp.sweep.settings import SETTINGS, Value, read_value, text


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, both included; `log`: every order of magnitude is as likely as the next."""

    low: float
    high: float
    log: bool
    whole: bool

    def draw(self, rng: np.random.Generator) -> int | float:
        """Return one of them."""
        low, high = (self.low - 0.5, self.high + 0.5) if self.whole else (self.low, self.high)
        drawn = math.exp(rng.uniform(math.log(low), math.log(high))) if self.log else rng.uniform(low, high)
        drawn = min(max(drawn, self.low), self.high)
        return round(drawn) if self.whole else drawn

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}" + (":log" if self.log else "")


Space = dict[str, tuple[Value, ...] | Range]


def read_space(settings: Mapping[str, Any], where: Callable[[str], str] = str) -> Space:
    """Return the space that `settings` describe: for each name a value, a list of values, or a range as a text.

    Parameters
    ----------
    settings : mapping
        As in the table [settings] of a sweep file, or from the command line's flags.
    where : function
        From a setting's name to what the messages call it.

    Raises
    ------
    InputError
        An unknown setting, a value of another kind, an empty list or range.
    """
    space: Space = {}
    for name, value in settings.items():
        if name not in SETTINGS:
            raise InputError(f"{where(name)}: {unknown_name('setting', name, SETTINGS)}")
        try:
            space[name] = _values(name, value)
        except InputError as error:
            raise InputError(f"{where(name)}: {error}") from None
    both = "hidden" in space and next((name for name in ("width", "depth") if name in space), None)
    if both:
        raise InputError(f"{where(both)}: there is `hidden`, too; give either hidden, or width and depth.")
    return {name: space[name] for name in SETTINGS if name in space}  # in whatever order they were written


def grid(space: Space) -> Iterator[dict[str, Value]]:
    """Yield every combination of the values, the last setting changing fastest."""
    values = [each for each in space.values() if not isinstance(each, Range)]
    for combination in itertools.product(*values):
        yield dict(zip(space, combination, strict=True))


def draw(space: Space, seed: int, number: int) -> dict[str, Any]:
    """Return the combination `number` of a random search: it depends on (seed, number) alone."""
    rng = np.random.default_rng((seed, number))
    return {
        name: values.draw(rng) if isinstance(values, Range) else values[rng.integers(len(values))]
        for name, values in space.items()
    }


def as_json(space: Space) -> dict[str, Any]:
    """Return the space as JSON can hold it; two spaces are the same if these are."""
    return {
        name: str(values) if isinstance(values, Range) else [_plain(value) for value in values]
        for name, values in space.items()
    }


def distribution(values: tuple[Value, ...] | Range) -> Any:
    """Return the values as one of Optuna's distributions; hidden layers are texts there."""
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


def _plain(value: Any) -> Any:
    return text(value) if isinstance(value, tuple) else value


def _values(name: str, value: object) -> tuple[Value, ...] | Range:
    kind = SETTINGS[name].kind
    if kind in ("whole", "number"):
        only = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
        if isinstance(only, str) and ":" in only:
            return _range(name, only, kind == "whole")
    if isinstance(value, list | tuple):
        if not value:
            raise InputError("there are no values: give at least one.")
        if name == "hidden" and all(type(width) is int for width in value):
            raise InputError(
                f"{value!r} may mean one network or several: write [{value!r}] for one with these layers, or "
                f"{[[width] for width in value]!r} for several of one layer."
            )
        if kind in ("whole", "number"):
            ranges = [each for each in value if isinstance(each, str) and ":" in each]
            if ranges:
                raise InputError(f"{ranges[0]!r} is a range: give it alone, or values only.")
        values = tuple(read_value(name, each) for each in value)
    else:
        values = (read_value(name, value),)
    twice = next((each for each in values if values.count(each) > 1), _NONE)
    if twice is not _NONE:
        raise InputError(f"{text(twice)} is there twice: give each value once.")
    return values


_NONE: Any = object()


def _range(name: str, value: str, whole: bool) -> Range:
    low, high, *rest = [part.strip() for part in value.split(":")]
    if rest not in ([], ["log"]):
        raise InputError(f"{value!r} is no range: write low:high or low:high:log.")
    ends = [read_value(name, end) for end in (low, high)]
    if None in ends:
        raise InputError(f"{value!r} is no range: none is no number.")
    bottom, top = (float(end) for end in ends)  # type: ignore[arg-type]
    if not bottom < top:
        raise InputError(f"the range {value!r} is empty: write the lower end first.")
    if rest and bottom <= 0:
        raise InputError(f"the range {value!r} has no logarithm at its lower end: start above 0.")
    return Range(bottom, top, bool(rest), whole)


def suggest(trial: Any, space: Space) -> dict[str, Any]:
    """Return the settings that the sampler of an Optuna trial chooses, or has chosen."""
    from optuna.distributions import CategoricalDistribution, IntDistribution

    params = {}
    for name, values in space.items():
        each = distribution(values)
        if isinstance(each, CategoricalDistribution):
            params[name] = trial.suggest_categorical(name, each.choices)
        elif isinstance(each, IntDistribution):
            params[name] = trial.suggest_int(name, each.low, each.high, log=each.log)
        else:
            params[name] = trial.suggest_float(name, each.low, each.high, log=each.log)
    return from_optuna(params)
