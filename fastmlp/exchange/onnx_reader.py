"""ONNX: a Network made of a graph that is a plain perceptron, whoever wrote it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from fastmlp.errors import InputError, printable, reason
from fastmlp.exchange.onnx_graph import Found, GraphReader
from fastmlp.exchange.plain_network import Layer, as_it_is, loss_of_outputs, network_of_layers
from fastmlp.exchange.preparation import DTYPES, make_preparation
from fastmlp.exchange.sklearn_reader import two_outputs
from fastmlp.exchange.trained import OUTPUT_FUNCTIONS
from fastmlp.inputs.schema import BRIGHTEST, Schema
from fastmlp.network.network import Network
from fastmlp.system.input_files import check_memory, file_size

CLOSE = 1e-5
"""Relative difference that float32 explains."""


def from_onnx(model: Any, *, loss: str | None = None, classes: Sequence[str] | None = None) -> Network:
    """Return a Network that computes what an ONNX graph computes, and with the same dtype.

    The graph is a chain of Gemm or MatMul and Add with one activation in between, in any of the forms in which PyTorch,
    scikit-learn's converter and `Network.export` write them. What stands before the first layer, such as a division by
    255, becomes the schema of the network.

    Parameters
    ----------
    model : path, bytes or onnx.ModelProto
    loss : str, optional
        The loss, where the graph leaves it open. By default that of `Network.export`, or by the end of the graph:
        Softmax means "cross_entropy", Sigmoid "binary_cross_entropy", or "squared_error" with an ArgMax, and others
        "regression", or "cross_entropy" with an ArgMax. LogSoftmax is taken for Softmax. Two columns 1 - s and s of one
        sigmoid, as scikit-learn's classifiers of two classes have them, are a softmax.
    classes : sequence of str, optional
        Name of each output, by default those in the file.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        The package onnx is missing, the file can't be read, or its graph is no plain perceptron: the message names the
        node.
    """
    onnx = _package()
    proto = _model(onnx, model)
    about = {each.key: each.value for each in proto.metadata_props} if proto.producer_name == "fastmlp" else {}
    try:
        found = GraphReader(proto.graph, onnx.numpy_helper.to_array, onnx.helper.get_attribute_value).read()
        dtype = str(onnx.helper.tensor_dtype_to_np_dtype(_input_type(proto.graph)))
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise InputError(
            f"The ONNX graph can't be followed ({reason(error)}): it is damaged, or no perceptron."
        ) from None
    layers, function = list(found.layers), found.function
    if function == "pair":
        layers[-1], function = two_outputs(layers[-1]), "softmax"
    loss = loss_of_outputs(function, loss or _loss(found, function, about), "The graph")
    names = classes if classes is not None else _names(found, about, len(layers[-1][1]))
    layers, schema = _with_schema(found, layers, dtype, about)
    layers = [(W.astype(found.dtype), b.astype(found.dtype)) for W, b in layers]
    return network_of_layers(layers, found.activation, loss, "the graph", classes=names, schema=schema)


def _package() -> ModuleType:
    try:
        import onnx
    except ImportError:
        raise InputError("ONNX files need the package onnx: install it with `pip install 'fastmlp[onnx]'`.") from None
    module: ModuleType = onnx
    return module


def _model(onnx: Any, model: Any) -> Any:
    """Return the ModelProto of a path, of bytes, or itself, checked."""
    where = "The ONNX model"
    if isinstance(model, str | os.PathLike):
        where = f"{str(model)!r}"
        size = file_size(model)
        if size is None:
            raise InputError(f"There is no file {where}: pass the path of an .onnx file.")
        check_memory(where, size, "pass a smaller file")
    elif not isinstance(model, bytes | onnx.ModelProto):
        raise InputError(
            f"An object of type {type(model).__name__} is no ONNX model: pass a path, bytes or an onnx.ModelProto."
        )
    try:
        if isinstance(model, bytes):
            model = onnx.load_model_from_string(model)
        elif not isinstance(model, onnx.ModelProto):
            model = onnx.load(Path(model))
        onnx.checker.check_model(model)
    except Exception as error:  # of Protocol Buffers, of the checker, of files with weights beside the graph
        raise InputError(f"{where} can't be read as ONNX ({reason(error)}).") from None
    return model


def _input_type(graph: Any) -> int:
    """Return ONNX's number of the type of the samples."""
    constants = {each.name for each in graph.initializer}
    number: int = next(each for each in graph.input if each.name not in constants).type.tensor_type.elem_type
    return number


def _loss(found: Found, function: str, about: dict[str, str]) -> str | None:
    """Return the loss that the file names or implies, None if its end says it all."""
    stored = about.get("loss", "")
    if OUTPUT_FUNCTIONS.get(stored) == function:
        return stored
    if found.label is None or not found.label.is_largest:
        return None
    return {"sigmoid": "squared_error", "identity": "cross_entropy"}.get(function)


def _names(found: Found, about: dict[str, str], n_out: int) -> list[str] | None:
    """Return the names of the classes that the file has for `n_out` outputs, if any."""
    stored = _json(about.get("classes"))
    names = stored if isinstance(stored, list) else found.names
    return [printable(str(each)) for each in names] if names is not None and len(names) == n_out else None


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


# ---- what stands before the first layer ------------------------------------------------------------------------------


def _with_schema(
    found: Found, layers: list[Layer], dtype: str, about: dict[str, str]
) -> tuple[list[Layer], Schema | None]:
    """Return the layers and the schema of a network that takes samples as the graph does.

    The schema is the one in the file of `Network.export`, if the graph prepares the inputs as it says; else it divides
    bytes by 255, or standardizes with scale > 0. Any other preparation goes into the first layer.
    """
    n_in = layers[0][0].shape[0]
    if about and dtype in DTYPES:
        stored = _stored_schema(about, n_in, layers[-1][0].shape[1])
        wanted = make_preparation(stored, n_in, dtype, "float64").affine(n_in)
        if _are_close((found.scale, found.offset), wanted):
            return _without_units(layers, stored), stored
    scale, offset = found.scale, found.offset
    if (scale == 1).all() and (offset == 0).all():
        return layers, as_it_is()
    if dtype == "uint8" and np.allclose(scale, 1 / BRIGHTEST, rtol=CLOSE, atol=0) and (offset == 0).all():
        return layers, None
    if (scale > 0).all():
        return layers, as_it_is(mean=-offset / scale, deviation=1 / scale)
    W, b = layers[0]
    return [(W * scale[:, None], b + offset @ W), *layers[1:]], as_it_is()


def _stored_schema(about: dict[str, str], n_in: int, n_out: int) -> Schema | None:
    """Return the schema in a file's metadata, None if it has none of such a network."""
    stored = _json(about.get("schema"))
    try:
        schema = None if stored is None else Schema.from_json(stored)
        if schema is not None:
            schema.check_sizes(n_in, n_out)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return schema


def _are_close(found: tuple[Any, Any], wanted: tuple[Any, Any]) -> bool:
    """Return whether two scales and offsets are the same in float32."""
    scales = np.allclose(found[0], wanted[0], rtol=CLOSE, atol=0)
    return bool(scales and np.allclose(found[1], wanted[1], rtol=CLOSE, atol=CLOSE))


def _without_units(layers: list[Layer], schema: Schema | None) -> list[Layer]:
    """Return the layers with outputs that are standardized targets, if the schema has such."""
    if schema is None or not schema.target_mean:
        return layers
    deviation, mean = np.array(schema.target_deviation), np.array(schema.target_mean)
    W, b = layers[-1]
    return [*layers[:-1], (W / deviation, (b - mean) / deviation)]
