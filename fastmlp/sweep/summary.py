"""What `fastmlp sweep` says at the end: as text, and as the object of --json."""

from typing import Any

from fastmlp.sweep.plan import Sweep
from fastmlp.sweep.results import Result, described
from fastmlp.sweep.settings import text
from fastmlp.terminal import duration, table

SHOWN = 10
"""Combinations, the best ones."""
MOST_REASONS = 3


def summary(sweep: Sweep, result: Result) -> str:
    """Return the best combinations, and where everything is."""
    counts = {state: result.count(state) for state in ("complete", "pruned", "failed")}
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
            ("best", described(sweep, best["settings"])),
            ("held-out accuracy", _spread(best, "validation_accuracy")),
        ]
        rows += [("test accuracy", _spread(best, "test_accuracy"))]
    beside = "results.csv, best.safetensors and pictures" if result.best else "results.csv"
    rows.append(("results", f"{result.folder / 'report.html'}, {beside} beside it"))
    return f"{_ranking(sweep, result)}\n\n{table(rows)}" if len(result.settings) > 1 else table(rows)


def as_json_object(sweep: Sweep, result: Result) -> dict[str, Any]:
    """Return the result of `sweep --json`."""
    best = result.best
    return {
        "name": sweep.name,
        "sampler": sweep.sampler,
        "settings": len(result.settings),
        "networks": len(result.rows),
        **{state: result.count(state) for state in ("complete", "pruned", "failed")},
        "trained": result.trained,
        "seconds": result.seconds,
        "networks_per_second": result.trained / result.seconds,
        "best": best and {key: value for key, value in best.items() if not key.endswith("_range")},
        "folder": str(result.folder),
        "results": str(result.folder / "results.csv"),
        "report": str(result.folder / "report.html"),
        "model": str(result.folder / "best.safetensors") if best else None,
    }


def _ranking(sweep: Sweep, result: Result) -> str:
    """Return the best combinations as a table."""
    names = list(sweep.searched)
    header = [name.replace("_", " ") for name in names] + ["held-out", "test", "seconds", "parameters", "networks"]
    lines = [header]
    for each in result.settings[:SHOWN]:
        cells = [text(each["settings"][name]) for name in names]
        cells += [f"{each['validation_accuracy']:.2%}", f"{each['test_accuracy']:.2%}"]
        cost = ["", ""] if each["n_params"] is None else [f"{each['seconds']:.2f}", f"{each['n_params']:,.0f}"]
        lines.append([*cells, *cost, str(each["networks"])])
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    aligned = ["  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]
    left = len(result.settings) - SHOWN
    return "\n".join([*aligned, f"... and {left} more in report.html"] if left > 0 else aligned)


def _spread(best: dict[str, Any], name: str) -> str:
    low, high = best[f"{name}_range"]
    seeds = f"  (median of {best['networks']} seeds, {low:.2%} to {high:.2%})" if best["networks"] > 1 else ""
    return f"{best[name]:.2%}{seeds}"
