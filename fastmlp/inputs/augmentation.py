"""Augmentation: random changes of images, sampled anew for each epoch.

Nothing is stored: the changes follow from (seed, epoch, sample). A training that is resumed, or that uses another
number of threads, therefore sees the same images.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp.errors import InputError, shown
from fastmlp.inputs.arrays import as_inputs
from fastmlp.inputs.checks import as_seed, not_negative, parse_options, positive_float, positive_int
from fastmlp.kernels.images.augment import augment_images, sample_field
from fastmlp.kernels.images.warp import Distortion, new_augmentation_scratch

FIELD_ROOM = 256
"""Pixels by which an epoch's displacement field is higher and wider than an image. Each image takes a random window."""
SIGMAS = 4
"""Radius, in standard deviations, at which the Gaussian that smooths the displacement field is cut off."""
STREAM = 0xA06
"""Number of the random stream, which separates it from other streams that are seeded with (seed, epoch)."""


@dataclass(frozen=True)
class Augmentation:
    """Random changes of images, sampled for each image of each epoch from (seed, epoch, sample).

    Each change is sampled uniformly from minus its limit to its limit. An image is sheared, scaled, rotated about its
    centre, shifted and distorted elastically, in this order. Pixels from outside the image are 0. Values between pixels
    are interpolated bilinearly.

    Parameters
    ----------
    shift : float
        Largest shift in pixels, horizontally and vertically. If the shift is a whole number and the only change, images
        move by whole pixels, which keeps them sharp.
    rotation : float
        Largest angle in degrees, up to 180.
    scale : float
        Largest fraction by which the width and, independently, the height grow or shrink; below 1.
    shear : float
        Largest horizontal displacement per pixel of height, in pixels.
    elastic : float
        Strength of elastic distortions, the alpha of Simard, Steinkraus and Platt [1]_. Each pixel is displaced by
        alpha times uniform noise from -1 to 1, smoothed by a Gaussian of standard deviation `sigma`. The displacements
        have a standard deviation of 0.163 * elastic / sigma pixels.
    sigma : float
        Smoothness of elastic distortions, in pixels. The paper uses elastic=34, sigma=4 for MNIST.
    shape : (height, width), optional
        Shape of an image; without it, images are square.

    Raises
    ------
    InputError
        A value is not a number, is negative, or is too large.

    References
    ----------
    .. [1] Best practices for convolutional neural networks applied to visual document analysis, ICDAR 2003.
    """

    shift: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    sigma: float = 4.0
    shape: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name in NUMBERS:
            object.__setattr__(self, name, _checked(name, getattr(self, name)))
        if self.shape is not None:
            if not isinstance(self.shape, tuple | list) or len(self.shape) != 2:
                raise InputError(f"shape of the augmentation is {shown(self.shape)}: pass (height, width).")
            object.__setattr__(self, "shape", tuple(positive_int("shape of the augmentation", n) for n in self.shape))

    @classmethod
    def from_text(cls, text: str) -> "Augmentation":
        """Return the augmentation that a text such as "shift=1,rotation=10", or "none", describes."""
        options: dict[str, Any] = dict(parse_options("" if text.strip() == "none" else text, "augmentation", NUMBERS))
        if "sigma" in options and "elastic" not in options:
            raise InputError("The augmentation has sigma, the smoothness of elastic, without it: add elastic=34.")
        return cls(**options)

    def __str__(self) -> str:
        """Return the text that `from_text` reads; it leaves out the shape, and sigma if elastic is 0."""
        fields = {field.name: field.default for field in dataclasses.fields(self)}
        names = NUMBERS if self.elastic else NUMBERS[:-1]
        values = {name: getattr(self, name) for name in names if getattr(self, name) != fields[name]}
        return ",".join(f"{name}={repr(value).removesuffix('.0')}" for name, value in values.items())

    @property
    def is_on(self) -> bool:
        """True if this augmentation changes images at all."""
        return any((self.shift, self.rotation, self.scale, self.shear, self.elastic))

    @property
    def is_whole_shift(self) -> bool:
        """True if shifts by whole pixels are the only change."""
        others = any((self.rotation, self.scale, self.shear, self.elastic))
        return not others and self.shift == int(self.shift)

    def image_shape(self, n_in: int) -> tuple[int, int]:
        """Return (height, width) of images of `n_in` pixels; raise InputError if they can't have this shape."""
        side = math.isqrt(n_in)
        shape = self.shape or (side, side)
        if math.prod(shape) != n_in:
            what = f"{shape[0]} x {shape[1]}" if self.shape else "a square of"
            raise InputError(
                f"The {n_in} inputs of a sample are not {what} pixels: pass shape=(height, width) in Augmentation."
            )
        if self.elastic and self.sigma > max(shape):
            raise InputError(
                f"sigma of the augmentation is {self.sigma:g}: pass an image's {max(shape)} pixels at most."
            )
        return shape

    def check_packed(self) -> None:
        """Raise InputError for more than shifts by whole pixels, the only change that sparse matrices allow."""
        if self.is_on and not self.is_whole_shift:
            raise InputError(
                "A sparse matrix of images can be shifted by whole pixels, and no more: pass X.toarray() to augment it."
            )

    def distortion(self, shape: tuple[int, int], seed: int, epoch: int) -> Distortion:
        """Return the random changes that the images of an epoch have in common."""
        key, field_key = np.random.SeedSequence((seed, epoch, STREAM)).generate_state(2, np.uint64)
        reach = np.array([self.shift, math.radians(self.rotation), self.scale, self.shear, self.is_whole_shift])
        if not self.elastic:
            return Distortion(key, reach, np.empty((0, 0), np.float32), 0.0)
        radius = math.ceil(SIGMAS * self.sigma)
        taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / self.sigma) ** 2)
        taps = (taps / taps.sum()).astype(np.float32)
        rows, columns = (side + FIELD_ROOM for side in shape)
        noise, smoothed = np.empty(columns + 2 * radius, np.float32), np.empty((rows + 2 * radius, columns), np.float32)
        field = np.empty((rows, columns), np.float32)
        sample_field(field_key, taps, self.elastic, noise, smoothed, field)
        return Distortion(key, reach, field, float(np.abs(field).max()))

    def images(self, X: ArrayLike, seed: int = 0, epoch: int = 1) -> NDArray[Any]:
        """Return the augmented images on which a Trainer with this seed trains in this epoch.

        Parameters
        ----------
        X : (n, height * width) uint8 or numbers
            Images as rows. Only read.
        seed, epoch : int
            Seed of the Trainer, and number of the epoch, from 1.

        Returns
        -------
        (n, height * width) uint8 or float64 as X; float32 for other types

        Raises
        ------
        InputError
            X is not a table of images of this shape, or a number is out of its range.
        """
        array = np.asarray(X)
        if array.ndim != 2:
            raise InputError(f"X has shape {array.shape}: pass images as rows, (n, height * width).")
        dtype = np.dtype(np.float64 if array.dtype == np.float64 else np.float32)
        array = np.asarray(as_inputs(array, array.shape[1], dtype))
        shape = self.image_shape(array.shape[1])
        new = np.empty_like(array)
        scratch = new_augmentation_scratch(*shape, array.dtype)
        distortion = self.distortion(shape, as_seed(seed), positive_int("epoch", epoch))
        augment_images(array, shape, 0, distortion, scratch, new)
        return new


NUMBERS = ("shift", "rotation", "scale", "shear", "elastic", "sigma")
"""The options of `from_text`."""
MOST = {"rotation": (180.0, "up to 180 degrees"), "scale": (math.nextafter(1.0, 0.0), "below 1")}
"""Largest value of an option, as a number and in words; a million for the others."""


def _checked(name: str, value: object) -> float:
    """Return the value of an option as a float, or raise InputError."""
    called = f"{name} of the augmentation"
    number = positive_float(called, value) if name == "sigma" else not_negative(called, value)
    most, words = MOST.get(name, (1e6, "up to a million"))
    if number > most:
        raise InputError(f"{called} is {shown(value)}: pass a number {words}.")
    return number
