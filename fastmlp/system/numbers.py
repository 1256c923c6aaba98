"""Numbers that a file holds: whether a value of JSON can be computed with."""

from numbers import Real


def is_number(value: object) -> bool:
    """Return True for a real number that a float can hold, infinity and NaN too; JSON sets integers no limit."""
    try:
        return isinstance(value, Real) and isinstance(float(value), float)
    except OverflowError:
        return False
