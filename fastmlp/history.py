"""History: what each epoch of a training came to, and its export. Imports errors and files only."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, overload

from fastmlp.errors import InputError, unknown_name
from fastmlp.files import write_text

MONITORS = ("loss", "accuracy", "validation_loss", "validation_accuracy")
"""What of an epoch may be watched, for whether it still gets better."""


@dataclass(frozen=True)
class Epoch:
    """One epoch of training.

    Attributes
    ----------
    epoch : int
        From 1.
    loss, accuracy : float
        Over the training samples, each as it was when its batch came up, before that batch's step. The accuracy of a
        regression is None, in training and validation.
    seconds : float
        Time in training alone: shuffling and the kernels; no compiling, no validation, no callbacks.
    samples_per_second : float
    validation_loss, validation_accuracy : float or None
        After the epoch; None without validation samples.
    learning_rate : float or None
        Of the epoch's last step.
    """

    epoch: int
    loss: float
    accuracy: float | None
    seconds: float
    samples_per_second: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    learning_rate: float | None = None


class History(Sequence[Epoch]):
    """The epochs of a training, in order: `history[-1].loss`, `len(history)`, `for epoch in history`."""

    def __init__(self, epochs: Iterable[Epoch] = ()) -> None:
        self._epochs = list(epochs)

    def append(self, epoch: Epoch) -> None:
        """Add the epoch that has just ended."""
        self._epochs.append(epoch)

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
        """Time in training alone, all epochs together."""
        return sum(epoch.seconds for epoch in self._epochs)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict an epoch, ready for a data frame."""
        return [asdict(epoch) for epoch in self._epochs]

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the history as a JSON array of objects; not finite is null. Write it to `path` too if given."""
        return _written(json.dumps([json_record(epoch) for epoch in self], indent=1, allow_nan=False), path)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the history as CSV with a header; write it to `path` too if given. None is an empty cell."""
        return _written(csv_lines(self, header=True), path)


def json_record(epoch: Epoch) -> dict[str, Any]:
    """Return an epoch as JSON has it: None for a loss of validation samples that is not finite."""
    return {name: value if value is None or math.isfinite(value) else None for name, value in asdict(epoch).items()}


def csv_lines(epochs: Iterable[Epoch], header: bool = False) -> str:
    """Return the lines of CSV of some epochs."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Epoch)], lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(map(asdict, epochs))
    return text.getvalue()


def as_monitor(name: str | None) -> str | None:
    """Return `name`, one of MONITORS or None; raise InputError for another."""
    if name is not None and name not in MONITORS:
        raise unknown_name("monitor", name, MONITORS)
    return name


def monitored(record: Epoch, monitor: str | None) -> tuple[str, float]:
    """Return the name and the value of what is watched: by default the validation loss, where there is none the loss.

    Raises
    ------
    InputError
        There is none: it is of validation samples, or the accuracy of a regression.
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
