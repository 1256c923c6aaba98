"""Errors for bad input, whose messages are written for the user.

A message is one sentence that says what was wrong, where, and what to do. The command line prints it without a
traceback and exits with status 2.

Messages quote what files and users say. `InputError` makes its message fit a line, whatever was quoted; `shown` and
`reason` shorten a quotation before, so that the rest of the sentence stays whole.
"""

import difflib
from collections.abc import Iterable

LONGEST_MESSAGE = 300
"""Most characters of a message."""
LONGEST_VALUE = 80
"""Most characters of a value in a message."""
LONGEST_REASON = 100
"""Most characters that a message quotes from an error of another library."""


class InputError(ValueError):
    """Bad input: an argument, an option or a file.

    Its message is one line of printable characters. If it is longer than `longest`, its middle is left out: it begins
    with what was wrong and ends with what to do.
    """

    longest = LONGEST_MESSAGE

    def __str__(self) -> str:
        return one_line(super().__str__(), self.longest)


class DivergedError(InputError):
    """Divergence: the loss became NaN or infinite. The network has its weights from before that epoch."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Return the error for a `name` that is not one of `known`; it proposes the nearest name, or lists all of them."""
    return InputError(f"Unknown {kind} {shown(name)}{nearest_name(name, known)}")


def nearest_name(name: object, known: Iterable[str]) -> str:
    """Return the end of a message about a `name` that is not one of `known`: the nearest name, or all of them."""
    known = list(known)
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1) if isinstance(name, str) else []
    return f": did you mean {by_lower[near[0]]!r}?" if near else f": known are {', '.join(known)}."


def shown(value: object) -> str:
    """Return the representation of a value for a message, shortened if it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python refuses to write very long integers, and very deep lists
        return f"{type(value).__name__} that is too large to be shown"
    return text if len(text) <= LONGEST_VALUE else f"{text[:60]}... ({len(text):,} characters)"


def reason(error: BaseException) -> str:
    """Return why another library raised an error: the first line of its message, without a final full stop."""
    text = str(getattr(error, "strerror", None) or error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    return one_line(first, LONGEST_REASON).rstrip(".")


def one_line(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Return a text as one line of at most `longest` printable characters; if it is longer, its middle is left out."""
    return _without_middle(printable(_without_middle(text, longest)), longest)


def printable(text: str) -> str:
    r"""Return a text with an escape, such as \n or \x1b, in place of each character that does not print.

    A file's text could otherwise move the cursor of a terminal or change its colours.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _without_middle(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    mark = " ... "
    end = 2 * (longest - len(mark)) // 5
    return text[: longest - len(mark) - end] + mark + text[-end:]
