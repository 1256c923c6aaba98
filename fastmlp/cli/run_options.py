"""The options of a training run, in the form that its checkpoint keeps for `fastmlp train --resume`."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

from fastmlp.datasets.dataset import Dataset
from fastmlp.datasets.reading import Reading
from fastmlp.errors import InputError, shown
from fastmlp.inputs.checks import as_seed, known_name, positive_int
from fastmlp.inputs.setting import as_float
from fastmlp.presets.presets import FOR_TABLES, LECTURE, find_patience, find_preset
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.hyperparameters import Hyperparameters, checked

LEAST_GAIN = 1e-4
"""Least improvement of the loss that counts where a preset ends early: that of scikit-learn's MLPClassifier."""

if TYPE_CHECKING:
    from fastmlp.inputs.targets import ClassWeights


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of `fastmlp train` that decide what is trained and what is written.

    The number of threads and the folder are not among them: a resumed training may use others.

    Attributes
    ----------
    preset : str or None
        Name of the preset; None until the data is known: `for_data` chooses one.
    changes : mapping
        The hyperparameters that differ from the preset, by name.
    data : str or None
        Name or path of the data set; None for the default.
    seed : int
        Seed of the initial weights and of the order of the samples.
    validation : float, int or None
        Samples that are held out, as in `Trainer.fit`.
    early_stopping : int or None
        Number of epochs without a smaller validation loss after which training ends, with the best weights.
    tensorboard : bool
        Whether event files are written.
    label : tuple of str
        Columns of a table that hold the labels or targets; empty if they are recognized.
    standardize : bool or None
        Whether inputs are standardized; None for the default, which depends on the data.
    sample_weights : str or None
        Column of a table with the weight of each sample.
    class_weights : str or None
        "balanced", or weights by class, such as "cat=2,dog=1".

    Raises
    ------
    InputError
        A value out of its range.
    """

    preset: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    data: str | None = None
    seed: int = 0
    validation: float | None = None
    early_stopping: int | None = None
    tensorboard: bool = False
    label: tuple[str, ...] = ()
    standardize: bool | None = None
    sample_weights: str | None = None
    class_weights: str | None = None

    def __post_init__(self) -> None:
        as_seed(self.seed)
        if self.early_stopping is not None:
            positive_int("early_stopping", self.early_stopping)
        if self.validation is not None and (isinstance(self.validation, bool) or not isinstance(self.validation, Real)):
            raise InputError(
                f"validation is {shown(self.validation)}: pass a fraction such as 0.1, or a number of samples."
            )

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The preset with the changes; InputError is raised if the preset is unknown."""
        return dataclasses.replace(find_preset(self.preset or LECTURE), **self.changes)

    @property
    def reading(self) -> Reading:
        """How the data set is to be read."""
        return Reading(
            labels=self.label,
            weights=self.sample_weights,
            is_regression=self.hyperparameters.loss == "regression",
            standardize=self.standardize,
            seed=self.seed,
        )

    def for_data(self, data: Dataset) -> "RunOptions":
        """Return the options with the preset that suits the data, if none was given."""
        is_picture = data.schema is None or (data.schema.image_shape or data.image_shape) is not None
        return dataclasses.replace(self, preset=self.preset or (LECTURE if is_picture else FOR_TABLES))

    def stopping(self) -> EarlyStopping | None:
        """Return what ends the training early, if anything does: as the options say, which need validation samples.

        What the preset says goes by the training loss if there are none.
        """
        if self.early_stopping is not None:
            return EarlyStopping(self.early_stopping)
        patience = find_patience(self.preset or LECTURE)
        return None if patience is None else EarlyStopping(patience, LEAST_GAIN, monitor=None)

    def class_factors(self, classes: Sequence[str]) -> "ClassWeights | None":
        """Return the class weights as Trainer takes them.

        Raises
        ------
        InputError
            A class that the data has not, or no number.
        """
        if self.class_weights is None or self.class_weights.strip() == "balanced":
            return self.class_weights and "balanced"
        weights: dict[int, Any] = {}
        for item in self.class_weights.split(","):
            name, equals, weight = (part.strip() for part in item.rpartition("="))
            if not equals:
                raise InputError(f"class_weights is {shown(self.class_weights)}: pass balanced, or CLASS=WEIGHT,...")
            weights[list(classes).index(known_name("class", name, classes))] = as_float(weight)
        return weights

    def to_json(self) -> dict[str, Any]:
        """Return the options as values that JSON knows."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "RunOptions":
        """Return the options that `to_json` returned, also after a way through JSON, which turns tuples into lists.

        Raises
        ------
        KeyError, TypeError, AttributeError, InputError
            The options are incomplete or not those of a RunOptions.
        """
        changes = {name: checked(name, value) for name, value in stored["changes"].items()}
        return cls(**{**stored, "changes": changes, "label": tuple(stored.get("label", ()))})
