"""Augmentation: how images are changed at random, anew for each epoch, and the changing of an array of them.

Imports the kernels and the checks of inputs. `augmented` makes the training set of each epoch with it.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.inputs import as_inputs, as_seed, as_settings, positive_int

FIELD_ROOM = 256
"""Pixels by which an epoch's field of displacements is higher and wider than an image: windows lie anywhere in it."""
SIGMAS = 4
"""Where the Gaussian that smooths it is cut."""
STREAM = 0xA06
"""Tells an epoch's random numbers from others that are drawn from (seed, epoch)."""


class Draw(NamedTuple):
    """What the kernels take of an epoch's augmentation; see kernels.augment_images."""

    key: np.uint64
    reach: NDArray[np.float64]
    field: NDArray[np.float32]
    bend: float


@dataclass(frozen=True)
class Augmentation:
    """Random changes of images, drawn for each sample of each epoch from (seed, epoch, sample).

    Each number is drawn evenly from minus the setting to the setting. An image is first slanted, then stretched, turned
    about its middle, shifted and, last, bent. What comes from outside of the image is 0; between pixels the bilinear
    mean is taken.

    Parameters
    ----------
    shift : float
        Pixels to the right, and pixels down. A whole number alone means whole pixels, which keeps images sharp.
    rotation : float
        Degrees, up to 180.
    scale : float
        Share by which the width and, apart from it, the height grow or shrink; below 1.
    shear : float
        Pixels to the right for each pixel down.
    elastic : float
        Strength of elastic distortions, the alpha of Simard, Steinkraus and Platt [1]_: each pixel is displaced by
        alpha times even noise from -1 to 1 that a Gaussian of `sigma` has smoothed, by 0.163 * elastic / sigma pixels
        (standard deviation).
    sigma : float
        Smoothness of elastic distortions, in pixels. Theirs for MNIST: elastic=34, sigma=4.
    shape : (height, width), optional
        Of an image; where it is not given, images are taken to be square.

    Raises
    ------
    InputError
        A setting that is not a number, negative, or too large.

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
            object.__setattr__(self, name, _number(name, getattr(self, name)))
        if self.shape is not None:
            if not isinstance(self.shape, tuple | list) or len(self.shape) != 2:
                raise InputError(f"shape of the augmentation is {self.shape!r}: pass (height, width).")
            object.__setattr__(self, "shape", tuple(positive_int("shape of the augmentation", n) for n in self.shape))

    @classmethod
    def from_text(cls, text: str) -> "Augmentation":
        """Return the augmentation of a text such as "shift=1,rotation=10", or "none"."""
        settings: dict[str, Any] = dict(as_settings("" if text.strip() == "none" else text, "augmentation", NUMBERS))
        if "sigma" in settings and "elastic" not in settings:
            raise InputError("The augmentation has sigma, the smoothness of elastic, without it: add elastic=34.")
        return cls(**settings)

    def __str__(self) -> str:
        """Return it as `from_text` takes it, but for the shape, and for sigma where elastic is 0."""
        fields = {field.name: field.default for field in dataclasses.fields(self)}
        names = NUMBERS if self.elastic else NUMBERS[:-1]
        values = {name: getattr(self, name) for name in names if getattr(self, name) != fields[name]}
        return ",".join(f"{name}={repr(value).removesuffix('.0')}" for name, value in values.items())

    @property
    def is_on(self) -> bool:
        """Whether it changes anything."""
        return any((self.shift, self.rotation, self.scale, self.shear, self.elastic))

    @property
    def is_whole_shift(self) -> bool:
        """Whether it does nothing but shift by whole pixels."""
        others = any((self.rotation, self.scale, self.shear, self.elastic))
        return not others and self.shift == int(self.shift)

    def image_shape(self, n_in: int) -> tuple[int, int]:
        """Return (height, width) of images of `n_in` pixels; raise InputError if they are not known, or don't fit."""
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
        """Raise InputError if it does more than packed samples, those of a sparse matrix, can have done to them."""
        if self.is_on and not self.is_whole_shift:
            raise InputError(
                "A sparse matrix of images can be shifted by whole pixels, and no more: pass X.toarray() to augment it."
            )

    def draw(self, shape: tuple[int, int], seed: int, epoch: int) -> Draw:
        """Draw what the images of an epoch have in common."""
        key, field_key = np.random.SeedSequence((seed, epoch, STREAM)).generate_state(2, np.uint64)
        reach = np.array([self.shift, math.radians(self.rotation), self.scale, self.shear, self.is_whole_shift])
        if not self.elastic:
            return Draw(key, reach, np.empty((0, 0), np.float32), 0.0)
        radius = math.ceil(SIGMAS * self.sigma)
        taps = np.exp(-0.5 * (np.arange(-radius, radius + 1) / self.sigma) ** 2)
        taps = (taps / taps.sum()).astype(np.float32)
        rows, columns = (side + FIELD_ROOM for side in shape)
        noise, smoothed = np.empty(columns + 2 * radius, np.float32), np.empty((rows + 2 * radius, columns), np.float32)
        field = np.empty((rows, columns), np.float32)
        kernels.draw_field(field_key, taps, self.elastic, noise, smoothed, field)
        return Draw(key, reach, field, float(np.abs(field).max()))

    def images(self, X: ArrayLike, seed: int = 0, epoch: int = 1) -> NDArray[Any]:
        """Return changed images, those that a Trainer of this seed trains on in this epoch.

        Parameters
        ----------
        X : (n, height * width) uint8 or numbers
        seed, epoch : int

        Returns
        -------
        (n, height * width), uint8, float64 if X is, else float32
        """
        array = np.asarray(X)
        if array.ndim != 2:
            raise InputError(f"X has shape {array.shape}: pass images as rows, (n, height * width).")
        dtype = np.dtype(np.float64 if array.dtype == np.float64 else np.float32)
        array = np.asarray(as_inputs(array, array.shape[1], dtype))
        shape = self.image_shape(array.shape[1])
        new = np.empty_like(array)
        scratch = kernels.new_augmentation_scratch(*shape, array.dtype)
        kernels.augment_images(
            array, shape, 0, *self.draw(shape, as_seed(seed), positive_int("epoch", epoch)), scratch, new
        )
        return new


NUMBERS = ("shift", "rotation", "scale", "shear", "elastic", "sigma")
"""The settings that `from_text` knows."""
MOST = {"rotation": (180.0, "up to 180 degrees"), "scale": (math.nextafter(1.0, 0.0), "below 1")}
"""The largest value of a setting, in words too."""


def _number(name: str, value: object) -> float:
    """Return the setting's value as a float, or raise InputError."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    most, words = MOST.get(name, (1e6, "up to a million"))
    if not 0 <= number <= most or isinstance(value, bool) or (name == "sigma" and number == 0):
        least = "above 0" if name == "sigma" else "from 0 on"
        raise InputError(f"{name} of the augmentation is {value!r}: pass a number {least}, {words}.")
    return number
