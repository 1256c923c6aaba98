"""The caller outside of this package, who is to see a warning."""

import inspect


def level_outside() -> int:
    """Return the stack level, for `warnings.warn`, of the nearest caller outside of this package."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("fastmlp."):
        level, frame = level + 1, frame.f_back
    return level
