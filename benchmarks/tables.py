"""Tables of the results as Markdown, for a terminal too: medians, ranges, ratios. Pure functions of results."""

import statistics
from typing import Any

from benchmarks.accuracy import seconds_to
from benchmarks.contestants import CONTESTANTS
from benchmarks.workloads import Workload
from fastmlp.presets import Recipe
from fastmlp.report import BUSY, epochs_text, recipe_network, recipe_rule

Result = dict[str, Any]


def best(by_threads: dict[str, list[float]]) -> tuple[int, list[float]]:
    """Return the number of threads with the smaller median, and its seconds, round by round.

    A number of threads that was given up early does not count: its few rounds may have been lucky ones.
    """
    most = max(map(len, by_threads.values()))
    whole = {threads: times for threads, times in by_threads.items() if len(times) == most}
    threads, times = min(whole.items(), key=lambda item: statistics.median(item[1]))
    return int(threads), times


def ratio(theirs: list[float], ours: list[float]) -> float:
    """Return the median of their time over ours within a round; lists may differ in length, rounds count from 0."""
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=False))


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
    """Return how many times as fast fastmlp is: 12x, 4.5x; **0.8x** where it is slower."""
    text = f"{factor:.0f}x" if factor >= 20 else f"{factor:.1f}x"
    return text if factor >= 1 else f"**{factor:.2f}x**"


def speed_table(result: Result) -> str:
    """Return seconds of an epoch by workload and contestant, with how many times as fast fastmlp is."""
    present = _present(name for each in result["workloads"].values() for name in each["seconds"])
    rows = []
    for name, measured in result["workloads"].items():
        workload, seconds = Workload.from_dict(measured["workload"]), measured["seconds"]
        ours = best(seconds["fastmlp"])[1] if "fastmlp" in seconds else None
        cells = [f"`{name}` {workload.title}"]
        for contestant in present:
            if contestant not in seconds:
                cells.append("")
                continue
            _, times = best(seconds[contestant])
            text = seconds_text(statistics.median(times))
            if contestant != "fastmlp" and ours is not None:
                text += f" ({times_text(ratio(times, ours))})"
            marked = CONTESTANTS[contestant].version_of(workload) != workload
            cells.append(text + (" \\*" if marked else ""))
        rows.append(cells)
    return markdown(["epoch of " + f"{result['samples']:,}", *(CONTESTANTS[name].title for name in present)], rows)


def speed_notes(result: Result) -> str:
    """Return what the table of speeds rests on."""
    lengths = [len(best(s)[1]) for each in result["workloads"].values() for s in each["seconds"].values()]
    rounds = " to ".join(map(str, sorted({min(lengths), max(lengths)})))
    threads = f"the better of 1 and {result['machine']['cores']} threads each (both in the first two rounds)"
    marked = "\\* trained with cross-entropy: it has no squared error. " if "\\*" in speed_table(result) else ""
    return (
        f"Medians of {rounds} interleaved rounds, {threads}, float32; in brackets how many times as fast fastmlp is, "
        "the median of the ratios within the rounds, bold where it is slower. All had the same loss after the same "
        "batches before. "
        f"{marked}{conditions(result)}"
    )


def conditions(result: Result) -> str:
    """Return machine, versions, data, date, command; who was left out; and whether others were at work."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result["versions"].items()))
    skipped = "".join(f" Left out: {name} ({reason})." for name, reason in result["skipped"].items())
    data = "" if result["dataset"] == "none" else f"data set {result['dataset']}; "
    load = result.get("load") or 0.0
    busy = f" Other programs had been running before (load {load:.1f}): the times may be too long."
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['vectors']}; Python {machine['python']}, {versions}; "
        f"{data}{result['date']}; `{result['command']}`.{skipped}{busy if load > BUSY else ''}"
    )


def target_table(result: Result, name: str) -> str:
    """Return the time in training to each accuracy by contestant: median over the seeds, and range."""
    curves = result["curves"][name]["contestants"]
    rows = []
    for contestant in _present(curves):
        curve = curves[contestant]
        cells = [CONTESTANTS[contestant].title]
        for target in result["targets"]:
            found = [seconds_to(target, *run) for run in zip(curve["seconds"], curve["accuracy"], strict=True)]
            cells.append(_over_seeds(found))
        rows.append(cells)
    return markdown([f"`{name}`", *(f"to {target:.0%}" for target in result["targets"])], rows)


def _over_seeds(found: list[float | None]) -> str:
    reached = sorted(seconds for seconds in found if seconds is not None)
    if len(reached) * 2 <= len(found):
        return f"{len(reached)} of {len(found)} seeds"
    # a seed that did not get there took longer than any that did
    median = statistics.median_high([*reached, *[float("inf")] * (len(found) - len(reached))])
    if median == float("inf"):
        return f"{len(reached)} of {len(found)} seeds"
    if len(reached) == len(found):
        median = statistics.median(reached)
    missing = "" if len(reached) == len(found) else f", {len(reached)} of {len(found)} seeds"
    return f"{seconds_text(median)} ({seconds_text(reached[0])} to {seconds_text(reached[-1])}{missing})"


def preset_table(result: Result) -> str:
    """Return the test accuracy at the end of each preset by the baseline and by fastmlp: median and range."""
    rows = []
    for name, measured in result["presets"].items():
        cells = [f"`{name}` {Workload.from_dict(measured['workload']).title}, {epochs_text(measured['epochs'])}"]
        for contestant in ("fastmlp", "numpy"):
            if contestant not in measured:
                cells.append("")
                continue
            seconds = statistics.median(measured[contestant]["seconds"])
            cells.append(f"{percent_range(measured[contestant]['accuracy'])} in {seconds_text(seconds)}")
        rows.append(cells)
    return markdown(["preset", "fastmlp", "NumPy"], rows)


def preset_notes(result: Result) -> str:
    """Return which presets are not compared, and why; an empty text where all are."""
    left_out = result.get("presets_left_out", {})
    reasons = "; ".join(f"`{name}` ({reason})" for name, reason in left_out.items())
    return f"The baseline can't train {reasons}." if left_out else ""


def reached_table(measured: dict[str, Result], what: str) -> str:
    """Return what recipes came to, by name: test accuracy and times, medians and ranges over the seeds."""
    rows = []
    for name, each in measured.items():
        rows.append(
            [
                name,
                recipe_rule(Recipe.from_dict(each["recipe"])) + _part(each),
                f"{each['n_params']:,}",
                percent_range(each["accuracy"]),
                _seconds_range(each["seconds"]),
                _seconds_range(each["fit_seconds"]),
                " or ".join(map(str, sorted(set(each["threads"])))),
            ]
        )
    return markdown([what, "rule", "parameters", "test accuracy", "training", "whole `fit`", "threads"], rows)


def record_table(measured: dict[str, Result]) -> str:
    """Return the speedrun's records, by name: network and rule, test accuracy and times over the seeds."""
    rows = []
    for name, each in measured.items():
        recipe = Recipe.from_dict(each["recipe"])
        times = (_seconds_range(each[which]) for which in ("fit_seconds", "seconds"))
        words = f"{recipe_network(recipe)}; {recipe_rule(recipe)}{_part(each)}"
        rows.append([name, *times, percent_range(each["accuracy"]), words])
    return markdown(["to", "time", "in training alone", "test accuracy", "network and rule"], rows)


def reaches(measured: Result, target: float) -> bool:
    """Return whether the median accuracy of ten seeds or more is `target`."""
    return len(measured["seeds"]) >= 10 and statistics.median(measured["accuracy"]) >= target


def _part(measured: Result) -> str:
    return "" if measured["samples"] == 60000 else f", the first {measured['samples']:,} samples"


def seed_values(measured: dict[str, Result]) -> str:
    """Return the accuracy of every seed in %, a line for each recipe."""
    lines = (
        f"{name}: " + " ".join(f"{100 * value:.2f}" for value in each["accuracy"]) for name, each in measured.items()
    )
    return "\n".join(lines)


def all_conditions(measured: dict[str, Result]) -> str:
    """Return the conditions of each recipe's values; what several share is said once."""
    names: dict[str, list[str]] = {}
    for name, each in measured.items():
        names.setdefault(conditions(each), []).append(name)
    return "\n".join(f"{', '.join(some)}: {text}" for text, some in names.items())


def percent_range(values: list[float]) -> str:
    """Return median and range of shares: 96.12% (95.90% to 96.31%)."""
    return f"{statistics.median(values):.2%} ({min(values):.2%} to {max(values):.2%})"


def _seconds_range(values: list[float]) -> str:
    low, high = seconds_text(min(values)), seconds_text(max(values))
    return f"{seconds_text(statistics.median(values))} ({low} to {high})"


def cost_table(result: Result) -> str:
    """Return the costs of a process that trains, by contestant: medians of the repeats."""
    rows = []
    for contestant in _present(result["trainings"]):
        states = result["trainings"][contestant]

        def median(state: str, what: str, states: Result = states) -> str:
            return seconds_text(statistics.median(run[what] for run in states[state]))

        memory = [run["memory"] for run in states["warm"] if run["memory"] is not None]
        rows.append(
            [
                CONTESTANTS[contestant].title,
                median("warm", "start"),
                median("cold", "compile"),
                median("warm", "compile"),
                median("warm", "prepare"),
                median("warm", "epoch"),
                median("warm", "total"),
                f"{statistics.median(memory) / 2**20:.0f} MB" if memory else "",
            ]
        )
    header = [
        "",
        "start, imports",
        "compiling, cold",
        "warm",
        "data prepared",
        "epoch",
        "whole process, warm",
        "memory",
    ]
    return markdown(header, rows)


def command_table(result: Result) -> str:
    """Return the times of whole commands."""
    rows = [
        [
            f"`{name}`",
            f"{seconds_text(statistics.median(times))} ({seconds_text(min(times))} to {seconds_text(max(times))})",
        ]
        for name, times in result["commands"].items()
    ]
    return markdown(["whole process, warm", "seconds"], rows)


def sweep_table(result: Result) -> str:
    """Return thousands of samples a second by contestant and point of a sweep."""
    what = {"widths": "units of the 2 hidden layers", "batches": "batch size"}[result["part"]]
    present = _present(name for point in result["points"] for name in point["seconds"])
    rows = []
    for point in result["points"]:
        rates = [
            f"{point['samples'] / statistics.median(best(point['seconds'][name])[1]) / 1e3:,.1f}" for name in present
        ]
        rows.append([str(point["x"]), *rates])
    return markdown([f"1,000 samples/s, by {what}", *(CONTESTANTS[name].title for name in present)], rows)


def roofline_table(result: Result) -> str:
    """Return GFLOP/s of the products by width."""
    rates = result["rates"]
    widths = list(next(iter(rates.values())))
    rows = [[width, *(f"{statistics.median(rates[series][width]):.1f}" for series in rates)] for width in widths]
    limits = f"the core does {result['peak']:.0f}, its memory {result['bandwidth']:.1f} GB/s"
    title = f"GFLOP/s, batch {result['batch']}; {limits}"
    return markdown([title, *rates], rows)


def report(result: Result) -> str:
    """Return everything there is to say of a result, for the terminal."""
    part = result["part"]
    if part == "speed":
        return f"{speed_table(result)}\n\n{speed_notes(result)}"
    if part in ("presets", "speedrun"):
        measured = result["presets"] if part == "presets" else {k: result | v for k, v in result["records"].items()}
        table = reached_table(measured, "preset" if part == "presets" else "to %")
        return f"{table}\n\n{seed_values(measured)}\n\n{all_conditions(measured)}"
    if part == "accuracy":
        tables = [
            preset_table(result),
            preset_notes(result),
            *(target_table(result, name) for name in result["curves"]),
        ]
    elif part == "costs":
        tables = [cost_table(result), command_table(result)]
    else:
        tables = [roofline_table(result) if part == "roofline" else sweep_table(result)]
    return "\n\n".join([*filter(None, tables), conditions(result)])


def _present(names: Any) -> list[str]:
    """Return the contestants among `names`, in the order of their table."""
    found = set(names)
    return [name for name in CONTESTANTS if name in found]
