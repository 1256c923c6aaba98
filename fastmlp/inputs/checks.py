"""Checks of single values: each returns the value in its proper type, or raises InputError with one sentence.

Constructors, flags, files and sweeps use the same checks, so that they accept the same values with the same messages.
"""

import math
import operator
import re
from collections.abc import Collection, Sequence

from fastmlp.errors import InputError, shown, unknown_name

DIGITS = r"\s*\d{1,18}\s*"
"""Pattern of a whole number in a text. Longer texts are refused, because int(text) itself refuses very long ones."""


def positive_int(name: str, value: object) -> int:
    """Return `value` as an int of at least 1, or raise InputError."""
    number = _whole(value)
    if number < 1:
        raise InputError(f"{name} is {shown(value)}: pass a whole number of at least 1.")
    return number


def positive_float(name: str, value: object) -> float:
    """Return `value` as a finite float above 0, or raise InputError."""
    number = _real(value)
    if not 0 < number < math.inf:
        raise InputError(f"{name} is {shown(value)}: pass a positive number.")
    return number


def not_negative(name: str, value: object) -> float:
    """Return `value` as a finite float of at least 0, or raise InputError."""
    number = _real(value)
    if not 0 <= number < math.inf:
        raise InputError(f"{name} is {shown(value)}: pass a number of at least 0.")
    return number


def below_one(name: str, value: object) -> float:
    """Return `value` as a float in [0, 1), or raise InputError."""
    number = _real(value)
    if not 0 <= number < 1:
        raise InputError(f"{name} is {shown(value)}: pass a number from 0 to below 1.")
    return number


def between_zero_and_one(name: str, value: object) -> float:
    """Return `value` as a float in (0, 1), or raise InputError."""
    number = _real(value)
    if not 0 < number < 1:
        raise InputError(f"{name} is {shown(value)}: pass a number above 0 and below 1.")
    return number


def as_seed(value: object) -> int:
    """Return `value` as an int of at least 0, or raise InputError."""
    number = _whole(value)
    if number < 0:
        raise InputError(f"seed is {shown(value)}: pass a whole number of at least 0.")
    return number


def known_name(kind: str, value: object, known: Collection[str]) -> str:
    """Return `value` if it is one of the `known` names; raise InputError that proposes the nearest one if it is not."""
    if not isinstance(value, str) or value not in known:
        raise unknown_name(kind, value, known)
    return value


def as_layers(name: str, value: object) -> tuple[int, ...]:
    """Return the widths of hidden layers, given as a list or tuple of ints or as a text such as "256,128" or "none".

    Raises
    ------
    InputError
        The value has another form, or a width is not positive.
    """
    widths = value
    if isinstance(value, str):
        if value.strip().lower() == "none":
            return ()
        widths = [int(each) for each in value.split(",")] if re.fullmatch(rf"{DIGITS}(,{DIGITS})*", value) else None
    if not isinstance(widths, list | tuple) or not all(type(width) is int and width > 0 for width in widths):
        raise InputError(f"{name} is {shown(value)}: pass positive widths between commas, such as 16,16, or none.")
    return tuple(widths)


def parse_options(text: str, owner: str, known: Sequence[str]) -> dict[str, str]:
    """Return the options in a text such as "shift=1, rotation=10"; an empty text has none.

    Parameters
    ----------
    text : str
    owner : str
        What the options belong to, for the messages.
    known : sequence of str
        The names that are allowed.

    Returns
    -------
    options : dict
        Name and text of each option, in the order of `text`.

    Raises
    ------
    InputError
        An item has no "=", its name is not one of `known`, or a name is given twice.
    """
    options: dict[str, str] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        name, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals:
            raise InputError(f"The {owner} has {shown(item)}: pass settings such as {known[0]}=1, between commas.")
        if name not in known:
            raise unknown_name(f"setting of the {owner}", name, known)
        if name in options:
            raise InputError(f"The {owner} has {name} twice: pass each setting once.")
        options[name] = value
    return options


def _whole(value: object) -> int:
    """Return `value` as an int, or -1 if it is not a whole number."""
    try:
        return -1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return -1


def _real(value: object) -> float:
    """Return `value` as a float, or NaN if it is not a number."""
    try:
        return math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan
