"""The form of every data set: two splits of inputs and labels, the names of the classes, and what the inputs mean."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown
from fastmlp.inputs.schema import Schema


class Split(NamedTuple):
    """Inputs and labels of a split, one row per sample: `X, y = dataset.train`.

    Attributes
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        As in the source: a network that has the schema of the data set scales them. X may be memory-mapped:
        copy-on-write, or read-only if it is large.
    y : (n,) int64, or (n, n_targets) float64
        The class of each sample, from 0; or the targets of a regression.
    """

    X: NDArray[np.generic]
    y: NDArray[Any]


@dataclass(frozen=True)
class Dataset:
    """A data set: `train` for training, `test` for the final accuracy only.

    Attributes
    ----------
    name : str
        The name or path from which the data set was loaded.
    train, test : Split
    classes : tuple of str
        The name of each label; of each target of a regression.
    image_shape : (height, width) or None
        Shape of a row of X as a grey image; None if the samples are not images.
    schema : Schema or None
        What the inputs mean, and how a network scales them. None: bytes mean value / 255, and other numbers are taken
        as they are.
    weights : (n,) array or None
        The weight of each training sample.
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None
    schema: Schema | None = None
    weights: NDArray[Any] | None = None

    @property
    def is_regression(self) -> bool:
        """True if there are targets in place of classes."""
        return self.train.y.ndim == 2

    def __repr__(self) -> str:
        n_train, n_in = self.train.X.shape
        return (
            f"Dataset({self.name!r}, {n_train:,} + {len(self.test.X):,} samples of {n_in} {self.train.X.dtype}, "
            f"{len(self.classes)} {'targets' if self.is_regression else 'classes'})"
        )

    def check_classes(self) -> None:
        """Raise InputError if all training samples have one label, from which nothing can be learned."""
        y = self.train.y
        if not self.is_regression and (y == y[0]).all():
            raise InputError(
                f"All training samples of {self.name} have the label {shown(self.classes[int(y[0])])}: nothing can be "
                "learned; name the column of the labels with --label, or add samples of other classes."
            )
