"""SweepConfig: what a sweep trains, as written in Python, in a TOML file or as flags, and the list of its trials.

It is checked as a whole before anything is trained. It knows neither the data nor the store of the sweep, and it does
not know how to run: `fastmlp.sweep.run_sweep` does.
"""

import dataclasses
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from fastmlp.errors import InputError, shown, unknown_name
from fastmlp.inputs.checks import as_seed, between_zero_and_one, positive_int
from fastmlp.presets.presets import find_preset
from fastmlp.sweep.errors import ConfigError, check, located
from fastmlp.sweep.settings import hidden_layers
from fastmlp.sweep.space import Range, Space, as_json, grid, read_space, sample, varies
from fastmlp.sweep.sweep_file import SweepFile
from fastmlp.training.hyperparameters import Hyperparameters

SAMPLERS = ("grid", "random", "tpe")
OBJECTIVES = {"accuracy": "maximize", "seconds": "minimize", "parameters": "minimize"}
MOST_TRIALS = 1_000_000
NOT_STORED = ("weight_init",)
"""Hyperparameters of a preset that the stores of sweeps do not have: they were added later, with the same effect."""


@dataclass(frozen=True)
class PlannedTrial:
    """One entry of a sweep's plan.

    Attributes
    ----------
    combination : int
        The number of the combination of hyperparameters.
    settings : dict or None
        The combination; None if the sampler chooses it when the trial begins.
    seeds : tuple of int
        Seeds of the networks, which are trained one after the other. A known combination has one seed a trial, so that
        each network is a trial of its own. A sampler that waits for the median over the seeds has all in one trial.
    """

    combination: int
    settings: dict[str, Any] | None
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class SweepConfig:
    """The configuration of a sweep: combinations of hyperparameters, each trained with several seeds.

    Parameters
    ----------
    settings : mapping
        For each hyperparameter (`fastmlp.sweep.SETTINGS`) a value, a list of values, or a range: "0.1:1",
        "0.001:1:log", "8:2048:log". The others are as in the preset.
    data : str, optional
        Name or path of a data set; by default as for `fastmlp train`.
    preset : str
    sampler : {"grid", "random", "tpe"}, optional
        "grid" tries all combinations, "random" samples them, and "tpe" chooses them from the best so far. By default
        "grid" if there is no range, else "tpe".
    trials : int, optional
        Number of combinations, for "random" and "tpe".
    seeds : int or sequence of int
        Each combination is trained with each of these seeds (0, 1, ... for a number) and judged by the median.
    seed : int
        Seed of the sampler and of the choice of the held-out samples.
    held_out : float
        Fraction of the training samples that are not trained on. Networks are judged by their accuracy on them; the
        test samples serve the final figures only.
    objectives : sequence of {"accuracy", "seconds", "parameters"}
        The objectives of "tpe": the accuracy, or the best trade-offs between several.
    prune : bool
        Stop hopeless networks early, by successive halving on the held-out samples after 1, 3, 9, ... epochs.
    name : str
        Name of the study in the store.

    Raises
    ------
    ConfigError
        An InputError that names the wrong argument or hyperparameter.

    Examples
    --------
    >>> settings = {"hidden": [(16, 16), (64,)], "learning_rate": [0.5, 2.0], "epochs": 3}
    >>> config = SweepConfig(settings, data="mnist", seeds=5)
    >>> result = run_sweep(config, "runs/sweep", jobs=2)
    >>> result.best["settings"], result.best["validation_accuracy"]
    """

    settings: Mapping[str, Any]
    data: str | None = None
    _: KW_ONLY
    preset: str = "lecture"
    sampler: str | None = None
    trials: int | None = None
    seeds: int | Sequence[int] = 1
    seed: int = 0
    held_out: float = 0.1
    objectives: Sequence[str] = ("accuracy",)
    prune: bool = False
    name: str = "sweep"

    def __post_init__(self) -> None:
        _check_texts(self)
        check("preset", lambda name: find_preset(str(name)), self.preset)
        ranges = [name for name, values in self.space.items() if isinstance(values, Range)]
        self._set("seed", check("seed", as_seed, self.seed))
        self._set("seeds", _as_seeds(self.seeds))
        self._set("held_out", check("held_out", lambda value: between_zero_and_one("held_out", value), self.held_out))
        self._set("objectives", _as_objectives(self.objectives))
        _check_prune(self.prune, self.objectives)
        chosen = _as_sampler(self.sampler, ranges)
        self._set("trials", _as_trials(self.trials, self.sampler, chosen))
        self._set("sampler", chosen)
        n = self.n_combinations * len(self.network_seeds)
        if not 1 <= n <= MOST_TRIALS:
            raise InputError(f"{n:,} trainings are too many: give fewer values.")

    def _set(self, name: str, value: object) -> None:
        """Put a field into its proper type."""
        object.__setattr__(self, name, value)

    @classmethod
    def from_toml(cls, path: str | Path, **changes: Any) -> "SweepConfig":
        """Read a sweep file: the arguments of SweepConfig, and a table [settings].

        Parameters
        ----------
        path : path
        **changes
            Arguments that replace those of the file; `settings` replaces single hyperparameters. None changes nothing.

        Raises
        ------
        InputError
            There is no such file, it is not TOML, or an entry is wrong: the message has its line.
        """
        file = SweepFile.read(Path(path))
        changed = {key: value for key, value in changes.items() if value is not None}
        settings = changed.pop("settings", {})
        with located(file.place({*changed, *settings})):
            file.check_keys(ARGUMENTS)
            if not file.settings and not settings:
                raise InputError(f"{path}: there is nothing to sweep: write settings below [settings].")
            arguments = {"name": file.path.stem} | file.arguments | changed
            return cls(file.settings | settings, **arguments)

    @cached_property
    def space(self) -> Space:
        """The values or the range of each hyperparameter in `settings`."""
        return read_space(self.settings)

    @cached_property
    def searched(self) -> Space:
        """The hyperparameters that vary."""
        return {name: values for name, values in self.space.items() if varies(values)}

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """All hyperparameters that do not vary: those of the preset, and those with one value in `settings`."""
        return self.from_preset | {
            name: values[0]
            for name, values in self.space.items()
            if not isinstance(values, Range) and name not in self.searched
        }

    @cached_property
    def from_preset(self) -> dict[str, Any]:
        """The hyperparameters of the preset that are not in `settings`."""
        preset = find_preset(self.preset)
        left_out = {*self.space, *NOT_STORED} | ({"hidden"} if {"width", "depth"} & {*self.space} else set())
        names = [field.name for field in dataclasses.fields(Hyperparameters) if field.name not in left_out]
        return {name: getattr(preset, name) for name in names}

    @cached_property
    def network_seeds(self) -> tuple[int, ...]:
        """The seeds with which each combination is trained."""
        return tuple(range(self.seeds)) if isinstance(self.seeds, int) else tuple(self.seeds)

    @cached_property
    def n_combinations(self) -> int:
        """The number of combinations."""
        if self.trials is not None:
            return self.trials
        return math.prod(len(values) for values in self.space.values() if not isinstance(values, Range))

    @cached_property
    def planned_trials(self) -> list[PlannedTrial]:
        """The trials in the order in which they begin: known combinations with most work first.

        A long one at the end would keep one core busy while the others have nothing left to do.
        """
        if self.sampler == "tpe":
            return [PlannedTrial(number, None, self.network_seeds) for number in range(self.n_combinations)]
        if self.sampler == "grid":
            points = list(grid(self.space))
        else:
            points = [sample(self.space, self.seed, number) for number in range(self.n_combinations)]
        trials = [
            PlannedTrial(number, point, (seed,)) for number, point in enumerate(points) for seed in self.network_seeds
        ]
        return sorted(trials, key=lambda trial: -self.work(trial.settings or {}))

    def work(self, settings: Mapping[str, Any]) -> float:
        """Return the relative training time of a combination, in an arbitrary unit."""
        complete = {**self.fixed, **settings}
        widths = hidden_layers(complete)
        weights = 200 * (widths[0] if widths else 10) + sum(a * b for a, b in pairwise(widths))  # few inputs are not 0
        return float(weights + 2000) * float(complete.get("epochs", 1))

    def to_json(self) -> dict[str, Any]:
        """Return all that decides the results of this sweep, except the data, in the types of JSON.

        Stores keep it, and a sweep goes on only where it is the same. `plan` is a checksum of the planned trials: a
        finished trial is found again by its place in the plan alone.
        """
        return {
            "settings": as_json(self.space),
            "preset": as_json({name: (value,) for name, value in self.from_preset.items()}),
            "sampler": self.sampler,
            "trials": self.n_combinations,
            "seeds": list(self.network_seeds),
            "seed": self.seed,
            "held_out": self.held_out,
            "objectives": list(self.objectives),
            "prune": self.prune,
            "plan": _checksum(self.planned_trials),
        }


ARGUMENTS = tuple(field.name for field in dataclasses.fields(SweepConfig) if field.name != "settings")
"""Top-level keys of a sweep file."""


def _checksum(trials: Sequence[PlannedTrial]) -> str:
    """Return the checksum of a plan, of a text that must stay as it is: stores of sweeps hold its checksum."""
    texts = [f"Trial(setting={each.combination}, settings={each.settings}, seeds={each.seeds})" for each in trials]
    text = f"[{', '.join(texts)}]"
    return f"{zlib.crc32(text.encode()):08x}"


def _check_texts(config: SweepConfig) -> None:
    for key in ("data", "preset", "name"):
        value = getattr(config, key)
        if not isinstance(value, str) and (key != "data" or value is not None):
            raise ConfigError(key, f" is {shown(value)}: pass a text.")
    name = config.name
    if not name or not name.isprintable() or "/" in name or "\\" in name or name in (".", ".."):
        raise ConfigError("name", f" is {shown(name)}: pass a name without slashes that a folder can have.")


def _as_seeds(seeds: object) -> tuple[int, ...]:
    if isinstance(seeds, list | tuple):
        checked = tuple(check("seeds", as_seed, seed) for seed in seeds)
        if not checked or len(set(checked)) < len(checked):
            raise ConfigError("seeds", f" is {shown(list(seeds))}: give one or more, each once.")
        return checked
    n = check("seeds", lambda value: positive_int("seeds", value), seeds)
    if n > MOST_TRIALS:
        raise ConfigError("seeds", f" is {shown(n)}: give at most {MOST_TRIALS:,}.")
    return tuple(range(n))


def _as_objectives(objectives: object) -> tuple[str, ...]:
    checked = tuple(objectives) if isinstance(objectives, list | tuple) else (objectives,)
    for objective in checked:
        if objective not in list(OBJECTIVES):  # compared and not hashed: it may be a table
            raise ConfigError("objectives", f": {unknown_name('objective', objective, OBJECTIVES)}")
    if not checked or len(set(checked)) < len(checked):
        raise ConfigError("objectives", f" is {shown(list(checked))}: give one or more, each once.")
    if "accuracy" not in checked:
        raise ConfigError("objectives", ": accuracy must be one of them; the best network is judged by it.")
    return checked


def _check_prune(prune: object, objectives: Sequence[str]) -> None:
    if not isinstance(prune, bool):
        raise ConfigError("prune", f" is {shown(prune)}: write true or false.")
    if prune and tuple(objectives) != ("accuracy",):
        raise ConfigError("prune", ": only sweeps for accuracy alone can be pruned.")


def _as_sampler(sampler: object, ranges: Sequence[str]) -> str:
    """Return the sampler, or the default one; `ranges` are the names of the hyperparameters with a range."""
    if sampler is None:
        return "tpe" if ranges else "grid"
    if sampler not in SAMPLERS:
        raise ConfigError("sampler", f": {unknown_name('sampler', sampler, SAMPLERS)}")
    if sampler == "grid" and ranges:
        raise ConfigError(ranges[0], ": a grid has no ranges: give values, or sampler random or tpe.")
    return str(sampler)


def _as_trials(trials: object, given: object, chosen: str) -> int | None:
    """Return the number of trials of a search, or None for a grid; `given` is the sampler that was passed."""
    if chosen == "grid":
        if trials is not None:
            raise ConfigError("trials", ": a grid tries every combination: leave `trials` out.")
        return None
    if trials is None:
        why = "there are ranges to search" if given is None else f"the sampler {chosen} has no end"
        raise ConfigError("trials", f": {why}: say with `trials` how many to try.")
    return check("trials", lambda value: positive_int("trials", value), trials)
