"""The hyperparameters that a sweep can vary: those of a training, and the width and depth of its hidden layers.

They are declared in `fastmlp.training.hyperparameters`. This table adds `width` and `depth`, which together stand for
`hidden`. Loading it loads neither Numba nor Optuna, so that the command can list its flags at once.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from fastmlp.errors import InputError, shown
from fastmlp.inputs.checks import positive_int
from fastmlp.inputs.setting import Setting, flag_of
from fastmlp.training.hyperparameters import SETTINGS as TRAINING_SETTINGS
from fastmlp.training.hyperparameters import Hyperparameters

Value = str | int | float | tuple[int, ...] | None

LONGEST_NUMBER = 80
"""Characters of a text that can still be a number. Longer texts are not repeated in messages."""
MOST_LAYERS = 10_000
"""Largest depth: a number in a file may be any, and the widths of all layers are listed."""
FLAGS = {"objectives": "--objective"}
"""Flags that are not spelled as their argument of SweepConfig."""


def _loss(name: str, value: object) -> str:
    from fastmlp.training.make import loss_for_labels

    if value == "regression":
        raise InputError("A sweep judges networks by their accuracy, which a regression has not: choose cross_entropy.")
    return loss_for_labels(TRAINING_SETTINGS[name].checked(name, value))


def _depth(name: str, value: object) -> int:
    depth = positive_int(name, value)
    if depth > MOST_LAYERS:
        raise InputError(f"{name} is {depth:,}: pass at most {MOST_LAYERS:,} layers.")
    return depth


def _in_order_of_combinations() -> dict[str, Setting]:
    """Return the table in the order in which a grid varies the hyperparameters, the last one fastest.

    The numbers of the combinations follow from this order: another one would not find the finished trials in the
    stores of sweeps that were begun with it.
    """
    layers = {
        "hidden": TRAINING_SETTINGS["hidden"],
        "width": Setting("whole", "Width of every hidden layer; with --depth in place of --hidden.", positive_int),
        "depth": Setting("whole", "Number of hidden layers of that width.", _depth),
    }
    last = {"epochs": TRAINING_SETTINGS["epochs"]}
    others = {name: each for name, each in TRAINING_SETTINGS.items() if name not in layers | last}
    others["loss"] = dataclasses.replace(others["loss"], check=_loss)
    return layers | others | last


SETTINGS = _in_order_of_combinations()
"""The declaration of each hyperparameter that a sweep can vary, by its name."""


def read_value(name: str, value: object) -> Value:
    """Return one value of a hyperparameter, from a TOML file, a flag or Python.

    Names, such as that of a schedule with its options, stay as they are written, and an average's decay of 0 stays 0:
    stores of sweeps hold these values.

    Raises
    ------
    InputError
        The value has another form, or is out of its range.
    """
    setting = SETTINGS[name]
    if setting.kind == "name" and not isinstance(value, str):
        raise InputError(f"{name} is {shown(value)}: pass a name.")
    if setting.kind in ("whole", "number") and isinstance(value, str) and len(value) > LONGEST_NUMBER:
        raise InputError(f"{name} is a text of {len(value):,} characters: pass a number.")
    checked: Value = setting.read(name, value)
    if setting.kind == "name":
        return str(value)
    if setting.kind == "number" and not _is_none(value):
        return float(value)  # type: ignore[arg-type]
    return checked


def _is_none(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() == "none")


def hidden_layers(settings: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the widths of the hidden layers, from `hidden`, or from `width` and `depth`."""
    if "width" in settings or "depth" in settings:
        return (int(settings.get("width", 16)),) * int(settings.get("depth", 1))
    return tuple(settings.get("hidden", ()))


def as_hyperparameters(settings: Mapping[str, Any]) -> Hyperparameters:
    """Return the hyperparameters of a training, with `hidden` in place of `width` and `depth`.

    Raises
    ------
    InputError
        A value out of its range.
    """
    others = {name: value for name, value in settings.items() if name not in ("hidden", "width", "depth")}
    return Hyperparameters(hidden=hidden_layers(settings), **others)


def value_text(value: Any) -> str:
    """Return a value as people write it: hidden layers as 256,128 and numbers with four digits."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def flag(key: str) -> str:
    """Return the command line's flag of an argument of SweepConfig or of a hyperparameter."""
    if key in SETTINGS:
        return flag_of(key, SETTINGS[key])
    return FLAGS.get(key, f"--{key.replace('_', '-')}")
