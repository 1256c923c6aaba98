"""Hyperparameters: every setting of a network and its training that a preset, a flag or a sweep can change.

Each is declared once, here or in Regularization: its name, default, help text, form and range. The flags of `train`
and `sweep`, the presets, the checks of Trainer and the texts that commands print are made from this declaration.
Checks import what they need when they are called, so that a command can list its flags without loading Numba.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

from fastmlp.inputs.checks import as_layers, below_one, known_name, not_negative, positive_float, positive_int
from fastmlp.inputs.setting import Setting, check_settings, setting, settings_of
from fastmlp.training.regularization import Regularization


def _activation(name: str, value: object) -> str:
    from fastmlp.kernels import ACTIVATIONS

    return known_name(name, value, ACTIVATIONS)


def _loss(name: str, value: object) -> str:
    from fastmlp.kernels import LOSSES

    return known_name(name, value, LOSSES)


def _weight_init(name: str, value: object) -> str:
    from fastmlp.network.network import WEIGHT_INITS

    return known_name(name, value, WEIGHT_INITS)


def _optimizer(name: str, value: object) -> str:
    from fastmlp.training.optimizers import OPTIMIZERS

    return known_name(name, value, OPTIMIZERS)


def _schedule(name: str, value: object) -> str:
    from fastmlp.training.schedules import as_schedule

    as_schedule(value)
    return str(value)


def _augmentation(name: str, value: object) -> str:
    from fastmlp.inputs.augmentation import Augmentation

    return str(Augmentation.from_text(str(value))) or "none"


def _averaging(name: str, value: object) -> float | None:
    return below_one(name, value) or None


@dataclass(frozen=True, kw_only=True)
class Hyperparameters(Regularization):
    """The settings of Network, Trainer and `fit`, as JSON and TOML can hold them.

    The penalties, dropout and the other methods against overfitting are inherited from Regularization.

    Raises
    ------
    InputError
        An unknown name, or a value out of its range.
    """

    hidden: tuple[int, ...] = setting("layers", "Widths of the hidden layers, such as 256,128, or none.", as_layers)
    activation: str = setting(
        "name",
        "Activation of the hidden layers: sigmoid, tanh, relu, leaky_relu, elu, silu, gelu, softplus or identity.",
        _activation,
    )
    loss: str = setting(
        "name", "squared_error (sigmoid outputs), cross_entropy (softmax outputs), or regression (numbers).", _loss
    )
    weight_init: str = setting("name", "Initial weights: scaled, glorot, he or normal.", _weight_init, default="scaled")
    optimizer: str = setting(
        "name",
        "sgd, momentum, nesterov, rmsprop, adam or adamw (rates of about 0.001), or lbfgs (no rate).",
        _optimizer,
    )
    learning_rate: float = setting("number", "Length of a step.", positive_float)
    schedule: str = setting(
        "name",
        "Learning rate over time: constant, step, exponential, cosine, one-cycle or plateau; with settings as in "
        "step:every=10,factor=0.5 or cosine:warm_up=2 (epochs).",
        _schedule,
        default="constant",
    )
    batch_size: int = setting("whole", "Samples in a step.", positive_int)
    epochs: int = setting("whole", "Passes over the training samples.", positive_int)
    momentum: float = setting(
        "number", "Fraction of the last step's direction that is kept; Adam's beta_1.", below_one, default=0.9
    )
    weight_decay: float | None = setting(
        "number",
        "Fraction of the weights, times the rate, that a step takes off.  [default: 0.01 for adamw, else 0]",
        not_negative,
        default=None,
        optional=True,
    )
    averaging: float | None = setting(
        "number",
        "Use the average of the weights over steps: its decay, such as 0.999.",
        _averaging,
        default=None,
        optional=True,
    )
    augmentation: str = setting(
        "name",
        "Random changes of the images in each epoch: shift=1,rotation=10; also scale, shear, elastic, sigma; or none.",
        _augmentation,
        default="none",
        flag="augment",
    )

    def __post_init__(self) -> None:
        check_settings(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON and TOML hold them."""
        return {name: asdict(self)[name] for name in SETTINGS} | {"hidden": list(self.hidden)}

    def regularization(self) -> Regularization:
        """Return the methods against overfitting alone."""
        return Regularization(**{field.name: getattr(self, field.name) for field in fields(Regularization)})


def _in_reading_order() -> dict[str, Setting]:
    """Return the declarations with those of the network first, and those of Regularization last."""
    inherited = settings_of(Regularization)
    return {name: each for name, each in settings_of(Hyperparameters).items() if name not in inherited} | inherited


SETTINGS = _in_reading_order()
"""The declaration of each hyperparameter by its name."""


def checked(name: str, value: object) -> Any:
    """Return a value of the hyperparameter `name` in its proper type, or raise InputError."""
    return SETTINGS[name].checked(name, value)
