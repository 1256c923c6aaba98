"""Preparation: how the values that a user passes become the inputs of the first layer, as arithmetic on each input."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.exchange.trained import Trained
from fastmlp.inputs.arrays import LEAST_PIXELS
from fastmlp.inputs.checks import known_name
from fastmlp.inputs.schema import BRIGHTEST, Schema

DTYPES = ("uint8", "float32", "float64")
FAR_FROM_ZERO = 1000
"""Deviations between a column's mean and 0 from which on float32 loses digits that count."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Preparation:
    """The steps from a value x to an input: x / 255, then 1 - x, then (x - mean) / deviation; each only if it is set.

    Attributes
    ----------
    dtype : {"uint8", "float32", "float64"}
        Type of the values.
    is_light : bool
        Whether they are pixels from 0 to 1.
    is_divided, is_inverted : bool
        Whether values are divided by 255, and subtracted from 1.
    mean, deviation : (n_in,) float64, or None
    image_shape : tuple of int or None
        Shape of a sample that is a picture.
    """

    dtype: str
    is_light: bool = False
    is_divided: bool = False
    is_inverted: bool = False
    mean: NDArray[np.float64] | None = None
    deviation: NDArray[np.float64] | None = None
    image_shape: tuple[int, ...] | None = None

    def affine(self, n_in: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return scale and offset (n_in,) with which an input is scale * x + offset."""
        scale, offset = np.ones(n_in), np.zeros(n_in)
        if self.is_divided:
            scale /= BRIGHTEST
        if self.is_inverted:
            scale, offset = -scale, 1 - offset
        if self.mean is not None and self.deviation is not None:
            scale, offset = scale / self.deviation, (offset - self.mean) / self.deviation
        return scale, offset

    @property
    def picture(self) -> str:
        """The shape of a picture and the order of its pixels in brackets, after a space; "" for others."""
        if self.image_shape is None:
            return ""
        order = "row by row" if len(self.image_shape) == 2 else "planes of red, green and blue"
        return f" ({'x'.join(map(str, self.image_shape))}, {order})"

    @property
    def loses_digits(self) -> bool:
        """True if float32 is too coarse for a column whose values differ by little, such as times in seconds."""
        if self.mean is None or self.deviation is None:
            return False
        return bool((np.abs(self.mean) > FAR_FROM_ZERO * self.deviation).any())

    def __str__(self) -> str:
        """Return in words which values are taken, and what is done with them."""
        what = "numbers in the units of the training" if self.mean is not None else "numbers"
        if self.is_divided or self.is_light:
            what = "pixels from 0 to 255" if self.is_divided else "pixels from 0 to 1"
        what += self.picture
        steps = ["divided by 255"] if self.is_divided else []
        steps += ["inverted (dark ink on light paper)"] if self.is_inverted else []
        steps += ["standardized"] if self.mean is not None else []
        return f"{what}, {' and '.join(steps)} inside" if steps else f"{what}, taken as they are"


def make_preparation(schema: Schema | None, n_in: int, inputs: str | None, dtype: str) -> Preparation:
    """Return the preparation of samples as a schema says.

    Parameters
    ----------
    schema : Schema or None
        Without one, bytes are divided by 255, and other numbers are taken as they are.
    n_in : int
    inputs : {"uint8", "float32", "float64"} or None
        Type of the values. Pixels that are bytes go from 0 to 255, others from 0 to 1. None: bytes if the network was
        trained on pixels up to 255, or if it has no schema and 64 inputs or more, as pictures have; else `dtype`.
    dtype : {"float32", "float64"}
        Type of the arithmetic.

    Raises
    ------
    InputError
        An unknown name.
    """
    if inputs is not None:
        known_name("inputs", inputs, DTYPES)
    if schema is None:
        inputs = inputs or ("uint8" if n_in >= LEAST_PIXELS else dtype)
        return Preparation(dtype=inputs, is_divided=inputs == "uint8")
    are_pixels, is_standardized = schema.scale == "pixels", schema.scale == "standardized"
    inputs = inputs or ("uint8" if are_pixels and not schema.is_of_light else dtype)
    return Preparation(
        dtype=inputs,
        is_light=are_pixels and inputs != "uint8",
        is_divided=are_pixels and inputs == "uint8",
        is_inverted=are_pixels and schema.is_dark_on_light,
        mean=np.array(schema.mean) if is_standardized else None,
        deviation=np.array(schema.deviation) if is_standardized else None,
        image_shape=schema.image_shape,
    )


def folded(trained: Trained, preparation: Preparation) -> Trained:
    """Return the network with the preparation in its first layer, and the units of the targets in its last one.

    With inputs scale * x + offset, the first layer has the weights scale * W and the biases b + offset @ W. The
    parameters become float64.
    """
    scale, offset = preparation.affine(trained.sizes[0])
    weights: list[NDArray[Any]] = [W.astype(np.float64) for W in trained.weights]
    biases: list[NDArray[Any]] = [b.astype(np.float64) for b in trained.biases]
    biases[0] = biases[0] + offset @ weights[0]
    weights[0] = weights[0] * scale[:, None]
    if trained.target_scale is not None:
        deviation, mean = trained.target_scale
        weights[-1], biases[-1] = weights[-1] * deviation, biases[-1] * deviation + mean
    return replace(trained, weights=tuple(weights), biases=tuple(biases))
