"""What can be swept: one table of settings, how each is read, and where its value goes. To add one, add a line to it.

Called by the space of a sweep, the command and the trials. Imports the errors alone at first: the command reads its
flags from this table.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastmlp.errors import InputError

if TYPE_CHECKING:
    from fastmlp.network import Network
    from fastmlp.trainer import Trainer

Value = str | int | float | tuple[int, ...] | None


@dataclass(frozen=True)
class Setting:
    """One thing that a sweep can vary.

    Attributes
    ----------
    kind : {"layers", "whole", "number", "name"}
        Only "whole" and "number" may be ranges.
    home : {"network", "trainer", "fit", "layers", "regularisation"}
        Who takes it: Network, Trainer, Trainer.fit, or the Regularisation that Trainer takes.
    help : str
        For the command line.
    optional : bool
        Whether "none" is a value, too: that of Trainer by default.
    """

    kind: str
    home: str
    help: str
    optional: bool = False


SETTINGS = {
    "hidden": Setting("layers", "layers", "Widths of the hidden layers, such as 256,128, or none."),
    "width": Setting("whole", "layers", "Instead of --hidden: the width of every hidden layer ..."),
    "depth": Setting("whole", "layers", "... and their number."),
    "activation": Setting("name", "network", "Of the hidden layers: sigmoid, tanh, relu, ..."),
    "loss": Setting("name", "network", "squared_error or cross_entropy."),
    "weight_init": Setting("name", "network", "scaled, glorot, he or normal."),
    "optimizer": Setting("name", "trainer", "sgd, momentum, nesterov, rmsprop, adam or adamw."),
    "learning_rate": Setting("number", "trainer", "The length of a step."),
    "schedule": Setting("name", "trainer", "What the rate does, as in `fastmlp train`: cosine:warm_up=2, ..."),
    "batch_size": Setting("whole", "trainer", "Samples in a step."),
    "momentum": Setting("number", "trainer", "Share of the last step's direction that is kept."),
    "weight_decay": Setting("number", "trainer", "Share of the weights, times the rate, lost in a step.", True),
    "averaging": Setting("number", "trainer", "Decay of the weights' average over steps, such as 0.999.", True),
    "augmentation": Setting("name", "trainer", "Random changes of images: shift=1,rotation=10, or none."),
    "l1": Setting("number", "regularisation", "Penalty: F * sum |w|."),
    "l2": Setting("number", "regularisation", "Penalty: F / 2 * sum w^2."),
    "dropout": Setting("number", "regularisation", "Share of the hidden units dropped in each step."),
    "input_dropout": Setting("number", "regularisation", "Share of the inputs dropped in each step."),
    "label_smoothing": Setting("number", "regularisation", "Share of each target spread over all outputs."),
    "max_norm": Setting("number", "regularisation", "Longest vector of weights that lead to a unit.", True),
    "clip_norm": Setting("number", "regularisation", "Longest gradient.", True),
    "epochs": Setting("whole", "fit", "Passes over the training samples."),
}
_EXAMPLES = {
    "layers": "the widths of hidden layers, such as [16, 16], '16,16' or 'none'",
    "whole": "a whole number, or a range such as '8:2048:log'",
    "number": "a number, or a range such as '0.1:1:log'",
    "name": "a name",
}


def read_value(name: str, value: object) -> Value:
    """Return one value of the setting `name`, from a TOML file, a flag or Python.

    Raises
    ------
    InputError
        The value is of another kind, or none that Network and Trainer take.
    """
    setting = SETTINGS[name]
    if setting.optional and (value is None or value == "none"):
        return None
    checked: Value = _READ[setting.kind](value)
    if checked is _WRONG:
        raise InputError(
            f"{_short(repr(value))} is not {_EXAMPLES[setting.kind]}{', or none' if setting.optional else ''}."
        )
    if name not in ("hidden", "width", "depth"):
        build({"hidden": (1,), name: checked}, 784, ("0", "1"), 0, 1)
    return checked


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text):,} characters)"


def build(
    settings: Mapping[str, Any],
    n_in: int,
    classes: tuple[str, ...],
    seed: int,
    threads: int | None,
    image_shape: tuple[int, int] | None = None,
) -> tuple["Network", "Trainer", int]:
    """Return the network and the trainer that `settings` describe, and the number of epochs.

    What is not in `settings` is as Network and Trainer have it; InputError where they refuse.
    """
    from fastmlp.augmentation import Augmentation
    from fastmlp.inputs import positive_int
    from fastmlp.kernels import LOSSES, OF_LABELS
    from fastmlp.network import Network
    from fastmlp.regularisation import Regularisation
    from fastmlp.trainer import Trainer

    homes: dict[str, dict[str, Any]] = {setting.home: {} for setting in SETTINGS.values()}
    for name, value in settings.items():
        homes[SETTINGS[name].home][name] = value
    training = homes["trainer"]
    if "augmentation" in training:
        augmentation = Augmentation.from_text(training["augmentation"])
        training["augmentation"] = dataclasses.replace(augmentation, shape=image_shape) if augmentation.is_on else None
    regularisation = Regularisation(**homes["regularisation"])
    if settings.get("loss") in LOSSES and settings["loss"] not in OF_LABELS:
        raise InputError(f"the loss {settings['loss']} is not for labels, which data sets have: choose cross_entropy.")
    network = Network((n_in, *hidden_layers(settings), len(classes)), **homes["network"], seed=seed, classes=classes)
    trainer = Trainer(network, **training, regularisation=regularisation, seed=seed, threads=threads)
    return network, trainer, positive_int("epochs", settings.get("epochs", 1))


def hidden_layers(settings: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the widths of the hidden layers, from `hidden`, or from `width` and `depth`."""
    if "width" in settings or "depth" in settings:
        return (int(settings.get("width", 16)),) * int(settings.get("depth", 1))
    return tuple(settings.get("hidden", ()))


def text(value: Any) -> str:
    """Return a value as people write it: hidden layers as 256,128, numbers to four digits."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


_WRONG: Any = object()
DIGITS = r"\s*\d{1,18}\s*"
"""Of a whole number; in a text of thousands of them Python's int sees an attack."""


def _read_layers(value: object) -> Any:
    if isinstance(value, str):
        if value.strip().lower() == "none":
            return ()
        if not re.fullmatch(rf"{DIGITS}(,{DIGITS})*", value):
            return _WRONG
        value = [int(width) for width in value.split(",")]
    if not isinstance(value, list | tuple):
        return _WRONG
    return tuple(value) if all(type(width) is int and width > 0 for width in value) else _WRONG


def _read_whole(value: object) -> Any:
    if isinstance(value, str) and re.fullmatch(DIGITS, value):
        value = int(value)
    return value if type(value) is int and value > 0 else _WRONG


def _read_number(value: object) -> Any:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return _WRONG
    return float(value) if type(value) in (int, float) else _WRONG  # type: ignore[arg-type]


def _read_name(value: object) -> Any:
    return value if isinstance(value, str) else _WRONG


_READ = {"layers": _read_layers, "whole": _read_whole, "number": _read_number, "name": _read_name}
