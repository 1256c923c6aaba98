"""The options with which an unfinished training was begun, for `fastmlp train --resume`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastmlp.cli.run_folder import CHECKPOINT
from fastmlp.cli.run_options import RunOptions
from fastmlp.datasets.load import data_option
from fastmlp.errors import InputError
from fastmlp.system.input_files import file_size, resolved
from fastmlp.training.checkpoints import DAMAGE, check_same, damaged, read_checkpoint
from fastmlp.training.hyperparameters import SETTINGS


def resumed_options(folder: Path, given: Mapping[str, Any], out: Path | None) -> RunOptions:
    """Return the options with which the training in a folder was begun.

    Parameters
    ----------
    folder : Path
        The folder of the results, with a checkpoint.
    given : mapping
        The options and hyperparameters that were given again, by name. They must have the stored values.
    out : Path or None
        The value of --out, which may only name the same folder.

    Raises
    ------
    InputError
        There is no checkpoint, or an option has another value.
    """
    path = folder / CHECKPOINT
    if out is not None and resolved(out) != resolved(folder):
        raise InputError(f"The results of --resume {folder} go there again: leave out --out {out}.")
    if file_size(path) is None:
        raise InputError(
            f"There is no checkpoint in {str(folder)!r}: no training was begun there, so start it without --resume."
        )
    options = _stored_options(path)
    if given.get("data"):
        given = {**given, "data": data_option(given["data"])}
    stored = {name: _stored_value(options, name) for name in given}
    check_same(f"The checkpoint {str(path)!r}", stored, {name: _shown(value) for name, value in given.items()})
    return options


def _stored_options(path: Path) -> RunOptions:
    """Return the options that a checkpoint of `fastmlp train` holds."""
    about = read_checkpoint(path).get("about")
    if about == {}:
        raise InputError(
            f"{str(path)!r} is of a training in Python, not of `fastmlp train`: go on with it in fit(..., resume=path)."
        )
    try:
        stored = about["options"]  # type: ignore[index]
        is_earlier = "changes" not in stored
        options = None if is_earlier else RunOptions.from_json(stored)
    except DAMAGE as error:
        raise damaged(path, error) from None
    if options is None:
        raise InputError(f"{str(path)!r} was written by an earlier version of fastmlp: start a new training.")
    return options


def _stored_value(options: RunOptions, name: str) -> Any:
    """Return the stored value of an option or a hyperparameter, as messages show it."""
    if name not in SETTINGS:
        return _shown(getattr(options, name))
    return _shown(options.changes[name]) if name in options.changes else "the preset's"


def _shown(value: Any) -> Any:
    return "none" if value is None else value
