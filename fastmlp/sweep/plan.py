"""Sweep: what is to be trained, as said in Python, in a TOML file or with flags; and the plan of its trials.

Checked as a whole before anything is trained. Imports the space and the presets; knows no study and no data.
"""

import dataclasses
import math
import re
import tomllib
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastmlp.errors import InputError, unknown_name
from fastmlp.inputs import as_seed, positive_float, positive_int
from fastmlp.presets import preset as find_preset
from fastmlp.sweep.settings import SETTINGS, hidden_layers
from fastmlp.sweep.space import Range, Space, as_json, draw, grid, read_space

if TYPE_CHECKING:
    from fastmlp.sweep.results import Result

SAMPLERS = ("grid", "random", "tpe")
OBJECTIVES = {"accuracy": "maximize", "seconds": "minimize", "parameters": "minimize"}
MOST_TRIALS = 1_000_000


@dataclasses.dataclass(frozen=True)
class Trial:
    """One entry of the plan.

    Attributes
    ----------
    setting : int
        The number of the combination of settings.
    settings : dict or None
        The combination; None where the sampler chooses it when the trial begins.
    seeds : tuple of int
        Of the networks to train, one after the other: one where the combination is known, so that each network is a
        trial of its own; all where the sampler waits for their median.
    """

    setting: int
    settings: dict[str, Any] | None
    seeds: tuple[int, ...]


class Sweep:
    """Many trainings: every combination of some settings, or some that a sampler chooses, each with several seeds.

    Parameters
    ----------
    settings : mapping
        For each setting (`fastmlp.sweep.SETTINGS`) a value, a list of values, or a range: "0.1:1", "0.001:1:log",
        "8:2048:log". What is not there is as the preset has it.
    data : str, optional
        A data set's name or path; by default as for `fastmlp train`.
    preset : str
    sampler : {"grid", "random", "tpe"}, optional
        All combinations; drawn at random; or chosen from what was best so far. By default "grid" where there is no
        range, else "tpe".
    trials : int, optional
        The number of combinations, for "random" and "tpe".
    seeds : int or sequence of int
        Each combination is trained with each of these (0, 1, ... for a number), and judged by the median.
    seed : int
        Of the sampler and of the choice of the held-out samples.
    held_out : float
        Share of the training samples that are not trained on: the networks are judged by their accuracy on them. The
        test samples are for the final figures only.
    objectives : sequence of {"accuracy", "seconds", "parameters"}
        What "tpe" looks for: the accuracy, or the best trade-offs between several.
    prune : bool
        Stop hopeless networks early, by successive halving on the held-out samples after 1, 3, 9, ... epochs.
    name : str
        Of the study in the store.
    where : function, optional
        From the name of an argument or a setting to what the messages call it, such as a line of a file.

    Raises
    ------
    InputError
        Whatever is wrong, before anything is trained.

    Examples
    --------
    >>> sweep = Sweep({"hidden": [(16, 16), (64,)], "learning_rate": [0.5, 2.0], "epochs": 3}, data="mnist", seeds=5)
    >>> result = sweep.run("runs/sweep", jobs=2)
    >>> result.best["settings"], result.best["validation_accuracy"]
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        data: str | None = None,
        *,
        preset: str = "lecture",
        sampler: str | None = None,
        trials: int | None = None,
        seeds: int | Sequence[int] = 1,
        seed: int = 0,
        held_out: float = 0.1,
        objectives: Sequence[str] = ("accuracy",),
        prune: bool = False,
        name: str = "sweep",
        where: Callable[[str], str] = str,
    ) -> None:
        self.data, self.preset, self.name = data, preset, name
        for key in ("data", "preset", "name"):
            if not isinstance(getattr(self, key), str | None):
                raise InputError(f"{where(key)} is {getattr(self, key)!r}: pass a text.")
        if not name or not name.isprintable() or "/" in name or "\\" in name or name in (".", ".."):
            raise InputError(f"{where('name')} is {name!r}: pass a name without slashes, which a folder can have.")
        recipe = dataclasses.asdict(_with(where, "preset", find_preset, preset))
        if "width" in settings or "depth" in settings:
            del recipe["hidden"]
        self.space: Space = read_space(settings, where)
        self.base = {key: value for key, value in recipe.items() if key in SETTINGS and key not in self.space}
        self.searched: Space = {key: values for key, values in self.space.items() if _varies(values)}
        self.fixed = {key: values[0] for key, values in self.space.items() if key not in self.searched}  # type: ignore[index]
        self.seed = _with(where, "seed", _as_seed, seed)
        self.seeds = _as_seeds(seeds, where)
        self.held_out = _with(where, "held_out", lambda value: positive_float("held_out", value), held_out)
        if self.held_out >= 1:
            raise InputError(f"{where('held_out')} is {held_out}: pass a share between 0 and 1, such as 0.1.")
        several = isinstance(objectives, list | tuple)
        self.objectives: tuple[str, ...] = tuple(objectives) if several else (objectives,)  # type: ignore[assignment]
        for objective in self.objectives:
            if objective not in list(OBJECTIVES):  # not hashed: it may be a table
                raise InputError(f"{where('objectives')}: {unknown_name('objective', objective, OBJECTIVES)}")
        if not self.objectives or len(set(self.objectives)) < len(self.objectives):
            raise InputError(f"{where('objectives')} is {list(self.objectives)}: give one or more, each once.")
        if "accuracy" not in self.objectives:
            raise InputError(f"{where('objectives')}: accuracy must be one of them; the best network is judged by it.")
        if not isinstance(prune, bool):
            raise InputError(f"{where('prune')} is {prune!r}: write true or false.")
        self.prune = prune
        if prune and self.objectives != ("accuracy",):
            raise InputError(f"{where('prune')}: only sweeps for accuracy alone can be pruned.")
        ranges = [key for key, values in self.space.items() if isinstance(values, Range)]
        self.sampler = ("tpe" if ranges else "grid") if sampler is None else sampler
        if self.sampler not in SAMPLERS:
            raise InputError(f"{where('sampler')}: {unknown_name('sampler', sampler, SAMPLERS)}")
        if self.sampler == "grid":
            if ranges:
                raise InputError(f"{where(ranges[0])}: a grid has no ranges: give values, or sampler random or tpe.")
            if trials is not None:
                raise InputError(f"{where('trials')}: a grid tries every combination: leave `trials` out.")
        elif trials is None:
            why = "there are ranges to search" if sampler is None else f"the sampler {self.sampler} has no end"
            raise InputError(f"{where('trials')}: {why}: say with `trials` how many to try.")
        n: int = _with(where, "trials", lambda value: positive_int("trials", value), 1 if trials is None else trials)
        self.trials = n
        if not 1 <= self.n_settings * len(self.seeds) <= MOST_TRIALS:
            raise InputError(f"{self.n_settings * len(self.seeds):,} trainings are too many: give fewer values.")

    @classmethod
    def from_toml(cls, path: str | Path, **changes: Any) -> "Sweep":
        """Read a sweep file: the arguments of Sweep, and a table [settings].

        Parameters
        ----------
        path : path
        **changes
            Arguments that replace the file's; `settings` replaces single settings. None leaves one as it is.

        Raises
        ------
        InputError
            No such file, no TOML, or whatever is wrong in it, with its line.
        """
        path = Path(path)
        try:
            source = path.read_text(encoding="utf-8")
            content = tomllib.loads(source)
        except FileNotFoundError:
            raise InputError(f"There is no sweep file {str(path)!r}: pass the path of a TOML file.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: this is no TOML ({error}).") from None
        lines = _lines_of_keys(source)
        changed = {key: value for key, value in changes.items() if value is not None}

        def where(key: str) -> str:
            flagged = key in changed or key in changed.get("settings", {})
            line = None if flagged else lines.get(("settings", key) if key in settings else ("", key))
            return flag(key) if flagged else f"{path}, line {line}: {key}" if line else f"{path}: {key}"

        settings = content.pop("settings", {})
        if not isinstance(settings, dict):
            raise InputError(f"{path}, line {lines.get(('', 'settings'))}: settings is no table: write [settings].")
        for key in content:
            if key not in ARGUMENTS:
                misplaced = key in SETTINGS and " (it belongs below [settings])"
                raise InputError(f"{where(key)}: {unknown_name('key', key, ARGUMENTS)}{misplaced or ''}")
        if not settings and not changed.get("settings"):
            raise InputError(f"{path}: there is nothing to sweep: write settings below [settings].")
        arguments = {"name": path.stem} | content | changed
        settings = settings | changed.get("settings", {})
        return cls(**arguments | {"settings": settings}, where=where)

    @property
    def n_settings(self) -> int:
        """The number of combinations."""
        if self.sampler != "grid":
            return self.trials
        return math.prod(len(values) for values in self.space.values() if isinstance(values, tuple))

    @cached_property
    def plan(self) -> list[Trial]:
        """The trials in the order in which they begin: where the settings are known, those with most work first.

        The long ones at the end would keep one core busy while the others have nothing left to do.
        """
        if self.sampler == "tpe":
            return [Trial(number, None, self.seeds) for number in range(self.trials)]
        if self.sampler == "grid":
            points = list(grid(self.space))
        else:
            points = [draw(self.space, self.seed, number) for number in range(self.trials)]
        trials = [Trial(number, point, (seed,)) for number, point in enumerate(points) for seed in self.seeds]
        return sorted(trials, key=lambda trial: -self.work(trial.settings or {}))

    def work(self, settings: Mapping[str, Any]) -> float:
        """Return about how long the training of `settings` takes, in a unit of no meaning."""
        whole = {**self.base, **self.fixed, **settings}
        widths = hidden_layers(whole)
        weights = 200 * (widths[0] if widths else 10) + sum(a * b for a, b in pairwise(widths))
        return float(weights + 2000) * float(whole.get("epochs", 1))  # 200: of the inputs, few are not zero

    def to_json(self) -> dict[str, Any]:
        """Return all that decides what this sweep gives, but the data, as JSON can hold it.

        `plan` is a checksum of what each entry is: finished trials are found again by their entry alone.
        """
        return {
            "settings": as_json(self.space),
            "preset": as_json({key: (value,) for key, value in self.base.items()}),
            "sampler": self.sampler,
            "trials": self.n_settings,
            "seeds": list(self.seeds),
            "seed": self.seed,
            "held_out": self.held_out,
            "objectives": list(self.objectives),
            "prune": self.prune,
            "plan": f"{zlib.crc32(repr(self.plan).encode()):08x}",
        }

    def run(self, out: str | Path, **options: Any) -> "Result":
        """Do what is left of this sweep; see `fastmlp.sweep.run_sweep`."""
        from fastmlp.sweep.run import run_sweep

        return run_sweep(self, out, **options)


ARGUMENTS = ("data", "preset", "sampler", "trials", "seeds", "seed", "held_out", "objectives", "prune", "name")
"""What a sweep file may hold beside its settings."""
FLAGS = {"objectives": "objective"}


def flag(key: str) -> str:
    """Return what the command line calls an argument of Sweep or a setting."""
    return f"--{FLAGS.get(key, key).replace('_', '-')}"


def _varies(values: Any) -> bool:
    return isinstance(values, Range) or len(values) > 1


def _with(where: Callable[[str], str], key: str, check: Callable[[Any], Any], value: object) -> Any:
    """Return check(value); what is wrong is said with the place of `key`."""
    try:
        return check(value)
    except InputError as error:
        place = where(key)
        raise InputError(str(error) if place == key else f"{place}: {error}") from None


def _as_seeds(seeds: Any, where: Callable[[str], str]) -> tuple[int, ...]:
    if isinstance(seeds, list | tuple):
        checked = tuple(_with(where, "seeds", _as_seed, seed) for seed in seeds)
        if not checked or len(set(checked)) < len(checked):
            raise InputError(f"{where('seeds')} is {list(seeds)}: give one or more, each once.")
        return checked
    n: int = _with(where, "seeds", lambda value: positive_int("seeds", value), seeds)
    if n > MOST_TRIALS:
        raise InputError(f"{where('seeds')} is {n:,}: give at most {MOST_TRIALS:,}.")
    return tuple(range(n))


def _as_seed(value: object) -> int:
    if isinstance(value, bool):
        raise InputError(f"seed is {value!r}: pass a whole number of at least 0.")
    return as_seed(value)


def _lines_of_keys(source: str) -> dict[tuple[str, str], int]:
    """Return the line, from 1, of each key of a TOML text, by (table, key); tomllib does not tell."""
    lines, table = {}, ""
    for number, line in enumerate(source.splitlines(), start=1):
        if header := re.match(r"\s*\[\[?\s*([\w-]+)\s*\]", line):
            table = header[1]
            lines["", table] = number
        elif key := re.match(r"""\s*(?:(\w+)\s*\.\s*)?["']?([\w-]+)["']?\s*=""", line):
            lines.setdefault((key[1] or table, key[2]), number)
    return lines
