"""Presets: ready hyperparameters by name, and the accuracy and time that each was measured to reach on MNIST.

The presets stand in presets.toml, where a reader can compare them. The measurements stand in presets_reached.json, each
beside the hyperparameters it was made with, so that a preset that was changed since does not show an old result.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from fastmlp.errors import unknown_name
from fastmlp.training.hyperparameters import Hyperparameters

PRESETS = Path(__file__).with_name("presets.toml")
REACHED = Path(__file__).with_name("presets_reached.json")
"""The measurements of all presets, written by `python -m benchmarks presets`."""
LECTURE, FOR_TABLES = "lecture", "table"
"""The presets that `fastmlp train` takes if none is named: for pictures, and for tables. The others are for MNIST."""
PATIENCE = "early_stopping"
"""The key of a preset that is none of its hyperparameters."""


def load_presets() -> dict[str, Hyperparameters]:
    """Return the presets of presets.toml by name."""
    return {
        name: Hyperparameters(**{key: value for key, value in values.items() if key != PATIENCE})
        for name, values in _tables().items()
    }


def mnist_presets() -> dict[str, Hyperparameters]:
    """Return the presets that are for MNIST, and are measured there: all but the one for tables."""
    return {name: preset for name, preset in load_presets().items() if name != FOR_TABLES}


def find_patience(name: str) -> int | None:
    """Return the epochs without a smaller loss after which the preset `name` ends; None if it goes to its end."""
    find_preset(name)
    patience: int | None = _tables()[name].get(PATIENCE)
    return patience


def load_reached() -> dict[str, dict[str, Any]]:
    """Return the measurements of the presets by name, without those of presets that were changed since.

    Returns
    -------
    dict of dict
        `n_params`, `seeds` (their number), `accuracy` and `seconds` (each with `median`, `lowest` and `highest`),
        `threads`, `load`, `dataset`, `cpu`, `cores` and `date`.
    """
    presets = load_presets()
    measured: dict[str, dict[str, Any]] = json.loads(REACHED.read_text(encoding="utf-8"))
    return {
        name: reached
        for name, reached in measured.items()
        if name in presets and reached.pop("recipe") == presets[name].to_dict()
    }


def find_preset(name: str) -> Hyperparameters:
    """Return the preset called `name`; raise InputError if there is none."""
    presets = load_presets()
    if not isinstance(name, str) or name not in presets:
        raise unknown_name("preset", name, presets)
    return presets[name]


def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(PRESETS.read_text(encoding="utf-8"))
