"""The form of every data set: two splits of inputs and labels, the names of the classes, and the shape of an image."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Split(NamedTuple):
    """Inputs and labels of a split, one row per sample: `X, y = dataset.train`.

    Attributes
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Bytes mean value / 255; floats are taken as they are. X may be memory-mapped: copy-on-write, or
        read-only if it is large.
    y : (n,) int64
        The class of each sample, from 0.
    """

    X: NDArray[np.generic]
    y: NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """A data set: `train` for training, `test` for the final accuracy only.

    Attributes
    ----------
    name : str
        The name or path from which the data set was loaded.
    train, test : Split
    classes : tuple of str
        The name of each label.
    image_shape : (height, width) or None
        Shape of a row of X as a grey image; None if the samples are not images.
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None

    def __repr__(self) -> str:
        n_train, n_in = self.train.X.shape
        return (
            f"Dataset({self.name!r}, {n_train:,} + {len(self.test.X):,} samples of {n_in} {self.train.X.dtype}, "
            f"{len(self.classes)} classes)"
        )
