"""The result of a sweep as text, and as the object of --json."""

from typing import Any

from fastmlp.sweep.config import SweepConfig
from fastmlp.sweep.results import STATES, SweepResult, describe
from fastmlp.sweep.settings import value_text
from fastmlp.system.terminal import duration, table

SHOWN = 10
"""Combinations in the table, the best ones."""
MOST_REASONS = 3
"""Reasons of failures that are named."""


def summary_text(config: SweepConfig, result: SweepResult) -> str:
    """Return the best combinations and the places of the results, for the terminal."""
    counts = {state: result.count(state) for state in STATES}
    done = f"{len(result.rows)} ({', '.join(f'{n} {state}' for state, n in counts.items() if n)})"
    rows = [("networks", done)]
    if result.trained:
        rate = f", {result.trained / result.seconds:.2f} a second"
        rows.append(("this time", f"{result.trained} in {duration(result.seconds)}{rate}"))
    reasons = dict.fromkeys(row["reason"] for row in result.rows if row["state"] == "failed")
    rows += [("failed", reason) for reason in list(reasons)[:MOST_REASONS]]
    if result.best:
        best = result.best
        rows += [
            ("best", describe(config, best["settings"])),
            ("held-out accuracy", _spread(best, "validation_accuracy")),
            ("test accuracy", _spread(best, "test_accuracy")),
        ]
    beside = "results.csv, best.safetensors and pictures" if result.best else "results.csv"
    rows.append(("results", f"{result.folder / 'report.html'}, {beside} beside it"))
    return f"{_ranking(config, result)}\n\n{table(rows)}" if len(result.combinations) > 1 else table(rows)


def summary_json(config: SweepConfig, result: SweepResult) -> dict[str, Any]:
    """Return the object that `fastmlp sweep --json` prints."""
    best = result.best
    return {
        "name": config.name,
        "sampler": config.sampler,
        "settings": len(result.combinations),
        "networks": len(result.rows),
        **{state: result.count(state) for state in STATES},
        "trained": result.trained,
        "seconds": result.seconds,
        "networks_per_second": result.trained / result.seconds,
        "best": best and {key: value for key, value in best.items() if not key.endswith("_range")},
        "folder": str(result.folder),
        "results": str(result.folder / "results.csv"),
        "report": str(result.folder / "report.html"),
        "model": str(result.folder / "best.safetensors") if best else None,
    }


def _ranking(config: SweepConfig, result: SweepResult) -> str:
    """Return the best combinations as a table."""
    names = list(config.searched)
    header = [name.replace("_", " ") for name in names] + ["held-out", "test", "seconds", "parameters", "networks"]
    lines = [header]
    for each in result.combinations[:SHOWN]:
        cells = [value_text(each["settings"][name]) for name in names]
        cells += [f"{each['validation_accuracy']:.2%}", f"{each['test_accuracy']:.2%}"]
        cost = ["", ""] if each["n_params"] is None else [f"{each['seconds']:.2f}", f"{each['n_params']:,.0f}"]
        lines.append([*cells, *cost, str(each["networks"])])
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    aligned = ["  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]
    left = len(result.combinations) - SHOWN
    return "\n".join([*aligned, f"... and {left} more in report.html"] if left > 0 else aligned)


def _spread(best: dict[str, Any], name: str) -> str:
    """Return the median of an accuracy and, if there are several seeds, its range."""
    low, high = best[f"{name}_range"]
    seeds = f"  (median of {best['networks']} seeds, {low:.2%} to {high:.2%})" if best["networks"] > 1 else ""
    return f"{best[name]:.2%}{seeds}"
