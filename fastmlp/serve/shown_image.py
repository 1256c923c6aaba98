"""ShownImage: the image that a session shows to its network: a drawing, a test image, noise, or nothing."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown
from fastmlp.serve.drawing import to_digit
from fastmlp.serve.image_data import ImageData, light
from fastmlp.serve.wire import is_whole


@dataclass(frozen=True)
class ShownImage:
    """An image.

    Attributes
    ----------
    source : {"drawing", "test", "noise", "blank"}
    x : (n_in,) float32
        As a network sees it: light from 0 to 1.
    picture : (h, w) or (h, w, 3) uint8
    index, label : int or None
        Place and class of a test image.
    seq : int or None
        Number of the message that asked for it.
    """

    source: str
    x: NDArray[np.float32] = field(repr=False)
    picture: NDArray[np.uint8] = field(repr=False)
    index: int | None = None
    label: int | None = None
    seq: int | None = None

    @property
    def is_blank(self) -> bool:
        """True if there is nothing on it."""
        return not self.picture.any()


def drawn_image(data: ImageData, pixels: NDArray[np.uint8], seq: int) -> ShownImage:
    """Return a drawing (side, side) in MNIST's form, or nothing if nothing is drawn."""
    if not data.can_draw:
        raise InputError(f"{data.dataset.name} holds no digits, which could be drawn: pick a test image.")
    digit = to_digit(pixels)
    return blank_image(data, seq) if digit is None else _from_input(data, "drawing", digit.reshape(-1), seq=seq)


def blank_image(data: ImageData, seq: int | None = None) -> ShownImage:
    """Return the empty image."""
    return _from_input(data, "blank", np.zeros(data.n_in, np.uint8), seq=seq)


def noise_image(data: ImageData, rng: np.random.Generator, seq: int | None = None) -> ShownImage:
    """Return noise: each pixel uniform between black and white."""
    return _from_input(data, "noise", rng.integers(0, 256, data.n_in, np.uint8), seq=seq)


def picked_image(data: ImageData, index: Any, seq: int | None = None) -> ShownImage:
    """Return a test image by its place; raise InputError if there is none."""
    if not is_whole(index) or not 0 <= index < len(data.seen):
        raise InputError(f"There is no test image {shown(index)}: they go from 0 to {len(data.seen) - 1}.")
    return _from_input(data, "test", data.seen[index], index=index, label=int(data.labels[index]), seq=seq)


def _from_input(data: ImageData, source: str, x: NDArray[Any], **about: int | None) -> ShownImage:
    return ShownImage(source, light(x), data.as_pictures(x[None])[0], **about)
