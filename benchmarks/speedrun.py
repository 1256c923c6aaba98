"""The speedrun: training time to a fixed accuracy on MNIST's test set. The rules are in docs/speedrun.md.

`speedrun.toml` configures each record: either the name of a preset, whose values come from the section `presets`, or
its own hyperparameters, which are trained here. `python -m benchmarks.readme` writes the page's tables from both result
files.
"""

import tomllib
from pathlib import Path
from typing import Any

from benchmarks.arena import digits_here
from benchmarks.presets import train_seeds
from benchmarks.results import Options, heading
from fastmlp.training.hyperparameters import Hyperparameters

RECORDS = Path(__file__).with_suffix(".toml")


def load_records() -> dict[str, dict[str, Any]]:
    """Return the records' configuration by target: `preset`; or `hyperparameters`, and `samples` (None: all)."""
    records: dict[str, dict[str, Any]] = {}
    for target, config in tomllib.loads(RECORDS.read_text(encoding="utf-8")).items():
        if "preset" in config:
            records[target] = config
        else:
            samples = config.pop("samples", None)
            records[target] = {"hyperparameters": Hyperparameters(**config), "samples": samples}
    return records


def run(options: Options) -> dict[str, Any]:
    """Return the result: `records` {target: values}, without the records that are presets."""
    data = digits_here()
    records = {
        target: train_seeds(f"to {target} %", record["hyperparameters"], data, options, record["samples"])
        for target, record in load_records().items()
        if "hyperparameters" in record
    }
    return heading("speedrun", options, data.name) | {"records": records}


def measured_records(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return all measured records by their target, from the results by section.

    Each has its values and conditions, and `preset`, the name or None.
    """
    records = {}
    for target, record in load_records().items():
        name = record.get("preset")
        if name is None and "speedrun" in found and target in found["speedrun"]["records"]:
            records[target] = found["speedrun"] | found["speedrun"]["records"][target] | {"preset": None}
        elif name is not None and name in found.get("presets", {}).get("presets", {}):
            records[target] = found["presets"]["presets"][name] | {"preset": name}
    return records
