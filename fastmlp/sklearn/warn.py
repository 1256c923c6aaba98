"""Warnings that point at the user's line, whatever of scikit-learn and of this package is in between."""

import inspect
import warnings

BETWEEN = ("fastmlp.", "sklearn.callback")
"""Beginnings of the names of modules whose frames are passed over."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Give a warning at the nearest line outside."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith(BETWEEN):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
