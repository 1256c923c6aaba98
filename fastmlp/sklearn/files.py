"""Estimators as files: a model file of the network, with the rest of the estimator as JSON in its metadata."""

import json
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, reason, shown
from fastmlp.network.model_file import load_network
from fastmlp.network.network import Network
from fastmlp.system.tensor_files import MODEL, read_tensors

ENTRY = "estimator"
"""Name of the entry in the metadata."""
DAMAGE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
"""Errors that are raised where the entry has another form than it should."""


def save_estimator(network: Network, state: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a network with the state of its estimator, values that JSON knows; whole or not at all."""
    network.save(path, about={ENTRY: json.dumps(state)})


def load_estimator(path: str | os.PathLike[str], kind: str) -> tuple[Network, dict[str, Any]]:
    """Return the network and the state of an estimator of the class `kind` that save_estimator wrote.

    Raises
    ------
    InputError
        No such file, damaged, or not of such an estimator.
    """
    _, about = read_tensors(path, MODEL)
    if ENTRY not in about:
        raise InputError(f"{str(path)!r} holds a network and no estimator: read it with fastmlp.load_network.")
    try:
        state = dict(json.loads(about[ENTRY]))
        if state["class"] != kind:
            raise InputError(f"{str(path)!r} holds a {shown(state['class'])}, no {kind}: load it with that class.")
    except InputError:
        raise
    except DAMAGE as error:
        raise damaged(path, error) from None
    return load_network(path), state


def damaged(path: str | os.PathLike[str], error: Exception) -> InputError:
    """Return the error for a file whose entry lacks something."""
    return InputError(
        f"{str(path)!r} does not describe an estimator ({reason(error)}): the file is damaged; fit again."
    )


def plain(name: str, value: Any) -> Any:
    """Return the value of a parameter as JSON can hold it; a dict, whose keys may be numbers, as pairs; tuples marked.

    Raises
    ------
    InputError
        It is an object.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return {"tuple": [plain(name, each) for each in value]}
    if isinstance(value, np.ndarray | list):
        return [plain(name, each) for each in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, dict):
        return {"pairs": [[plain(name, key), plain(name, each)] for key, each in value.items()]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise InputError(
        f"{name} is {shown(value)}, which a file can't hold: use numbers and texts, or pickle the estimator."
    )


def parameter(value: Any) -> Any:
    """Return the value of a parameter of which `plain` returned `value`."""
    if isinstance(value, dict) and "tuple" in value:
        return tuple(map(parameter, value["tuple"]))
    if isinstance(value, dict):
        return {parameter(key): parameter(each) for key, each in value["pairs"]}
    return list(map(parameter, value)) if isinstance(value, list) else value


def classes_to_json(classes: NDArray[Any]) -> dict[str, Any]:
    """Return classes as JSON can hold them; raise InputError if they are neither numbers nor texts."""
    if classes.dtype.kind not in "biufU" and not all(isinstance(each, str) for each in classes):
        raise InputError(f"The classes are of the type {classes.dtype}, which a file can't hold: use numbers or texts.")
    return {"dtype": classes.dtype.str, "values": classes.tolist()}


def classes_from_json(stored: dict[str, Any]) -> NDArray[Any]:
    """Return the classes of which classes_to_json returned `stored`."""
    return np.array(stored["values"], np.dtype(stored["dtype"]))
