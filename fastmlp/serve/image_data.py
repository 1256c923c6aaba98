"""ImageData: a data set of images as the page shows it and as a network sees it."""

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.datasets.dataset import Dataset
from fastmlp.datasets.digit_picture import SIDE
from fastmlp.errors import InputError
from fastmlp.inputs.schema import BRIGHTEST, Schema
from fastmlp.network.network import Network

WELL_KNOWN = 2000
"""Test images among which those are searched that excite a neuron most."""


class ImageData:
    """A data set of images.

    Parameters
    ----------
    dataset : Dataset
    note : str
        A sentence for the user, such as that these are not MNIST's digits.

    Attributes
    ----------
    shape : (height, width)
    channels : 1 or 3
    seen : (n_test, n_in) uint8 or float32
        The test images as a network sees them: bytes mean value / 255.
    labels : (n_test,) int64

    Raises
    ------
    InputError
        The samples are no images, or have no labels.
    """

    def __init__(self, dataset: Dataset, note: str = "") -> None:
        self.dataset, self.note = dataset, note
        schema = dataset.schema
        shape = dataset.image_shape or (schema.image_shape if schema is not None else None)
        if shape is None or schema is None or schema.scale != "pixels" or dataset.is_regression:
            raise InputError(
                f"{dataset.name} holds no images with labels, and the page is for images: for tables see "
                "`fastmlp train --data`."
            )
        self.schema: Schema = schema
        self.shape = (shape[-2], shape[-1])
        self.channels = 3 if len(shape) == 3 else 1
        self.seen = schema.scaled(dataset.test.X, np.dtype(np.float32))
        self.labels = dataset.test.y

    @property
    def n_in(self) -> int:
        """Inputs of a network for these images."""
        return math.prod(self.shape) * self.channels

    @property
    def can_draw(self) -> bool:
        """True for digits in the form of MNIST's: a drawing is put into the same form."""
        names = self.dataset.classes
        return self.shape == (SIDE, SIDE) and self.channels == 1 and set(names) <= set("0123456789")

    def to_json(self) -> dict[str, Any]:
        """Return what the page needs to know."""
        return {
            "name": self.dataset.name,
            "classes": self.dataset.classes,
            "image_shape": self.shape,
            "channels": self.channels,
            "can_draw": self.can_draw,
            "n_train": len(self.dataset.train.X),
            "n_test": len(self.seen),
            "note": self.note,
        }

    def pictures(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return some test images as the page shows them: (n, h, w) uint8, coloured ones (n, h, w, 3)."""
        return self.as_pictures(self.seen[rows])

    def as_pictures(self, X: NDArray[Any]) -> NDArray[np.uint8]:
        """Return inputs of a network (n, n_in), bytes or light from 0 to 1, as the page shows them."""
        if X.dtype != np.uint8:
            X = np.rint(np.clip(X, 0, 1) * BRIGHTEST).astype(np.uint8)
        if self.channels == 1:
            return X.reshape(-1, *self.shape)
        return np.ascontiguousarray(X.reshape(-1, 3, *self.shape).transpose(0, 2, 3, 1))

    def as_weights(self, W: NDArray[Any]) -> NDArray[Any]:
        """Return weights of some units (n, n_in) as pictures (n, h, w); those of the three colours are summed."""
        pictures = W.reshape(-1, self.channels, *self.shape)
        return pictures[:, 0] if self.channels == 1 else pictures.sum(axis=1)

    @functools.cached_property
    def well_known(self) -> NDArray[np.float32]:
        """The first test images (n, n_in), as light from 0 to 1."""
        return light(self.seen[:WELL_KNOWN])

    def training_samples(self, settings: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the training images and labels that some settings ask for.

        `train_samples` of them are chosen at random, and the labels of the share `shuffled_labels` are permuted; both
        follow from the seed.
        """
        X, y = self.dataset.train
        rng = np.random.default_rng((settings["seed"], 18))
        n = settings["train_samples"]
        if n < len(X):
            rows = np.sort(rng.permutation(len(X))[:n])
            X, y = np.ascontiguousarray(X[rows]), y[rows]
        if settings["shuffled_labels"] > 0:
            chosen = rng.random(len(y)) < settings["shuffled_labels"]
            y = y.copy()
            y[chosen] = rng.permutation(y[chosen])
        return X, y

    def check_network(self, network: Network, path: str) -> None:
        """Raise InputError if a network is not for these images."""
        if network.sizes[0] != self.n_in or network.classes != self.dataset.classes:
            raise InputError(
                f"{path} has {network.sizes[0]} inputs and the classes {', '.join(network.classes[:12])}, which is not "
                f"what {self.dataset.name} has: pass its own data with --data."
            )


def light(X: NDArray[Any]) -> NDArray[np.float32]:
    """Return inputs as float32, of which 1 is white: bytes divided by 255."""
    return X.astype(np.float32) / np.float32(BRIGHTEST) if X.dtype == np.uint8 else X.astype(np.float32)
