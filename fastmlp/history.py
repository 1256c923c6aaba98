"""History: what each epoch of a training came to, and its export. Imports files only."""

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, overload

from fastmlp.files import write_text


@dataclass(frozen=True)
class Epoch:
    """One epoch of training.

    Attributes
    ----------
    epoch : int
        From 1.
    loss, accuracy : float
        Over the training samples, each as it was when its batch came up, before that batch's step.
    seconds : float
        Time in training alone: shuffling and the kernels; no compiling, no validation, no callbacks.
    samples_per_second : float
    validation_loss, validation_accuracy : float or None
        After the epoch; None without validation samples.
    """

    epoch: int
    loss: float
    accuracy: float
    seconds: float
    samples_per_second: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


class History(Sequence[Epoch]):
    """The epochs of a training, in order: `history[-1].loss`, `len(history)`, `for epoch in history`."""

    def __init__(self) -> None:
        self._epochs: list[Epoch] = []

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
        return f"History({len(self)} epochs, loss {last.loss:.4f}, accuracy {last.accuracy:.2%})"

    @property
    def seconds(self) -> float:
        """Time in training alone, all epochs together."""
        return sum(epoch.seconds for epoch in self._epochs)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dict an epoch, ready for a data frame."""
        return [asdict(epoch) for epoch in self._epochs]  # finite: an epoch with NaN is no epoch

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the history as a JSON array of objects; write it to `path` too if given."""
        return _written(json.dumps(self.to_dicts(), indent=1, allow_nan=False), path)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the history as CSV with a header; write it to `path` too if given. None is an empty cell."""
        text = io.StringIO()
        writer = csv.DictWriter(text, [field.name for field in fields(Epoch)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.to_dicts())
        return _written(text.getvalue(), path)


def _written(text: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        write_text(Path(path), text)
    return text
