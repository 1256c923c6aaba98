"""History: per-epoch metrics of a training, and their export."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from fastmlp.errors import InputError, unknown_name
from fastmlp.system.files import write_text
from fastmlp.system.numbers import is_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MONITORS = ("loss", "accuracy", "validation_loss", "validation_accuracy")
"""The metrics of an epoch that can be monitored for improvement."""


@dataclass(frozen=True)
class Epoch:
    """One epoch of training.

    Attributes
    ----------
    epoch : int
        Number of the epoch, from 1.
    loss, accuracy : float
        Over the training samples, each at the time of its batch, before that batch's step. The accuracy of a regression
        is None, in training and validation.
    seconds : float
        Time in training alone: shuffling and the kernels, without compiling, validation and callbacks. Short epochs
        that were trained in one call of a kernel have its mean.
    samples_per_second : float
    validation_loss, validation_accuracy : float or None
        After the epoch; None without validation samples.
    learning_rate : float or None
        Learning rate of the epoch's last step.
    """

    epoch: int
    loss: float
    accuracy: float | None
    seconds: float
    samples_per_second: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    learning_rate: float | None = None

    @property
    def holds_numbers(self) -> bool:
        """True if each field is a number, as it must be unless it may be None; a file can hold anything."""
        needed = self.epoch, self.loss, self.seconds, self.samples_per_second
        others = self.accuracy, self.validation_loss, self.validation_accuracy, self.learning_rate
        return all(is_number(value) for value in (*needed, *(each for each in others if each is not None)))


class History(Sequence[Epoch]):
    """The epochs of a training, in order: `history[-1].loss`, `len(history)`, `for epoch in history`."""

    def __init__(self, epochs: Iterable[Epoch] = ()) -> None:
        self._epochs = list(epochs)

    @classmethod
    def from_dicts(cls, records: Iterable[dict[str, Any]]) -> "History":
        """Return the history of which `to_dicts` returned these records; raise TypeError if they are none."""
        history = cls(Epoch(**record) for record in records)
        for number, epoch in enumerate(history, start=1):
            if epoch.epoch != number or not epoch.holds_numbers:
                raise TypeError(f"the record of epoch {number} is damaged")
        return history

    def append(self, epoch: Epoch) -> None:
        """Add the epoch that has just ended."""
        self._epochs.append(epoch)

    def extend(self, epochs: Sequence[Epoch]) -> None:
        """Add several epochs, all or none if an exception arrives from outside."""
        self._epochs.extend(epochs)

    @overload
    def __getitem__(self, index: int) -> Epoch: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Epoch]: ...
    def __getitem__(self, index: int | slice) -> Epoch | Sequence[Epoch]:
        return self._epochs[index]

    def __len__(self) -> int:
        return len(self._epochs)

    def __repr__(self) -> str:
        if not self._epochs:
            return "History(no epochs)"
        last = self._epochs[-1]
        accuracy = "" if last.accuracy is None else f", accuracy {last.accuracy:.2%}"
        return f"History({len(self)} epochs, loss {last.loss:.4f}{accuracy})"

    @property
    def seconds(self) -> float:
        """Time in training alone, summed over the epochs."""
        return sum(epoch.seconds for epoch in self._epochs)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict an epoch, ready for a data frame."""
        return [asdict(epoch) for epoch in self._epochs]

    def to_columns(self) -> dict[str, list[Any]]:
        """Return one list for each field of the epochs, by its name: `to_columns()["loss"]`."""
        return {field.name: [getattr(epoch, field.name) for epoch in self._epochs] for field in fields(Epoch)}

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the history as a JSON array of objects; NaN and infinity are null. Write it to `path` too if given."""
        return _written(json.dumps([json_record(epoch) for epoch in self], indent=1, allow_nan=False), path)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the history as CSV with a header; write it to `path` too if given. None is an empty cell."""
        return _written(csv_lines(self, header=True), path)

    def plot(self) -> "Figure":
        """Draw the loss and, except for a regression, the accuracy, epoch by epoch, with the validation if any.

        Raises
        ------
        InputError
            There are no epochs.
        """
        from fastmlp.training.history_figure import history_figure

        return history_figure(self.to_columns())()

    def _repr_html_(self) -> str:
        """Return the curves and a table of the first, the best and the last epoch, for notebooks."""
        from fastmlp.plots.markup import to_html
        from fastmlp.training.history_html import history_element

        return to_html(history_element(self.to_columns()))


def example_epoch(loss: str, has_validation: bool) -> Epoch:
    """Return a record with the metrics that a training with this loss will have, for checks before it starts."""
    accuracy = None if loss == "regression" else 1.0
    return Epoch(1, 1.0, accuracy, 1.0, 1.0, *((1.0, accuracy) if has_validation else (None, None)))


def json_record(epoch: Epoch) -> dict[str, Any]:
    """Return an epoch as JSON can hold it: None for a validation loss that is not finite."""
    return {name: value if value is None or math.isfinite(value) else None for name, value in asdict(epoch).items()}


def csv_lines(epochs: Iterable[Epoch], header: bool = False) -> str:
    """Return some epochs as lines of CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Epoch)], lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(map(asdict, epochs))
    return text.getvalue()


def as_monitor(name: str | None) -> str | None:
    """Return `name`, one of MONITORS or None; raise InputError for any other."""
    if name is not None and name not in MONITORS:
        raise unknown_name("monitor", name, MONITORS)
    return name


def monitored(record: Epoch, monitor: str | None) -> tuple[str, float]:
    """Return the name and the value of the monitored metric: by default the validation loss, without one the loss.

    Raises
    ------
    InputError
        The record has no such metric: there are no validation samples, or a regression has no accuracy.
    """
    name = monitor or ("loss" if record.validation_loss is None else "validation_loss")
    value = getattr(record, name)
    if value is None:
        raise InputError(
            f"There is no {name} to watch: a regression has no accuracy, and for that of validation samples pass some, "
            "validation=0.1 or --validation 0.1."
            if "accuracy" in name
            else f"There is no {name} to watch: pass validation samples, validation=0.1 or --validation 0.1."
        )
    return name, value


def improves(name: str, value: float, best: float | None, min_delta: float) -> bool:
    """Return whether `value` is better than `best` by more than `min_delta`: larger for an accuracy, else smaller."""
    if best is None or math.isnan(best):  # a validation loss may be NaN: any number is better
        return best is None or not math.isnan(value)
    return value > best + min_delta if name.endswith("accuracy") else value < best - min_delta


def _written(text: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        write_text(Path(path), text)
    return text
