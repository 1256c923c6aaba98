"""The speedrun: time in training until a fixed accuracy on MNIST's test set. The rules are in docs/speedrun.md.

`speedrun.toml` has the settings of each record: a preset's name, whose values are those of the part `presets`, or a
recipe of its own, which is trained here. `python -m benchmarks.readme` makes the page's tables from both result files.
"""

import tomllib
from pathlib import Path
from typing import Any

from benchmarks.arena import digits_here
from benchmarks.presets import train_seeds
from benchmarks.results import Options, heading
from fastmlp.presets import Recipe

SETTINGS = Path(__file__).with_suffix(".toml")


def load_records() -> dict[str, dict[str, Any]]:
    """Return the records' settings by their target: `preset`; or `recipe`, and `samples` (None for all)."""
    records: dict[str, dict[str, Any]] = {}
    for target, settings in tomllib.loads(SETTINGS.read_text(encoding="utf-8")).items():
        if "preset" in settings:
            records[target] = settings
        else:
            samples = settings.pop("samples", None)
            records[target] = {"recipe": Recipe.from_dict(settings), "samples": samples}
    return records


def run(options: Options) -> dict[str, Any]:
    """Return the result: `records` {target: values}, of those that are no presets."""
    data = digits_here()
    records = {
        target: train_seeds(f"to {target} %", record["recipe"], data, options, record["samples"])
        for target, record in load_records().items()
        if "recipe" in record
    }
    return heading("speedrun", options, data.name) | {"records": records}


def measured_records(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return all records by their target, from the results by part; those that were not measured are left out.

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
