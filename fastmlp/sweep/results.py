"""What a sweep has come to: a row for each network, the medians of each setting, the best, and the trade-offs.

Made from the store alone, so that every process and every later look gives the same.
"""

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from fastmlp.files import write_text
from fastmlp.sweep.plan import Sweep
from fastmlp.sweep.settings import SETTINGS, hidden_layers, text
from fastmlp.sweep.space import from_optuna

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


@dataclass(frozen=True)
class Result:
    """The end of a sweep.

    Attributes
    ----------
    rows : list of dict
        One a network, as in results.csv, by setting and seed; `state` is "complete", "pruned" or "failed" (with its
        `reason`), `curve` has the loss, the accuracy and, where it was evaluated, the held-out accuracy of each epoch.
    settings : list of dict
        One a combination: `settings`, and the medians over its seeds, the best first.
    best : dict or None
        The first of them, with the `seed` of its best network, which is in best.safetensors.
    folder : Path
    seconds : float
        How long this call has taken.
    trained : int
        Networks that it has trained.
    """

    rows: list[dict[str, Any]]
    settings: list[dict[str, Any]]
    best: dict[str, Any] | None
    folder: Path
    seconds: float
    trained: int

    def count(self, state: str) -> int:
        """Return the number of rows of a state."""
        return sum(row["state"] == state for row in self.rows)


def counting(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return the finished trials of `trials`, which has no lost ones: one an entry of the plan, in its order."""
    by_entry: dict[int, FrozenTrial] = {}
    for trial in trials:
        if trial.state in FINISHED and "entry" in trial.user_attrs:
            by_entry.setdefault(trial.user_attrs["entry"], trial)
    return [by_entry[entry] for entry in sorted(by_entry)]


def settings_of(sweep: Sweep, trial: FrozenTrial) -> dict[str, Any]:
    """Return all settings of a trial."""
    searched = {name: value for name, value in trial.params.items() if name in SETTINGS}
    known = sweep.plan[trial.user_attrs["entry"]].settings or {}
    return sweep.base | sweep.fixed | from_optuna(searched) | known


def rows_of(sweep: Sweep, trials: Iterable[FrozenTrial]) -> list[dict[str, Any]]:
    """Return a row for each network of the finished trials, sorted by setting and seed."""
    rows = []
    for trial in counting(trials):
        entry = sweep.plan[trial.user_attrs["entry"]]
        settings = settings_of(sweep, trial)
        about = {"trial": trial.number, "setting": entry.setting}
        about |= {name: settings[name] for name in SETTINGS if name in settings} | {"hidden": hidden_layers(settings)}
        for result in trial.user_attrs.get("results", []):
            state = "pruned" if trial.state is TrialState.PRUNED else "complete"
            rows.append(about | result | {"hidden": about["hidden"], "state": state, "reason": ""})
        rows += [about | failure | {"state": "failed"} for failure in trial.user_attrs.get("failures", [])]
    return sorted(rows, key=lambda row: (row["setting"], row["seed"]))


def summaries(sweep: Sweep, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the medians of each setting's networks, the most accurate on the held-out samples first.

    A network that failed counts as one that is never right, and a pruned one as it was when it was stopped. Where no
    network is complete the setting comes last.
    """
    found = []
    for number in dict.fromkeys(row["setting"] for row in rows):
        own = [row for row in rows if row["setting"] == number]
        whole = [row for row in own if row["state"] == "complete"]
        summary = {
            "setting": number,
            "settings": {name: own[0][name] for name in SETTINGS if name in own[0]},
            "networks": len(own),
            "complete": len(whole),
        }
        for name in ("validation_accuracy", "test_accuracy"):
            values = [row.get(name, 0.0) for row in own]
            summary |= {name: statistics.median(values), f"{name}_range": (min(values), max(values))}
        for name in ("seconds", "n_params"):
            known = [row[name] for row in own if name in row]
            summary[name] = statistics.median(known) if known else None
        if whole:
            summary["seed"] = max(whole, key=lambda row: (row["validation_accuracy"], -row["seed"]))["seed"]
        found.append(summary)
    return sorted(found, key=_rank)


def _rank(summary: dict[str, Any]) -> tuple[Any, ...]:
    return not summary["complete"], -summary["validation_accuracy"], summary["n_params"] or 0, summary["setting"]


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which (cost, value) no other beats in both, by rising cost."""
    front, best = [], float("-inf")
    for number in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if points[number][1] > best:
            front.append(number)
            best = points[number][1]
    return front


def to_csv(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the rows, whole or not at all; what a row does not have is an empty cell."""
    names = [name for name in SETTINGS if any(name in row for row in rows)]
    columns = ["trial", "setting", *names, "seed", "state", *MEASURED, "reason"]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"hidden": text(row["hidden"])})
    write_text(path, out.getvalue())


def described(sweep: Sweep, settings: dict[str, Any]) -> str:
    """Return the settings that this sweep varies, as people write them."""
    names = list(sweep.searched) or ["hidden"]
    return ", ".join(f"{name.replace('_', ' ')} {text(settings[name])}" for name in names if name in settings)
