"""The shape of the pictures that a network's inputs are."""

import math

from fastmlp.errors import InputError
from fastmlp.inputs.schema import Schema

LEAST_PIXELS = 64
"""Inputs from which on a square number of them is taken for a picture, if no schema says more."""


def picture_shape(n_in: int, schema: Schema | None) -> tuple[int, int]:
    """Return (height, width) of the picture that `n_in` inputs make; colors lie below each other: red, green, blue.

    Parameters
    ----------
    n_in : int
    schema : Schema or None
        Its shape; without one a square, but not of the columns of a table.

    Raises
    ------
    InputError
        The inputs are no picture.
    """
    if schema is not None and schema.image_shape is not None:
        *above, width = schema.image_shape
        return math.prod(above), width
    side = math.isqrt(n_in)
    is_table = schema is not None and schema.columns is not None
    if is_table or n_in < LEAST_PIXELS or side**2 != n_in:
        raise InputError(
            f"The network's {n_in} inputs are no picture: see network.weights[0], or pass it with a height and a width "
            "to fastmlp.plots.first_layer."
        )
    return side, side
