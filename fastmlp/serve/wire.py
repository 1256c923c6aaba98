"""Messages as they go over the websocket: JSON in texts, and arrays behind a JSON header in binary messages.

docs/serve-protocol.md describes both.
"""

import json
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown

ALIGNMENT = 8
"""Arrays start at multiples of so many bytes, so that the page need not copy them."""
DRAWING, LEAST_SIDE, MOST_SIDE = 1, 8, 200
"""Kind of the one binary message from the page, and the sides it may have."""


class Scaled(NamedTuple):
    """Whole numbers (int8 or uint8), and the value of 1; a list has one for each index of the first axis."""

    values: NDArray[Any]
    scale: float | list[float]


class Drawing(NamedTuple):
    """A drawing: pixels (side, side) uint8, 0 for paper and 255 for ink; and the number of its message."""

    seq: int
    pixels: NDArray[np.uint8]


def packed(header: dict[str, Any], arrays: dict[str, NDArray[Any] | Scaled]) -> bytes:
    """Return a binary message.

    Parameters
    ----------
    header : dict
        What JSON can hold; `arrays` is added.
    arrays : dict of uint8, int8 or float32 arrays, or Scaled
    """
    listed: dict[str, Any] = {}
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        values, scale = array if isinstance(array, Scaled) else (array, None)
        listed[name] = {"dtype": str(values.dtype), "shape": values.shape, "offset": offset}
        if scale is not None:
            listed[name]["scale"] = scale
        parts.append(np.ascontiguousarray(values).tobytes())
        parts.append(bytes(-values.nbytes % ALIGNMENT))
        offset += values.nbytes + -values.nbytes % ALIGNMENT
    text = json.dumps(header | {"arrays": listed}, allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % ALIGNMENT)
    return b"".join([len(text).to_bytes(4, "little"), text, *parts])


def unpacked(message: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays of a binary message, without the scales applied: the reverse of `packed`."""
    n = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + n])
    arrays = {}
    for name, about in header["arrays"].items():
        count, start = int(np.prod(about["shape"])), 4 + n + about["offset"]
        arrays[name] = np.frombuffer(message, about["dtype"], count, start).reshape(about["shape"])
    return header, arrays


def as_int8(values: NDArray[Any], *, each: bool = False) -> Scaled:
    """Return numbers as int8 whose largest is 127; with `each` there is a scale for each index of the first axis."""
    axes = tuple(range(1, values.ndim)) if each else None
    most = np.abs(values).max(axis=axes, initial=0.0)
    scale = np.where(most > 0, most, 1.0).astype(np.float64) / 127
    factor = (1 / scale).astype(np.float32)
    numbers = values * (factor.reshape(-1, *[1] * (values.ndim - 1)) if each else factor)
    return Scaled(np.rint(numbers).astype(np.int8), scale.tolist())


def is_whole(value: Any) -> bool:
    """Return whether a value of a message is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def read_text(text: str) -> dict[str, Any]:
    """Return a message of the page: a JSON object with a `type`; raise InputError if it is none."""
    try:
        message = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InputError(f"The message {shown(text)} is no JSON: send an object with a type.") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise InputError(f"The message {shown(message)} has no type: send an object with one.")
    return message


def read_drawing(message: bytes) -> Drawing:
    """Return the drawing in a binary message; raise InputError if it is none."""
    if len(message) < 4 or message[0] != DRAWING:
        raise InputError("A binary message is no drawing: its first byte is 1, and 3 more come before the pixels.")
    side = message[1]
    if not LEAST_SIDE <= side <= MOST_SIDE or len(message) != 4 + side * side:
        raise InputError(f"A drawing of side {side} has {len(message) - 4} pixels: send side * side, from 8 to 200.")
    pixels = np.frombuffer(message, np.uint8, side * side, 4).reshape(side, side)
    return Drawing(int.from_bytes(message[2:4], "little"), pixels)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
