"""ConfigError: an error in the configuration of a sweep that knows which entry is wrong.

The configuration does not know where an entry was written. The reader of a sweep file puts the file and its line in
place of the entry's name, and the command line puts its flag there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from fastmlp.errors import InputError, one_line

T = TypeVar("T")


class ConfigError(InputError):
    """A wrong entry of a sweep's configuration.

    Parameters
    ----------
    key : str
        Name of the argument of SweepConfig, or of the hyperparameter.
    problem : str
        The rest of the message: it begins with " is ..." or ": ...".
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(key, problem)
        self.key, self.problem = key, problem

    def __str__(self) -> str:
        return one_line(self.key + self.problem, self.longest)


def check(key: str, function: Callable[[object], T], value: object) -> T:
    """Return `function(value)`; raise what is wrong with the value as the ConfigError of `key`."""
    try:
        return function(value)
    except ConfigError:
        raise
    except InputError as error:
        message = str(error)
        named = message.startswith(f"{key} ")
        raise ConfigError(key, message.removeprefix(key) if named else f": {message}") from None


@contextmanager
def located(place: Callable[[str], str]) -> Iterator[None]:
    """Replace the key in the message of a ConfigError by `place(key)`, such as a line of a file or a flag."""
    try:
        yield
    except ConfigError as error:
        raise InputError(place(error.key) + error.problem) from None
