"""The options of a training run, in the form that its checkpoint keeps for `fastmlp train --resume`."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from fastmlp.errors import InputError, shown
from fastmlp.inputs.checks import as_seed, positive_int
from fastmlp.presets.presets import find_preset
from fastmlp.training.hyperparameters import Hyperparameters, checked


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of `fastmlp train` that decide what is trained and what is written.

    The number of threads and the folder are not among them: a resumed training may use others.

    Attributes
    ----------
    preset : str
        Name of the preset.
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

    Raises
    ------
    InputError
        A value out of its range.
    """

    preset: str = "lecture"
    changes: Mapping[str, Any] = field(default_factory=dict)
    data: str | None = None
    seed: int = 0
    validation: float | None = None
    early_stopping: int | None = None
    tensorboard: bool = False

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
        return dataclasses.replace(find_preset(self.preset), **self.changes)

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
        return cls(**{**stored, "changes": changes})
