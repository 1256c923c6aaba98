"""Controls: the settings that the page offers, each with its range, and the hyperparameters they stand for."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastmlp.errors import InputError, shown, unknown_name
from fastmlp.network.network import RECTIFIERS, Network
from fastmlp.presets.presets import LECTURE, find_preset
from fastmlp.training.hyperparameters import Hyperparameters

MOST_LAYERS, WIDEST = 3, 512
MOST_PARAMETERS = 4_000_000
BYTES_PER_PARAMETER = 24
"""Memory for a parameter: float32 in the network, the gradient, the state of Adam, the copy to go back to, the view."""
LEAST_SAMPLES = 100
DECAYS = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
ACTIVATIONS = {
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "silu": "SiLU",
    "gelu": "GELU",
    "softplus": "Softplus",
    "identity": "Identity (linear)",
}
LOSSES = {"squared_error": "Squared error (the lecture's)", "cross_entropy": "Cross-entropy (softmax)"}
OPTIMIZERS = {
    "sgd": "Gradient descent",
    "momentum": "Momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
}
AUGMENTATIONS = {
    "none": "None",
    "shift=1": "Shift by a pixel",
    "shift=2,rotation=10,scale=0.1": "Shift, rotate, scale",
    "shift=1,rotation=5,elastic=34": "Elastic",
}
HEARD_AT_ONCE = ("learning_rate", "epochs")
"""Settings that need no new network."""
DECIDE_THE_RATE = ("hidden", "activation", "loss", "optimizer")
"""Settings on which it depends which learning rates are good."""


@dataclass(frozen=True)
class Control:
    """A setting on the page.

    Attributes
    ----------
    name, label, help : str
    kind : {"number", "log", "whole", "log_whole", "choice", "layers"}
    default : number, str or list
    restarts : bool
        Whether a change makes a new network.
    low, high, step : number or None
        Range of a number, and the step of its slider.
    choices : dict or None
        The label of each value of a choice.
    """

    name: str
    label: str
    help: str
    kind: str
    default: Any
    restarts: bool = True
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: Mapping[Any, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the control as the page gets it."""
        fields = {name: value for name, value in asdict(self).items() if value is not None}
        if self.choices is not None:
            fields["choices"] = [{"value": value, "label": label} for value, label in self.choices.items()]
        return fields | ({"most": MOST_LAYERS} if self.kind == "layers" else {})

    def checked(self, value: Any) -> Any:
        """Return a value in its proper type; raise InputError if it is out of the range."""
        if self.kind == "layers":
            return self._layers(value)
        if self.choices is not None:
            if not isinstance(value, str | int | float) or value not in self.choices:
                raise unknown_name(self.label.lower(), value, map(str, self.choices))
            return next(each for each in self.choices if each == value)
        number = self._in_range(value)
        return int(number) if self.kind in ("whole", "log_whole") else float(number)

    def _layers(self, value: Any) -> list[int]:
        if not isinstance(value, list | tuple) or len(value) > MOST_LAYERS:
            raise InputError(f"{self.label}: {shown(value)} is no list of at most {MOST_LAYERS} widths.")
        return [int(self._in_range(width)) for width in value]

    def _in_range(self, value: Any) -> float:
        low, high = self.low, self.high
        assert low is not None
        assert high is not None
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        if not is_number or (self.kind not in ("number", "log") and value != int(value)):
            whole = "" if self.kind in ("number", "log") else "whole "
            raise InputError(f"{self.label} is {shown(value)}: choose a {whole}number from {low:g} to {high:g}.")
        return float(value)


def make_controls(n_train: int, can_augment: bool) -> dict[str, Control]:
    """Return the controls by name, for a data set of so many training images; the defaults are the lecture's network.

    Parameters
    ----------
    n_train : int
    can_augment : bool
        Whether the images can be shifted and distorted: grey ones can.
    """
    lecture = find_preset(LECTURE)
    augmentations = AUGMENTATIONS if can_augment else {"none": AUGMENTATIONS["none"]}
    least = min(LEAST_SAMPLES, n_train)
    controls = [
        _range("hidden", "Hidden layers", "Neurons in each hidden layer.", "layers", list(lecture.hidden), (1, WIDEST)),
        _choice("activation", "Activation", "How a neuron squashes its weighted sum.", lecture.activation, ACTIVATIONS),
        _choice("loss", "Cost", "The number that training makes small.", lecture.loss, LOSSES),
        _choice("optimizer", "Optimizer", "How a step follows from the gradient.", lecture.optimizer, OPTIMIZERS),
        _range("learning_rate", "Learning rate", "Length of a step.", "log", lecture.learning_rate, (1e-4, 30.0)),
        _range("batch_size", "Batch size", "Images in a step.", "log_whole", lecture.batch_size, (1, 1024)),
        _choice("weight_decay", "Weight decay", "Part of the weights that a step takes off.", 0.0, _decays()),
        _range("dropout", "Dropout", "Share of neurons left out in a step.", "number", 0.0, (0.0, 0.8)),
        _choice("augmentation", "Augmentation", "Random changes of the images in each epoch.", "none", augmentations),
        _range("shuffled_labels", "Shuffled labels", "Share of the labels dealt anew.", "number", 0.0, (0.0, 1.0)),
        _range("train_samples", "Training images", "How many images are used.", "log_whole", n_train, (least, n_train)),
        _range("epochs", "Epochs", "Rounds of one press of start.", "log_whole", 100, (1, 1000)),
        _range("seed", "Seed", "Decides the initial weights and the order.", "whole", 0, (0, 999_999)),
    ]
    return {control.name: control for control in controls}


def changed(controls: Mapping[str, Control], settings: dict[str, Any], changes: Any) -> dict[str, Any]:
    """Return settings with some changes, all or none.

    If a change decides which rates are good and no rate comes with it, the rate becomes a suitable one.

    Raises
    ------
    InputError
        A setting that is not known, or a value out of its range.
    """
    if not isinstance(changes, dict):
        raise InputError(f"The settings are {shown(changes)}: send an object of them.")
    new = dict(settings)
    for name, value in changes.items():
        if name not in controls:
            raise unknown_name("setting", name, controls)
        new[name] = controls[name].checked(value)
    decided = any(new[name] != settings[name] for name in DECIDE_THE_RATE)
    if decided and "learning_rate" not in changes:
        new["learning_rate"] = suitable_rate(new)
    return new


def suitable_rate(settings: Mapping[str, Any]) -> float:
    """Return a learning rate that suits the network and the optimizer of some settings."""
    widest = max(settings["hidden"], default=16)
    optimizer = settings["optimizer"]
    if optimizer in ("rmsprop", "adam", "adamw"):
        return 0.003 if widest <= 64 and settings["activation"] in ("sigmoid", "tanh") else 0.001
    rate = 1.0 if settings["loss"] == "squared_error" else 0.1
    if settings["activation"] in RECTIFIERS or settings["activation"] == "identity":
        rate = 0.1 if widest <= 128 else 0.05
    return rate if optimizer == "sgd" else rate / 10


def hyperparameters(settings: Mapping[str, Any]) -> Hyperparameters:
    """Return the hyperparameters of a network and its training, as checked settings say."""
    return Hyperparameters(
        hidden=tuple(settings["hidden"]),
        activation=settings["activation"],
        loss=settings["loss"],
        optimizer=settings["optimizer"],
        learning_rate=settings["learning_rate"],
        batch_size=settings["batch_size"],
        epochs=settings["epochs"],
        weight_decay=settings["weight_decay"],
        dropout=settings["dropout"] if settings["hidden"] else 0.0,
        augmentation=settings["augmentation"],
    )


def settings_of_network(controls: Mapping[str, Control], network: Network) -> dict[str, Any]:
    """Return settings that describe a network as far as they can: those of its training are the defaults."""
    settings = {name: control.default for name, control in controls.items()}
    settings |= {"hidden": list(network.sizes[1:-1]), "activation": network.activation, "loss": network.loss}
    return settings | {"learning_rate": suitable_rate(settings)}


def memory_of(sizes: Sequence[int]) -> tuple[int, int]:
    """Return how many parameters a network has, and about how many bytes it and its training need.

    Raises
    ------
    InputError
        It is too large for the page.
    """
    n = sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(sizes))
    if n > MOST_PARAMETERS:
        raise InputError(
            f"This network has {n:,} parameters and would need about {math.ceil(n * BYTES_PER_PARAMETER / 1e6):,} MB; "
            f"the page takes {MOST_PARAMETERS:,}: choose smaller layers."
        )
    return n, n * BYTES_PER_PARAMETER


def _range(name: str, label: str, about: str, kind: str, default: Any, limits: tuple[float, float]) -> Control:
    low, high = limits
    step = 0.05 if kind == "number" else None
    return Control(name, label, about, kind, default, name not in HEARD_AT_ONCE, low=low, high=high, step=step)


def _choice(name: str, label: str, about: str, default: Any, choices: Mapping[Any, str]) -> Control:
    return Control(name, label, about, "choice", default, choices=choices)


def _decays() -> dict[float, str]:
    return {decay: f"{decay:g}" if decay else "None" for decay in DECAYS}
