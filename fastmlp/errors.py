"""Errors for bad input, whose messages are written for the user.

A message is one sentence that says what was wrong, where, and what to do. The command line prints it without a
traceback and exits with status 2.
"""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: an argument, an option or a file."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Return the error for a `name` that is not one of `known`; it proposes the nearest name, or lists all of them."""
    known = list(known)
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(str(name).lower(), by_lower, n=1)
    hint = f"did you mean {by_lower[near[0]]!r}?" if near else "known are " + ", ".join(known) + "."
    return InputError(f"Unknown {kind} {name!r}: {hint}")


class DivergedError(InputError):
    """Divergence: the loss became NaN or infinite. The network has its weights from before that epoch."""
