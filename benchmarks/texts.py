"""Numbers, conditions and Markdown tables as text. Pure functions."""

import statistics
from typing import Any

BUSY = 1.0
"""Load average above which the conditions say that other programs were running."""


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table whose columns are aligned in the source too."""
    widths = [max(len(row[k]) for row in (header, *rows)) for k in range(len(header))]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)) + " |"

    return "\n".join([line(header), "|" + "|".join("-" * (w + 2) for w in widths) + "|", *map(line, rows)])


def seconds_text(seconds: float) -> str:
    """Return seconds to three digits: 12.3 s, 1.23 s, 0.123 s, 12.3 ms."""
    if seconds < 0.1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s" if seconds >= 1 else f"{seconds:.3f} s"


def times_text(factor: float) -> str:
    """Return how many times as fast fastmlp is: 12x, 4.5x; **0.8x** if it is slower."""
    text = f"{factor:.0f}x" if factor >= 20 else f"{factor:.1f}x"
    return text if factor >= 1 else f"**{factor:.2f}x**"


def microseconds_text(seconds: float) -> str:
    """Return a short time in microseconds: 4.3 us, 250 us."""
    return f"{1e6 * seconds:.1f} us" if seconds < 1e-4 else f"{1e6 * seconds:,.0f} us"


def percent_range(values: list[float]) -> str:
    """Return median and range of fractions in percent: 96.12% (95.90% to 96.31%)."""
    return f"{statistics.median(values):.2%} ({min(values):.2%} to {max(values):.2%})"


def seconds_range(values: list[float]) -> str:
    """Return median and range of times: 1.23 s (1.11 s to 1.31 s)."""
    low, high = seconds_text(min(values)), seconds_text(max(values))
    return f"{seconds_text(statistics.median(values))} ({low} to {high})"


def targets_text(found: list[float | None]) -> str:
    """Return median and range of the seeds' times to a target; None is the time of a seed that missed it.

    The number of seeds that reached it is given if some missed it, and alone if too few for a median reached it.
    """
    reached = sorted(seconds for seconds in found if seconds is not None)
    if len(reached) == len(found):
        return seconds_range(reached)
    count = f"{len(reached)} of {len(found)} seeds"
    # a seed that missed the target took longer than any that reached it
    median = statistics.median_high([*reached, *[float("inf")] * (len(found) - len(reached))])
    if median == float("inf"):
        return count
    return f"{seconds_text(median)} ({seconds_text(reached[0])} to {seconds_text(reached[-1])}, {count})"


def seed_values(measured: dict[str, dict[str, Any]]) -> str:
    """Return the accuracy of every seed in %, one line for each name."""
    lines = (
        f"{name}: " + " ".join(f"{100 * value:.2f}" for value in each["accuracy"]) for name, each in measured.items()
    )
    return "\n".join(lines)


def conditions(result: dict[str, Any]) -> str:
    """Return the conditions of a measurement: machine, versions, data, date, command, skipped contestants, and load."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result["versions"].items()))
    skipped = "".join(f" Left out: {name} ({reason})." for name, reason in result["skipped"].items())
    data = "" if result["dataset"] == "none" else f"data set {result['dataset']}; "
    load = result.get("load") or 0.0
    busy = f" Other programs were running before (load {load:.1f}): the times may be too long."
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['vectors']}; Python {machine['python']}, {versions}; "
        f"{data}{result['date']}; `{result['command']}`.{skipped}{busy if load > BUSY else ''}"
    )


def shared_conditions(found: dict[str, dict[str, Any]]) -> str:
    """Return the conditions of several sections once if one machine measured all with the same versions, else of each.

    Versions are the same if no two sections name different ones: not every section has every contestant.
    """
    versions: dict[str, set[str]] = {}
    for result in found.values():
        for name, version in result["versions"].items():
            versions.setdefault(name, set()).add(version)
    machines = [result["machine"] for result in found.values()]
    if any(len(each) > 1 for each in versions.values()) or any(machine != machines[0] for machine in machines):
        return all_conditions(found)
    together: dict[str, Any] = {
        "machine": machines[0],
        "versions": {name: next(iter(each)) for name, each in versions.items()},
        "skipped": {name: why for result in found.values() for name, why in result["skipped"].items()},
        "dataset": ", ".join(sorted({result["dataset"] for result in found.values()} - {"none"})) or "none",
        "date": " to ".join(sorted({min(r["date"] for r in found.values()), max(r["date"] for r in found.values())})),
        "command": f"python -m benchmarks {' '.join(found)}",
        "load": max(result.get("load") or 0.0 for result in found.values()),
    }
    return conditions(together)


def all_conditions(measured: dict[str, dict[str, Any]]) -> str:
    """Return the conditions of each named measurement; names with the same conditions share a line."""
    names: dict[str, list[str]] = {}
    for name, each in measured.items():
        names.setdefault(conditions(each), []).append(name)
    return "\n".join(f"{', '.join(some)}: {text}" for text, some in names.items())
