"""What a data set is: two splits of inputs and labels, the classes' names, and the shape of an image, if any.

Called by all of `fastmlp.data`; calls nothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Split(NamedTuple):
    """Inputs and labels, one row a sample: `X, y = dataset.train`.

    Attributes
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Bytes mean value / 255; floats are taken as they are. May be memory-mapped, copy-on-write.
    y : (n,) int64
        The class of each sample, from 0.
    """

    X: NDArray[np.generic]
    y: NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """A data set: `train` to learn from, `test` for the final figure only.

    Attributes
    ----------
    name : str
        The name or the path by which it was loaded.
    train, test : Split
    classes : tuple of str
        The name of each label.
    image_shape : (height, width) or None
        The shape of a row of X drawn as a grey image.
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
