"""Made-up benchmark results, in the form that the sections write."""

from benchmarks.workloads import WORKLOADS
from fastmlp.presets.presets import load_presets

LECTURE = WORKLOADS["seed32"]
HEADING = {
    "command": "python -m benchmarks speed",
    "date": "2026-01-02",
    "machine": {"cpu": "a CPU", "cores": 2, "vectors": "AVX2", "python": "3.12.0"},
    "dataset": "mnist",
    "versions": {"numpy": "2.0", "fastmlp": "0.1"},
    "skipped": {"jax": "jax is not installed"},
}


def made_up_results():
    """Return one result of each section that compares contestants, by section."""
    workload = {"workload": WORKLOADS["tweak"].to_dict()}
    sweep = [workload | {"x": x, "samples": 1000, "seconds": {"fastmlp": {"1": [1.0, 2.0, 3.0]}}} for x in (8, 16)]
    found = {
        "speed": _speed(),
        "busy": _speed(),
        "small": _small(),
        "accuracy": _accuracy(workload),
        "costs": _costs(workload),
        "widths": {"points": sweep},
        "batches": {"points": sweep},
        "roofline": _roofline(),
    }
    return {section: {"part": section} | HEADING | result for section, result in found.items()}


def _speed():
    seconds = {
        "fastmlp": {"1": [0.04, 0.05, 0.06], "2": [0.5, 0.6]},
        "numpy": {"1": [0.4, 0.5, 0.9], "2": [0.7, 0.8]},
        "torch": {"1": [0.02, 0.04, 0.03], "2": [1.0, 1.1]},
        "sklearn": {"1": [30.0, 31.0, 32.0], "2": [33.0, 34.0]},
    }
    return {
        "samples": 60000,
        "workloads": {
            "seed32": {"workload": LECTURE.to_dict(), "seconds": seconds, "density": [[0.5, 0.25], [0.4, 0.2]]}
        },
    }


def _small():
    ours = {"fit": [0.1, 0.2, 0.3], "row": [4e-6, 5e-6, 6e-6], "accuracy": [0.9]}
    theirs = {"fit": [0.05, 0.4, 0.6], "row": [2e-4, 2.5e-4, 3e-4], "accuracy": [0.9]}
    contestants = {"fastmlp": ours, "sklearn": theirs, "onnxruntime": theirs | {"fit": []}}
    return {"tasks": {"1000 x 20": {"epochs": 50, "contestants": contestants}}}


def _accuracy(workload):
    curve = {"threads": 1, "seconds": [[1.0, 1.0], [1.0, 3.0], [1.0, 1.0]]}
    curves = {
        "fastmlp": curve | {"accuracy": [[0.91, 0.98], [0.92, 0.985], [0.95, 0.98]]},
        "numpy": curve | {"accuracy": [[0.89, 0.97], [0.92, 0.981], [0.95, 0.96]]},
    }
    preset = {"threads": 1, "accuracy": [0.95, 0.96], "seconds": [1.0, 2.0]}
    return {
        "seeds": 3,
        "targets": [0.9, 0.97, 0.98],
        "presets": {"lecture": {"workload": LECTURE.to_dict(), "epochs": 40, "fastmlp": preset, "numpy": preset}},
        "curves": {"tweak": workload | {"epochs": 25, "contestants": curves}},
    }


def _costs(workload):
    costs = {"start": 1.0, "prepare": 0.05, "first": 3.0, "epoch": 0.5, "compile": 2.5, "total": 4.0, "memory": 2**28}
    return workload | {
        "threads": 2,
        "trainings": {"fastmlp": {"cold": [costs] * 3, "warm": [costs | {"compile": 0.25}] * 3}},
        "commands": {"import torch": [1.0, 2.0, 3.0]},
    }


def _roofline():
    rates = {"8": [1.0, 2.0, 3.0], "16": [40.0, 50.0, 60.0]}
    series = [f"{who}, {layer}" for who in ("fastmlp", "NumPy") for layer in ("first layer", "hidden layer")]
    return {"batch": 128, "inputs": 784, "peak": 100.0, "bandwidth": 20.0, "rates": dict.fromkeys(series, rates)}


def made_up_preset():
    """Return the values of one preset, `fast-96`, over three seeds."""
    heading = HEADING | {"command": "python -m benchmarks presets", "skipped": {}, "versions": {"numpy": "2.0"}}
    values = {"accuracy": [0.96, 0.95, 0.962], "seconds": [1.0, 2.0, 3.0], "fit_seconds": [1.5, 2.5, 3.5]}
    recipe = load_presets()["fast-96"].to_dict()
    about = {"recipe": recipe, "n_params": 63610, "samples": 60000, "load": 0.5, "seeds": [0, 1, 2]}
    return heading | {"threads": [1, 1, 2]} | about | values


def cells(table):
    """Return the cells of a Markdown table, row by row, without the line below the header."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:2] != "|-"]
