"""The one error for bad input, and the sentence for a name that is not known. Imports nothing of the package."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: the message is one sentence that says what was wrong, where, and what to do.

    The command line prints it without a traceback and ends with status 2.
    """


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Return the error for a `name` that is none of `known`, with the nearest one if there is any near."""
    known = list(known)
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(str(name).lower(), by_lower, n=1)
    hint = f"did you mean {by_lower[near[0]]!r}?" if near else "known are " + ", ".join(known) + "."
    return InputError(f"Unknown {kind} {name!r}: {hint}")
