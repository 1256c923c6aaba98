"""Model files: a network read from safetensors."""

import os
from itertools import pairwise
from json import loads

from fastmlp.errors import InputError, printable, reason, shown
from fastmlp.inputs.schema import Schema
from fastmlp.network.network import Network
from fastmlp.system.tensor_files import MODEL, read_tensors


def load_network(path: str | os.PathLike[str]) -> Network:
    """Read a network that `Network.save` wrote: the same bits.

    Raises
    ------
    InputError
        No such file, not a model, damaged, or written by another version.
    """
    tensors, about = read_tensors(path, MODEL)
    try:
        sizes, classes = loads(about["sizes"]), loads(about["classes"])
        for layer, shape in enumerate(pairwise(sizes)):
            stored = tensors[f"weights.{layer}"].shape, tensors[f"biases.{layer}"].shape
            if stored != (shape, shape[1:]):
                raise InputError(f"layer {layer} has weights of shape {stored[0]}, not {shown(shape)}")
        if len({tensor.dtype for tensor in tensors.values()}) > 1:
            raise InputError("its layers have numbers of different types")
        network = Network(
            sizes,
            about["activation"],
            about["loss"],
            weight_init=about["weight_init"],
            seed=None,
            dtype=tensors["weights.0"].dtype,
            classes=tuple(printable(str(name)) for name in classes),
            schema=Schema.from_json(loads(about["schema"])) if "schema" in about else None,
        )
        for layer, (W, b) in enumerate(network.layers(network.params)):
            W[:], b[:] = tensors[f"weights.{layer}"], tensors[f"biases.{layer}"]
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        missing = f"no {error}" if isinstance(error, KeyError) else reason(error)
        raise InputError(
            f"{str(path)!r} does not describe a network ({missing}): the file is damaged; train again."
        ) from None
    return network
