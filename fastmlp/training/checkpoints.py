"""Checkpoints: the state of a training in one file, and the callback that writes it.

A state is a dict of arrays, of values that JSON knows, and of such dicts.
"""

import json
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown
from fastmlp.inputs.checks import not_negative
from fastmlp.system.tensor_files import CHECKPOINT, read_tensors, write_tensors
from fastmlp.training.callbacks import Callback, RunningFit, State
from fastmlp.training.history import Epoch

DAMAGE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""Errors that are raised where the content of a checkpoint has another form than it should."""


class Checkpoint(Callback):
    """Writes the whole state of the training to a file, from which `fit(..., resume=path)` goes on with the same bits.

    It is written at the start, after epochs, and at the end; whole or not at all, so that the process may be killed at
    any moment.

    Parameters
    ----------
    path : str or path
    seconds : float
        Least time between two checkpoints, longer if writing takes more than 1 % of it; 0 for every epoch.
    about : dict, optional
        More content of the file, under "about": values that JSON knows.

    Attributes
    ----------
    has_written : bool
        Whether the file is this callback's, not an earlier training's.

    Notes
    -----
    If the first file can't be written, OSError is raised before training. Later ones are not worth losing the training:
    a warning is given, and the next one is tried.
    """

    runs_last = True

    def __init__(self, path: str | os.PathLike[str], seconds: float = 1.0, about: State | None = None) -> None:
        self.path, self.seconds, self.about = Path(path), not_negative("seconds", seconds), about or {}
        self.has_written = False

    def on_train_begin(self, fit: RunningFit) -> None:
        """Write the first checkpoint."""
        self._fit, self._warned = fit, False
        self._write()

    def on_epoch_end(self, record: Epoch) -> None:
        """Write a checkpoint if the last one is old enough."""
        if time.perf_counter() - self._written >= (self.seconds and max(self.seconds, 100 * self._took)):
            self._try()

    def on_train_end(self) -> None:
        """Write the last checkpoint, from which nothing is left to train."""
        self._try()

    def _try(self) -> None:
        try:
            self._write()
        except OSError as error:
            if error.errno is None:  # not from the system: a time limit of the user's own, say
                raise
            if not self._warned:
                warnings.warn(f"The checkpoint {str(self.path)!r} can't be written: {error.strerror}.", stacklevel=4)
            self._warned, self._written = True, time.perf_counter()

    def _write(self) -> None:
        started = time.perf_counter()
        write_checkpoint(self.path, self._fit.state_dict() | {"about": self.about})
        self._written, self.has_written = time.perf_counter(), True
        self._took = self._written - started


def write_checkpoint(path: str | os.PathLike[str], state: State) -> None:
    """Write a state to `path`, whole or not at all.

    Raises
    ------
    OSError
        The folder can't be written, or the disk is full; an existing file is then as it was.
    """
    write_tensors(path, CHECKPOINT, dict(_arrays(state)), {"state": json.dumps(_without_arrays(state))})


def read_checkpoint(path: str | os.PathLike[str]) -> State:
    """Read a state that write_checkpoint wrote.

    Raises
    ------
    InputError
        No such file, no checkpoint, a damaged one, or one of another version.
    """
    arrays, about = read_tensors(path, CHECKPOINT)
    try:
        state: State = dict(json.loads(about["state"]))
        for name, array in arrays.items():
            *outer, last = name.split("/")
            inner = state
            for key in outer:
                inner = inner[key]
            inner[last] = array
    except DAMAGE as error:
        raise damaged(path, error) from None
    return state


def damaged(path: str | os.PathLike[str], error: Exception) -> InputError:
    """Return the error for a checkpoint that lacks something."""
    return InputError(f"{str(path)!r} is a damaged checkpoint ({shown(error)}): start a new training.")


def check_same(subject: str, stored: State, own: State) -> None:
    """Compare the options and the data of the training that a state is from with those of this training.

    Parameters
    ----------
    subject : str
        The first words of the message, such as "The state".
    stored, own : dict
        Options by name, of the state and of this training.

    Raises
    ------
    InputError
        An option differs.
    TypeError
        `stored` is no dict of options.
    """
    if not isinstance(stored, dict):
        raise TypeError(f"{shown(stored)} in place of options")
    for name in [*own, *(name for name in stored if name not in own)]:
        before, now = (json.loads(json.dumps(each.get(name))) for each in (stored, own))
        if before != now:
            if name == "data":
                raise InputError(f"{subject} is from a training on other data: pass the same again.")
            raise InputError(
                f"{subject} is from a training with {name.replace('_', ' ')} {before}, and this one "
                f"has {now}: use the same, or start a new training."
            )


def _arrays(state: State, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    for key, value in state.items():
        if not isinstance(key, str) or "/" in key:
            raise InputError(f"A state has the key {shown(key)}: use texts without a slash.")
        if isinstance(value, np.ndarray):
            yield prefix + key, value
        elif isinstance(value, dict):
            yield from _arrays(value, f"{prefix}{key}/")


def _without_arrays(state: State) -> State:
    return {
        key: _without_arrays(value) if isinstance(value, dict) else value
        for key, value in state.items()
        if not isinstance(value, np.ndarray)
    }
