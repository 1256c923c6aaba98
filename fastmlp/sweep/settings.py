"""What can be swept: one table of settings, how each is read, and where its value goes. To add one, add a line to it.

Called by the space of a sweep, the command and the trials. Imports the errors alone at first: the command reads its
flags from this table.
"""

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
    home : {"network", "trainer", "fit", "layers", "regularisation", "augmentation"}
        Who takes it: Network, Trainer, Trainer.fit; or an object that Trainer takes, built from all settings of it.
    help : str
        For the command line.
    """

    kind: str
    home: str
    help: str


SETTINGS = {
    "hidden": Setting("layers", "layers", "Widths of the hidden layers, such as 256,128, or none."),
    "width": Setting("whole", "layers", "Instead of --hidden: the width of every hidden layer ..."),
    "depth": Setting("whole", "layers", "... and their number."),
    "activation": Setting("name", "network", "Of the hidden layers: sigmoid, tanh, relu or identity."),
    "loss": Setting("name", "network", "squared_error or cross_entropy."),
    "weight_init": Setting("name", "network", "scaled, glorot, he or normal."),
    "optimizer": Setting("name", "trainer", "sgd, momentum or adam."),
    "learning_rate": Setting("number", "trainer", "The length of a step."),
    "batch_size": Setting("whole", "trainer", "Samples in a step."),
    "momentum": Setting("number", "trainer", "Share of the last step's direction that is kept."),
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
    checked: Value = _READ[SETTINGS[name].kind](value)
    if checked is _WRONG:
        raise InputError(f"{value!r} is not {_EXAMPLES[SETTINGS[name].kind]}.")
    if name not in ("hidden", "width", "depth"):
        build({name: checked}, 1, ("0", "1"), 0, 1)
    return checked


def build(
    settings: Mapping[str, Any], n_in: int, classes: tuple[str, ...], seed: int, threads: int | None
) -> tuple["Network", "Trainer", int]:
    """Return the network and the trainer that `settings` describe, and the number of epochs.

    What is not in `settings` is as Network and Trainer have it; InputError where they refuse.
    """
    from fastmlp.inputs import positive_int
    from fastmlp.network import Network
    from fastmlp.trainer import Trainer

    homes: dict[str, dict[str, Any]] = {setting.home: {} for setting in SETTINGS.values()}
    for name, value in settings.items():
        homes[SETTINGS[name].home][name] = value
    network = Network((n_in, *hidden_layers(settings), len(classes)), **homes["network"], seed=seed, classes=classes)
    trainer = Trainer(network, **homes["trainer"], **_objects(homes), seed=seed, threads=threads)
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
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _objects(homes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the arguments of Trainer that are objects, each built from the settings of that home."""
    import fastmlp

    return {
        home: getattr(fastmlp, home.capitalize())(**homes[home])
        for home in ("regularisation", "augmentation")
        if homes.get(home)
    }


_WRONG: Any = object()


def _read_layers(value: object) -> Any:
    if isinstance(value, str):
        if value.strip().lower() == "none":
            return ()
        if not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*)*", value):
            return _WRONG
        value = [int(width) for width in value.split(",")]
    if not isinstance(value, list | tuple):
        return _WRONG
    return tuple(value) if all(type(width) is int and width > 0 for width in value) else _WRONG


def _read_whole(value: object) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\s*[\d_]+\s*", value):
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
