"""Results of a sweep: a row for each network, medians of each combination, the best one, and the trade-offs.

They are made from the store alone, so that every process and every later look gives the same.
"""

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from fastmlp.errors import InputError
from fastmlp.sweep.config import SweepConfig
from fastmlp.sweep.settings import SETTINGS, hidden_layers, value_text
from fastmlp.sweep.space import from_optuna
from fastmlp.system.files import write_text
from fastmlp.system.numbers import is_number

MEASURED = (
    "n_params",
    "epochs_trained",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "test_loss",
    "test_accuracy",
    "seconds",
    "samples_per_second",
)
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
STATES = ("complete", "pruned", "failed")


@dataclass(frozen=True)
class SweepResult:
    """The results of a sweep.

    Attributes
    ----------
    rows : list of dict
        One row for each network as in results.csv, sorted by combination and seed. `state` is "complete", "pruned" or
        "failed" (with its `reason`). `curve` has the loss, the accuracy and, if it was evaluated, the held-out
        accuracy of each epoch.
    combinations : list of dict
        For each combination its `settings` and the medians over its seeds, the best first.
    best : dict or None
        The first of them, with the `seed` of its best network, which is in best.safetensors.
    folder : Path
    seconds : float
        Duration of this call.
    trained : int
        Number of networks that this call trained.
    """

    rows: list[dict[str, Any]]
    combinations: list[dict[str, Any]]
    best: dict[str, Any] | None
    folder: Path
    seconds: float
    trained: int

    def count(self, state: str) -> int:
        """Return the number of networks with a state."""
        return sum(row["state"] == state for row in self.rows)


def finished_trials(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return one finished trial for each finished entry of the plan, in its order; `trials` has no lost ones."""
    by_entry: dict[int, FrozenTrial] = {}
    for trial in trials:
        if trial.state in FINISHED and "entry" in trial.user_attrs:
            by_entry.setdefault(trial.user_attrs["entry"], trial)
    return [by_entry[entry] for entry in sorted(by_entry)]


def check_stored(config: SweepConfig, trials: Iterable[FrozenTrial]) -> None:
    """Raise InputError if the results that a store holds can't be those of this sweep: somebody has changed them."""
    number = -1
    try:
        for trial in trials:
            number = trial.number
            if not 0 <= trial.user_attrs.get("entry", 0) < len(config.planned_trials):
                raise IndexError
            for row in rows_of(config, [trial]):
                if not _holds_numbers(row):
                    raise TypeError
            combinations_of(rows_of(config, [trial]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        raise InputError(
            f"The store is damaged: trial {number} is none of this sweep's; choose another folder with --out."
        ) from None


def _holds_numbers(row: dict[str, Any]) -> bool:
    """Return True if the figures of a network, where it has them, and its learning curve are numbers."""
    figures = [row[name] for name in ("seed", *MEASURED) if name in row]
    known = [value for loss, *accuracies in row.get("curve", ()) for value in (loss, *accuracies) if value is not None]
    return all(is_number(value) for value in (*figures, *known))


def settings_of(config: SweepConfig, trial: FrozenTrial) -> dict[str, Any]:
    """Return the complete combination of a trial."""
    searched = {name: value for name, value in trial.params.items() if name in SETTINGS}
    known = config.planned_trials[trial.user_attrs["entry"]].settings or {}
    return config.fixed | from_optuna(searched) | known


def rows_of(config: SweepConfig, trials: Iterable[FrozenTrial]) -> list[dict[str, Any]]:
    """Return a row for each network of the finished trials, sorted by combination and seed."""
    rows = []
    for trial in finished_trials(trials):
        planned = config.planned_trials[trial.user_attrs["entry"]]
        settings = settings_of(config, trial)
        about = {"trial": trial.number, "setting": planned.combination}
        about |= {name: settings[name] for name in SETTINGS if name in settings} | {"hidden": hidden_layers(settings)}
        for result in trial.user_attrs.get("results", []):
            state = "pruned" if trial.state is TrialState.PRUNED else "complete"
            rows.append(about | result | {"hidden": about["hidden"], "state": state, "reason": ""})
        rows += [about | failure | {"state": "failed"} for failure in trial.user_attrs.get("failures", [])]
    return sorted(rows, key=lambda row: (row["setting"], row["seed"]))


def combinations_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the medians of each combination's networks, the most accurate on the held-out samples first.

    A network that failed counts with an accuracy of 0, and a pruned one with what it reached when it was stopped. A
    combination without a complete network comes last.
    """
    by_number: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_number.setdefault(row["setting"], []).append(row)
    return sorted((_medians(own) for own in by_number.values()), key=_rank)


def _medians(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of one combination's networks."""
    complete = [row for row in rows if row["state"] == "complete"]
    medians = {
        "setting": rows[0]["setting"],
        "settings": {name: rows[0][name] for name in SETTINGS if name in rows[0]},
        "networks": len(rows),
        "complete": len(complete),
    }
    for name in ("validation_accuracy", "test_accuracy"):
        values = [row.get(name, 0.0) for row in rows]
        medians |= {name: statistics.median(values), f"{name}_range": (min(values), max(values))}
    for name in ("seconds", "n_params"):
        known = [row[name] for row in rows if name in row]
        medians[name] = statistics.median(known) if known else None
    if complete:
        medians["seed"] = max(complete, key=lambda row: (row["validation_accuracy"], -row["seed"]))["seed"]
    return medians


def _rank(medians: dict[str, Any]) -> tuple[Any, ...]:
    return not medians["complete"], -medians["validation_accuracy"], medians["n_params"] or 0, medians["setting"]


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the indices of the points (cost, value) that no other beats in both, by rising cost."""
    front, best = [], float("-inf")
    for number in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if points[number][1] > best:
            front.append(number)
            best = points[number][1]
    return front


def write_csv(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the rows to a CSV file, whole or not at all; a value that a row does not have is an empty cell."""
    names = [name for name in SETTINGS if any(name in row for row in rows)]
    columns = ["trial", "setting", *names, "seed", "state", *MEASURED, "reason"]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"hidden": value_text(row["hidden"])})
    write_text(path, out.getvalue())


def describe(config: SweepConfig, settings: dict[str, Any]) -> str:
    """Return the hyperparameters that vary in a sweep, with their values in `settings`, as text."""
    names = list(config.searched) or ["hidden"]
    return ", ".join(f"{name.replace('_', ' ')} {value_text(settings[name])}" for name in names if name in settings)
