"""Checkpoints: the state of a training as one file, and whether it is the state of the training that is to go on.

A state is a dict of arrays, of values that JSON knows, and of such dicts. Called by the Checkpoint callback and by
Trainer; imports storage.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.storage import CHECKPOINT, read_tensors, write_tensors

State = dict[str, Any]

ROWS_HASHED, ROWS_AT_A_TIME = 1000, 1 << 16


def write_checkpoint(path: str | os.PathLike[str], state: State) -> None:
    """Write a state to `path`, whole or not at all.

    Raises
    ------
    OSError
        The folder can't be written, or the disk is full; an existing file is then as it was.
    """
    write_tensors(path, CHECKPOINT, dict(_arrays(state)), {"state": json.dumps(_without_arrays(state))})


def read_checkpoint(path: str | os.PathLike[str]) -> State:
    """Read what write_checkpoint wrote.

    Raises
    ------
    InputError
        No such file, no checkpoint, a damaged one, or one of another version.
    """
    arrays, about = read_tensors(path, CHECKPOINT)
    try:
        state: State = json.loads(about["state"])
        for name, array in arrays.items():
            *outer, last = name.split("/")
            inner = state
            for key in outer:
                inner = inner[key]
            inner[last] = array
    except (KeyError, ValueError, TypeError) as error:
        raise damaged(path, error) from None
    return state


def damaged(path: str | os.PathLike[str], error: Exception) -> InputError:
    """Return the error for a checkpoint of which something is missing."""
    return InputError(f"{str(path)!r} is a damaged checkpoint ({error!r}): train anew.")


def check_same(path: str | os.PathLike[str], stored: State, own: State) -> None:
    """Raise InputError, which says what differs, where a checkpoint is of a training with other settings or data.

    Parameters
    ----------
    path : str or path
        For the message.
    stored, own : dict
        Names of settings and their values, of the checkpoint and of this training.
    """
    for name in [*own, *(name for name in stored if name not in own)]:
        before, now = (json.loads(json.dumps(each.get(name))) for each in (stored, own))
        if before != now:
            if name == "data":
                raise InputError(f"The checkpoint {str(path)!r} is of a training on other data: pass the same again.")
            raise InputError(
                f"The checkpoint {str(path)!r} is of a training with {name} {before}, and this one has {now}: go on "
                "with the same, or train anew."
            )


def fingerprint(*arrays: NDArray[Any]) -> str:
    """Return a text that other data would not have: a hash of the sum of each row, and of a thousand whole rows.

    A change of any one number changes it, and so does another order of the samples. 6 ms for MNIST, where a
    hash of all bytes takes 30.
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(array[:: max(1, len(array) // ROWS_HASHED)].tobytes())
        for start in range(0, len(array), ROWS_AT_A_TIME):
            digest.update(_row_sums(array[start : start + ROWS_AT_A_TIME]).tobytes())
    return digest.hexdigest()


def _row_sums(array: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the sum of each row's bits as words of 64, and of the bytes that are left over."""
    content = array.reshape(len(array), -1).view(np.uint8)
    end = content.shape[1] // 8 * 8
    words = content[:, :end].view(np.uint64)
    return np.asarray(words.sum(axis=1) + content[:, end:].sum(axis=1, dtype=np.uint64))


def _arrays(state: State, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    for key, value in state.items():
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
