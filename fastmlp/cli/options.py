"""Options that several commands have, the flags of the hyperparameters, and the printing of results."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fastmlp.errors import InputError, shown
from fastmlp.inputs.setting import flag_of
from fastmlp.training.hyperparameters import SETTINGS

if TYPE_CHECKING:
    from fastmlp.datasets.dataset import Dataset
    from fastmlp.datasets.reading import Reading

Command = TypeVar("Command", bound=Callable[..., Any])

METAVARS = {"layers": "16,16", "whole": "N", "number": "F", "name": "NAME"}
"""Form of a flag's value in the help text, by the kind of the hyperparameter."""
OWN_METAVARS = {"augmentation": "SETTINGS"}
"""Exceptions to METAVARS, by the name of the hyperparameter."""

DRAWN_NOTICE = (
    "*** These are NOT MNIST's digits. No data set was named and MNIST can't be had, so the built-in digits,\n"
    "*** drawn by code, are used. `fastmlp data where` says where MNIST is looked for.\n"
)

DATA = click.option(
    "--data",
    metavar="NAME|PATH",
    help="A data set's name (see `fastmlp data list`), or a file or folder.  [default: mnist]",
)
LABEL = click.option(
    "--label",
    multiple=True,
    metavar="COLUMN",
    help="Column of a table that holds the labels: its name, or its number from 1, -1 for the last. Several for a "
    "regression with several targets.  [default: recognized]",
)
JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON object, the last line of output."
)


class HeldOut(click.ParamType[float]):
    """The samples to hold out, as a fraction or a number."""

    name = "fraction|n"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> float:
        """Return an int for a number of samples, a float for a fraction."""
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                pass
        raise InputError(f"--validation is {shown(value)}: pass a fraction such as 0.1, or a number of samples.")


def hyperparameter_flags(command: Command) -> Command:
    """Add a flag for each hyperparameter to a command, which gets the values as texts, or None for absent flags.

    The texts are read by `read_hyperparameters` in the body of the command and not by Click. To check a name loads
    Numba, which takes 0.4 to 1 s, and the command has to start the worker that draws the figures before that.
    """
    for name, declared in reversed(SETTINGS.items()):
        metavar = OWN_METAVARS.get(name, METAVARS[declared.kind])
        command = click.option(flag_of(name, declared), name, metavar=metavar, help=declared.help)(command)
    return command


def read_hyperparameters(options: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters for which a flag was given, by name, each in its proper type.

    A value of None stands for the text "none".

    Parameters
    ----------
    options : dict
        The options of a command with `hyperparameter_flags`. Others are ignored.

    Raises
    ------
    InputError
        A text that is not a value of its hyperparameter.
    """
    given = {name: options[name] for name in SETTINGS if options[name] is not None}
    return {name: SETTINGS[name].read(name, text) for name, text in given.items()}


def load_data(name: str | None, reading: "Reading | None" = None) -> "Dataset":
    """Load a data set by name or path, by default MNIST; print a notice if the drawn digits stand in for it."""
    from fastmlp.datasets.load import load_named_or_default
    from fastmlp.datasets.reading import AS_USUAL
    from fastmlp.system.terminal import notice

    dataset, missing = load_named_or_default(name, reading or AS_USUAL)
    if missing is not None:
        notice(f"{missing}\n{DRAWN_NOTICE}")
    return dataset


def print_result(result: dict[str, Any], text: str, as_json: bool) -> None:
    """Print `text`; with `as_json` print it to standard error, and `result` as one line of JSON."""
    from fastmlp.system.terminal import notice

    if as_json:
        notice(text)
        print(json.dumps(result, allow_nan=False))
    else:
        print(text)
