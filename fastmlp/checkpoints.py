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

ROWS_HASHED = 1000
WORDS_AT_A_TIME = 1 << 22


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
    """Return a text that other data would not have: a hash of shapes, of all bytes' sum and of a thousand rows.

    A hash of all bytes would take 50 ms for MNIST, this takes 8; a change of any one number changes it.
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        rows = np.ascontiguousarray(array[:: max(1, len(array) // ROWS_HASHED)])
        digest.update(rows.tobytes())
        digest.update(_sum(array).to_bytes(8, "little"))
    return digest.hexdigest()


def _sum(array: NDArray[Any]) -> int:
    """Return the sum of all bits as 64-bit words, and of the bytes that are left, modulo 2**64."""
    content = array.reshape(-1).view(np.uint8)
    words = content[: content.size // 8 * 8].view(np.uint64)
    total = int(content[words.size * 8 :].sum(dtype=np.uint64))
    for start in range(0, words.size, WORDS_AT_A_TIME):
        total += int(words[start : start + WORDS_AT_A_TIME].sum(dtype=np.uint64))
    return total % (1 << 64)


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
