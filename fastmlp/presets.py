"""Recipe: all settings of a training but its data and seed; and the ready ones of presets.toml. Imports errors only."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

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


def load_presets() -> dict[str, Recipe]:
    """Return the recipes of presets.toml by their names."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        presets = tomllib.load(file)
    return {name: Recipe(**preset | {"hidden": tuple(preset["hidden"])}) for name, preset in presets.items()}


def preset(name: str) -> Recipe:
    """Return the recipe called `name`; raise InputError where there is none."""
    presets = load_presets()
    if name not in presets:
        raise unknown_name("preset", name, presets)
    return presets[name]
