"""A Network made of the layers that another library trained, and the words for what is no plain perceptron."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, printable
from fastmlp.exchange.trained import OUTPUT_FUNCTIONS
from fastmlp.inputs.checks import known_name
from fastmlp.inputs.schema import UNKNOWN_RANGE, Column, Schema
from fastmlp.network.network import Network

Layer = tuple[NDArray[Any], NDArray[Any]]
"""W (n_in, n_out) and b (n_out,)."""
LOSSES = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy", "identity": "regression"}
"""The loss that has each function of the outputs, if nothing else is known."""


def loss_of_outputs(function: str, loss: str | None, where: str) -> str:
    """Return the loss of a network whose outputs pass through a function.

    Parameters
    ----------
    function : {"softmax", "sigmoid", "identity"}
        After "identity" the loss may be any: other libraries have the softmax or the sigmoid in their losses.
    loss : str or None
        The loss that the user names.
    where : str
        The source in messages.

    Raises
    ------
    InputError
        The loss is unknown, or has another function.
    """
    if loss is None:
        return LOSSES[function]
    wanted = OUTPUT_FUNCTIONS[known_name("loss", loss, OUTPUT_FUNCTIONS)]
    if function not in ("identity", wanted):
        fitting = " or ".join(repr(each) for each, output in OUTPUT_FUNCTIONS.items() if output == function)
        raise InputError(f"{where} ends with {function}, and loss={loss!r} means {wanted}: pass loss={fitting}.")
    return loss


def as_it_is(
    *,
    columns: Sequence[str] | None = None,
    mean: NDArray[Any] | None = None,
    deviation: NDArray[Any] | None = None,
) -> Schema:
    """Return the schema of a network from a library that takes numbers as they are, bytes too.

    Parameters
    ----------
    columns : sequence of str, optional
        Names of the inputs, by which those of a data frame are found.
    mean, deviation : (n_in,) arrays, optional
        With which inputs are standardized.
    """
    is_standardized = mean is not None and deviation is not None
    return Schema(
        scale="standardized" if is_standardized else "as it is",
        low=UNKNOWN_RANGE[0],
        high=UNKNOWN_RANGE[1],
        columns=None if columns is None else tuple(Column(printable(str(name))) for name in columns),
        mean=tuple(np.asarray(mean, np.float64).tolist()) if is_standardized else (),
        deviation=tuple(np.asarray(deviation, np.float64).tolist()) if is_standardized else (),
    )


def network_of_layers(
    layers: Sequence[Layer],
    activation: str,
    loss: str,
    where: str,
    *,
    classes: Sequence[object] | None = None,
    schema: Schema | None = None,
) -> Network:
    """Return a Network with the layers of another library: float64 if they are, else float32.

    Parameters
    ----------
    layers : sequence of (W, b)
        First layer first. Only read.
    activation, loss : str
    where : str
        The source in messages.
    classes : sequence, optional
        The name of each output, made a text.
    schema : Schema, optional

    Raises
    ------
    InputError
        The layers do not fit together, or hold other numbers than finite floats.
    """
    if not layers:
        raise InputError(f"There is no linear layer in {where}: pass a multilayer perceptron.")
    for number, (W, b) in enumerate(layers):
        if any(each.dtype.kind != "f" or each.dtype.itemsize not in (2, 4, 8) for each in (W, b)):
            raise InputError(
                f"Linear layer {number} of {where} holds {W.dtype} and {b.dtype}, not floats of a plain type."
            )
        n_below = layers[number - 1][0].shape[-1] if number else None
        if W.ndim != 2 or b.shape != W.shape[1:] or n_below not in (None, W.shape[0]) or 0 in W.shape:
            raise InputError(
                f"Linear layer {number} of {where} has weights {W.shape} and biases {b.shape}, which do not fit"
                f"{'' if n_below is None else f' the {n_below} units below'}: it is no plain perceptron."
            )
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise InputError(f"Linear layer {number} of {where} holds NaN or infinity: train it again.")
    dtype = "float64" if any(each.dtype.itemsize == 8 for layer in layers for each in layer) else "float32"
    sizes = (layers[0][0].shape[0], *(len(b) for _, b in layers))
    names = None if classes is None else [str(each) for each in classes]
    network = Network(sizes, activation, loss, seed=None, dtype=dtype, classes=names, schema=schema)
    for (W, b), own_W, own_b in zip(layers, network.weights, network.biases, strict=True):
        own_W[:], own_b[:] = W, b
    return network
