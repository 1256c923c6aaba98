"""Recipe: all settings of a training but its data and seed; the ready ones of presets.toml, and what they reached.

Imports errors only.
"""

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fastmlp.errors import unknown_name


@dataclass(frozen=True)
class Recipe:
    """The settings of Network, Trainer and fit that presets give and the options of `fastmlp train` change."""

    hidden: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    schedule: str = "constant"
    momentum: float = 0.9
    weight_decay: float | None = None
    averaging: float | None = None
    augmentation: str = "none"
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    input_dropout: float = 0.0
    label_smoothing: float = 0.0
    max_norm: float | None = None
    clip_norm: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON and TOML have them."""
        return asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> "Recipe":
        """Return the recipe of such settings; those that are not there have their defaults."""
        return cls(**settings | {"hidden": tuple(settings["hidden"])})


REACHED = Path(__file__).with_name("presets_reached.json")
"""What each preset came to on MNIST: written by `python -m benchmarks presets`."""


def load_presets() -> dict[str, Recipe]:
    """Return the recipes of presets.toml by their names."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return {name: Recipe.from_dict(settings) for name, settings in tomllib.load(file).items()}


def load_reached() -> dict[str, dict[str, Any]]:
    """Return what the presets were measured to reach, by their names.

    Returns
    -------
    dict of dict
        `n_params`, `seeds` (how many), `accuracy` and `seconds` (each with `median`, `lowest` and `highest`),
        `threads`, `load`, `dataset`, `cpu`, `cores` and `date`. A preset that was changed since is not among them.
    """
    presets = load_presets()
    found: dict[str, dict[str, Any]] = json.loads(REACHED.read_text(encoding="utf-8"))
    return {
        name: reached
        for name, reached in found.items()
        if name in presets and reached.pop("recipe") == presets[name].to_dict()
    }


def preset(name: str) -> Recipe:
    """Return the recipe called `name`; raise InputError where there is none."""
    presets = load_presets()
    if name not in presets:
        raise unknown_name("preset", name, presets)
    return presets[name]
