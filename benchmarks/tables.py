"""Tables of the results in Markdown, which a terminal shows too. Pure functions of results."""

import statistics
from typing import Any

from benchmarks.comparison import best, in_order, ratio, seconds_to
from benchmarks.contestants import CONTESTANTS
from benchmarks.small_data import CONTESTANTS as SMALL
from benchmarks.texts import (
    all_conditions,
    conditions,
    markdown,
    microseconds_text,
    percent_range,
    seconds_range,
    seconds_text,
    seed_values,
    targets_text,
    times_text,
)
from benchmarks.workloads import Workload
from fastmlp.presets.describe import epochs_text, network_text, training_text
from fastmlp.training.hyperparameters import Hyperparameters

Result = dict[str, Any]
TRAINING_SAMPLES = 60000


def speed_table(result: Result) -> str:
    """Return seconds per epoch by workload and contestant, and how many times as fast fastmlp is."""
    present = in_order(name for each in result["workloads"].values() for name in each["seconds"])
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
    """Return how the values in the table of speeds were measured."""
    lengths = [len(best(s)[1]) for each in result["workloads"].values() for s in each["seconds"].values()]
    rounds = " to ".join(map(str, sorted({min(lengths), max(lengths)})))
    cores = result["machine"]["cores"]
    marked = "\\* trained with cross-entropy, for lack of a squared error. " if "\\*" in speed_table(result) else ""
    return (
        f"Medians of {rounds} interleaved rounds in float32, with the better of 1 and {cores} threads for each (the "
        "first two rounds time both). In brackets: how many times as fast fastmlp is, the median of the ratios within "
        f"the rounds, bold if it is slower. All reached the same loss after the same batches beforehand. {marked}"
    ).rstrip()


def density_table(result: Result) -> str:
    """Return the share of hidden units above zero in the workloads of the table of speeds; empty if none has any."""
    rows = []
    for name, measured in result["workloads"].items():
        layers = zip(*measured.get("density", []), strict=True)
        rows += [
            [f"`{name}`", f"hidden layer {number}", *(f"{share:.2f}" for share in shares)]
            for number, shares in enumerate(layers, start=1)
        ]
    if not rows:
        return ""
    epochs = [f"after epoch {number}" for number in range(1, max(map(len, rows)) - 1)]
    return markdown(["share of units above zero", "", *epochs], rows)


def small_table(result: Result) -> str:
    """Return the time of a whole fit and of the prediction of one row, by task and contestant, with ratios to ours."""
    present = [name for name in SMALL if any(name in each["contestants"] for each in result["tasks"].values())]
    rows = []
    for name, measured in result["tasks"].items():
        found = measured["contestants"]
        fit = f"fit of {measured['epochs']} epochs"
        for what, words, text in (("fit", fit, seconds_text), ("row", "one row", microseconds_text)):
            cells = [f"{name}, {words}"]
            for contestant in present:
                times = found.get(contestant, {}).get(what)
                cell = text(statistics.median(times)) if times else ""
                if times and contestant != "fastmlp" and "fastmlp" in found:
                    cell += f" ({times_text(ratio(times, found['fastmlp'][what]))})"
                cells.append(cell)
            rows.append(cells)
    return markdown(["one thread", *(SMALL[contestant][0] for contestant in present)], rows)


def estimator_table(result: Result) -> str:
    """Return score, time of a fit and of a row of fastmlp's estimators and scikit-learn's, by data set: medians."""
    rows = []
    for name, measured in result["data"].items():
        own, their = measured["fastmlp"], measured["sklearn"]
        cells = [
            f"{name} ({measured['score']})",
            *(_score_text(each["score"], measured["score"]) for each in (own, their)),
        ]
        for what, text in (("fit", seconds_text), ("row", microseconds_text)):
            cells += [text(statistics.median(each[what])) for each in (own, their)]
            cells[-1] += f" ({times_text(ratio(their[what], own[what]))})"
        rows.append(cells)
    heads = (f"{what}: fastmlp" for what in ("score", "`fit`", "one row"))
    return markdown(["", *(cell for head in heads for cell in (head, "scikit-learn"))], rows)


def _score_text(values: list[float], score: str) -> str:
    median = statistics.median(values)
    return f"{median:.3f}" if score == "R2" else f"{median:.1%}"


def target_table(result: Result, name: str) -> str:
    """Return the training time to each accuracy by contestant: median and range over the seeds."""
    curves = result["curves"][name]["contestants"]
    rows = []
    for contestant in in_order(curves):
        curve = curves[contestant]
        cells = [CONTESTANTS[contestant].title]
        for target in result["targets"]:
            found = [seconds_to(target, *run) for run in zip(curve["seconds"], curve["accuracy"], strict=True)]
            cells.append(targets_text(found))
        rows.append(cells)
    return markdown([f"`{name}`", *(f"to {target:.0%}" for target in result["targets"])], rows)


def preset_table(result: Result) -> str:
    """Return the test accuracy of each preset, trained by the baseline and by fastmlp: median and range."""
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
    """Return which presets the baseline can't train, and why; an empty text if it can train all."""
    left_out = result.get("presets_left_out", {})
    reasons = "; ".join(f"`{name}` ({reason})" for name, reason in left_out.items())
    return f"The baseline can't train {reasons}." if left_out else ""


def reached_table(measured: dict[str, Result], what: str) -> str:
    """Return accuracy and times of trained hyperparameters by name: medians and ranges over the seeds."""
    rows = []
    for name, each in measured.items():
        rows.append(
            [
                name,
                training_text(Hyperparameters(**each["recipe"])) + _samples_text(each),
                f"{each['n_params']:,}",
                percent_range(each["accuracy"]),
                seconds_range(each["seconds"]),
                seconds_range(each["fit_seconds"]),
                " or ".join(map(str, sorted(set(each["threads"])))),
            ]
        )
    return markdown([what, "optimizer", "parameters", "test accuracy", "training", "whole `fit`", "threads"], rows)


def record_table(measured: dict[str, Result]) -> str:
    """Return the speedrun's records by name: network, optimizer, test accuracy and times over the seeds."""
    rows = []
    for name, each in measured.items():
        given = Hyperparameters(**each["recipe"])
        times = (seconds_range(each[which]) for which in ("fit_seconds", "seconds"))
        words = f"{network_text(given)}; {training_text(given)}{_samples_text(each)}"
        rows.append([name, *times, percent_range(each["accuracy"]), words])
    return markdown(["to", "time", "in training alone", "test accuracy", "network and optimizer"], rows)


def _samples_text(measured: Result) -> str:
    samples = measured["samples"]
    return "" if samples == TRAINING_SAMPLES else f", the first {samples:,} samples"


COSTS = {
    "start, imports": ("warm", "start"),
    "compiling, cold": ("cold", "compile"),
    "warm": ("warm", "compile"),
    "data preparation": ("warm", "prepare"),
    "epoch": ("warm", "epoch"),
    "whole process, warm": ("warm", "total"),
}
"""Columns of the table of costs: title, state of the cache, and name of the cost."""


def cost_table(result: Result) -> str:
    """Return the costs of a process that trains, by contestant: medians of the repeats."""
    rows = []
    for contestant in in_order(result["trainings"]):
        states = result["trainings"][contestant]
        seconds = [statistics.median(run[cost] for run in states[state]) for state, cost in COSTS.values()]
        memory = [run["memory"] for run in states["warm"] if run["memory"] is not None]
        peak = f"{statistics.median(memory) / 2**20:.0f} MB" if memory else ""
        rows.append([CONTESTANTS[contestant].title, *map(seconds_text, seconds), peak])
    return markdown(["", *COSTS, "memory"], rows)


def command_table(result: Result) -> str:
    """Return the times of whole commands."""
    rows = [[f"`{name}`", seconds_range(times)] for name, times in result["commands"].items()]
    return markdown(["whole process, warm", "seconds"], rows)


def sweep_table(result: Result) -> str:
    """Return thousands of samples per second by contestant and point of a sweep."""
    what = {"widths": "units of the 2 hidden layers", "batches": "batch size"}[result["part"]]
    present = in_order(name for point in result["points"] for name in point["seconds"])
    rows = []
    for point in result["points"]:
        rates = [
            f"{point['samples'] / statistics.median(best(point['seconds'][name])[1]) / 1e3:,.1f}" for name in present
        ]
        rows.append([str(point["x"]), *rates])
    return markdown([f"1,000 samples/s, by {what}", *(CONTESTANTS[name].title for name in present)], rows)


def roofline_table(result: Result) -> str:
    """Return GFLOP/s of the matrix products by width."""
    rates = result["rates"]
    widths = list(next(iter(rates.values())))
    rows = [[width, *(f"{statistics.median(rates[series][width]):.1f}" for series in rates)] for width in widths]
    limits = f"limits: core {result['peak']:.0f}, memory {result['bandwidth']:.1f} GB/s"
    title = f"GFLOP/s, batch {result['batch']}; {limits}"
    return markdown([title, *rates], rows)


def report(result: Result) -> str:
    """Return the tables and notes of a result, for the terminal."""
    section = result["part"]
    if section == "presets":
        return _reached_report(result["presets"], "preset")
    if section == "speedrun":
        return _reached_report({target: result | each for target, each in result["records"].items()}, "to %")
    if section in ("speed", "busy"):
        tables = [speed_table(result), speed_notes(result), density_table(result)]
    elif section in ("small", "estimators"):
        tables = [small_table(result) if section == "small" else estimator_table(result)]
    elif section == "accuracy":
        curves = [target_table(result, name) for name in result["curves"]]
        tables = [preset_table(result), preset_notes(result), *curves]
    elif section == "costs":
        tables = [cost_table(result), command_table(result)]
    else:
        tables = [roofline_table(result) if section == "roofline" else sweep_table(result)]
    return "\n\n".join([*filter(None, tables), conditions(result)])


def _reached_report(measured: dict[str, Result], what: str) -> str:
    return f"{reached_table(measured, what)}\n\n{seed_values(measured)}\n\n{all_conditions(measured)}"
