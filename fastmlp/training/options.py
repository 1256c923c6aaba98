"""TrainingOptions: everything that decides a training but the network, the data and the threads."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, TypedDict

import numpy as np

from fastmlp import kernels
from fastmlp.errors import InputError, shown
from fastmlp.inputs.augmentation import Augmentation
from fastmlp.inputs.checks import as_seed, below_one, not_negative
from fastmlp.inputs.disk_samples import DiskSamples
from fastmlp.inputs.packed import Packed
from fastmlp.inputs.targets import ClassWeights, as_class_weights
from fastmlp.network.network import Network
from fastmlp.training.hyperparameters import checked
from fastmlp.training.optimizers import OPTIMIZERS, Optimizer
from fastmlp.training.regularization import Regularization
from fastmlp.training.schedules import Constant, Schedule, as_schedule


class MoreOptions(TypedDict, total=False):
    """The keyword arguments of Trainer; see there."""

    momentum: float
    weight_decay: float | None
    schedule: str | Schedule | Callable[[int], float] | None
    regularization: Regularization | None
    averaging: float | None
    augmentation: Augmentation | None
    class_weights: ClassWeights | None
    shuffle: bool
    beta_2: float | None
    epsilon: float | None
    tolerance: float


@dataclass(frozen=True)
class TrainingOptions:
    """The options of a training, checked; see Trainer.

    Raises
    ------
    InputError
        An unknown name, or a value out of its range.
    """

    optimizer: str = "sgd"
    learning_rate: float = 3.0
    batch_size: int = 10
    seed: int = 0
    momentum: float = 0.9
    weight_decay: float = None  # type: ignore[assignment]  # None, here and below, becomes the default
    schedule: Schedule = None  # type: ignore[assignment]
    regularization: Regularization = None  # type: ignore[assignment]
    averaging: float | None = None
    augmentation: Augmentation = None  # type: ignore[assignment]
    class_weights: ClassWeights | None = None
    shuffle: bool = True
    beta_2: float = None  # type: ignore[assignment]
    epsilon: float = None  # type: ignore[assignment]
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        for name in ("optimizer", "learning_rate", "batch_size", "momentum", "weight_decay", "averaging"):
            object.__setattr__(self, name, checked(name, getattr(self, name)))
        defaults = {
            "seed": as_seed(self.seed),
            "weight_decay": self.constants.weight_decay if self.weight_decay is None else self.weight_decay,
            "schedule": as_schedule(self.schedule),
            "regularization": _instance("regularization", self.regularization, Regularization),
            "augmentation": _instance("augmentation", self.augmentation, Augmentation),
            "shuffle": _bool("shuffle", self.shuffle),
            "beta_2": self.constants.decay_2 if self.beta_2 is None else below_one("beta_2", self.beta_2),
            "epsilon": self.constants.epsilon if self.epsilon is None else not_negative("epsilon", self.epsilon),
            "tolerance": not_negative("tolerance", self.tolerance),
        }
        for name, value in defaults.items():
            object.__setattr__(self, name, value)

    @property
    def constants(self) -> Optimizer:
        """The constants of the optimizer."""
        return OPTIMIZERS[self.optimizer]

    def check_network(self, network: Network) -> None:
        """Raise InputError if a method does not go with the network, or with the optimizer."""
        given = self.regularization
        if self.constants.is_full_batch:
            self._check_full_batch()
        if given.dropout and len(network.sizes) == 2:
            raise InputError("dropout is of hidden units, and the network has none: use input_dropout, or add a layer.")
        if given.label_smoothing and network.loss == "regression":
            raise InputError("label_smoothing is for classes, and the loss is regression: leave it out.")
        if self.augmentation.is_on:
            self.augmentation.image_shape(network.sizes[0])
        if self.class_weights is not None and network.loss not in kernels.LABEL_LOSSES:
            raise InputError(f"class_weights go with labels, and {network.loss} has none: pass sample_weights to fit.")

    def _check_full_batch(self) -> None:
        """Raise InputError if a method is on that changes steps, or makes the loss another one at each evaluation."""
        given = asdict(self.regularization)
        methods = {name: given[name] for name in ("l1", "dropout", "input_dropout", "max_norm", "clip_norm")}
        methods |= {"weight_decay": self.weight_decay, "averaging": self.averaging}
        methods |= {"augmentation": self.augmentation.is_on, "schedule": not isinstance(self.schedule, Constant)}
        for name, value in methods.items():
            if value:
                raise InputError(
                    f"{name} does not go with {self.optimizer}, which minimizes one smooth loss: leave it out."
                )

    def check_samples(self, X: Any) -> None:
        """Raise InputError if a method or the optimizer does not go with sparse samples, or with those on the disk."""
        if self.constants.is_full_batch and isinstance(X, DiskSamples):
            raise InputError(
                f"{self.optimizer} goes through all samples for each step, and these are on the disk: choose adam."
            )
        if isinstance(X, Packed):
            if self.regularization.input_dropout:
                raise InputError("input_dropout does not go with sparse samples: pass X.toarray(), or leave it out.")
            self.augmentation.check_packed()

    def methods(self, sample_weights: Any, dropout_seed: int) -> kernels.Methods | None:
        """Return the methods as the kernels take them; None if all are off."""
        numbers = {name: float(value or 0.0) for name, value in asdict(self.regularization).items()}
        numbers |= {"weight_decay": float(self.weight_decay or 0.0), "averaging": float(self.averaging or 0.0)}
        if sample_weights is None and not any(numbers.values()):
            return None
        return kernels.Methods(sample_weights=sample_weights, seed=dropout_seed, **numbers)

    def identity(self, n_out: int) -> dict[str, Any]:
        """Return the options as JSON can hold them: two trainings with equal ones give the same bits."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.class_weights is not None and not isinstance(self.class_weights, str):
            values["class_weights"] = as_class_weights(self.class_weights, n_out, np.empty(0, np.int64)).tolist()
        return {name: value if _is_plain(value) else repr(value) for name, value in values.items()}


def _instance(name: str, value: Any, kind: type) -> Any:
    """Return `value`, or a `kind` with nothing on for None; raise InputError for anything else."""
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise InputError(f"{name} is {shown(value)}: pass a fastmlp.{kind.__name__}.")
    return value


def _bool(name: str, value: object) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} is {shown(value)}: pass True or False.")
    return bool(value)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | list | tuple)
