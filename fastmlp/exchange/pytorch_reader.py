"""PyTorch: a Network made of a Sequential, a state dict or a safetensors file; PyTorch itself is not imported."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.errors import InputError, printable, reason, shown
from fastmlp.exchange.exported import MARK
from fastmlp.exchange.plain_network import Layer, as_it_is, loss_of_outputs, network_of_layers
from fastmlp.inputs.checks import known_name
from fastmlp.inputs.schema import Schema
from fastmlp.network.network import Network
from fastmlp.system.input_files import check_memory, file_size

MODULES = {
    "Identity": "identity",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "Softplus": "softplus",
    "SiLU": "silu",
    "GELU": "gelu",
}
"""Modules of torch.nn and the names of their activations."""
OUTPUTS = {"Softmax": "softmax", "LogSoftmax": "softmax", "Sigmoid": "sigmoid", "Identity": "identity"}
"""Modules that may follow the last linear layer, and the names of their functions."""
USUAL: dict[str, object] = {"negative_slope": 0.01, "alpha": 1, "approximate": "none", "beta": 1, "threshold": 20}
"""Settings of modules that change what they compute, with the values that are known here."""
WITHOUT_EFFECT = ("Dropout", "AlphaDropout", "Flatten")


def from_pytorch(
    model: Any,
    activation: str | None = None,
    loss: str | None = None,
    *,
    classes: Sequence[str] | None = None,
    schema: Schema | None = None,
) -> Network:
    """Return a Network with the weights of a PyTorch perceptron, and the same dtype.

    Parameters
    ----------
    model : torch.nn.Sequential, state dict, or path of a .safetensors file
        Linear layers with one activation between them; Dropout and Flatten change nothing. A state dict is a mapping of
        `<name>.weight` and `<name>.bias`, in the order of the layers; its values may be tensors or arrays.
    activation : str, optional
        That of the hidden layers. Required for a state dict that has any; a Sequential says it itself.
    loss : str, optional
        Required for a state dict. The function of the outputs is that of the loss, see Network: PyTorch often has the
        softmax in the loss, so say "cross_entropy" if the module ends with a Linear and its outputs are logits. By
        default, Softmax and LogSoftmax at the end mean "cross_entropy", Sigmoid "binary_cross_entropy", and Linear
        "regression", whose outputs are those of the module.
    classes : sequence of str, optional
        Name of each output. A file that `Network.export` wrote has names, activation and loss.
    schema : Schema, optional
        How samples become inputs, such as that of a data set. By default numbers are taken as they are, as in PyTorch,
        bytes too.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        The model is no plain perceptron; the message names the layer.

    Examples
    --------
    >>> network = from_pytorch(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), loss="cross_entropy")
    """
    if isinstance(model, str | os.PathLike):
        tensors, about = _read(model)
        if about.get("made", "").startswith(MARK):
            activation, loss = activation or about.get("activation"), loss or about.get("loss")
            classes = _stored_classes(about) if classes is None else classes
        layers, where = _layers_of_state(tensors), f"the file {str(model)!r}"
    elif isinstance(model, Mapping):
        layers, where = _layers_of_state(model), "the state dict"
    else:
        return _from_module(model, activation, loss, classes, schema)
    if loss is None or (activation is None and len(layers) > 1):
        missing = "loss" if loss is None else "activation"
        raise InputError(f"{where[0].upper()}{where[1:]} does not say its {missing}: pass {missing}=.")
    activation = known_name("activation", activation or "identity", kernels.ACTIVATIONS)
    loss = known_name("loss", loss, kernels.LOSSES)
    return network_of_layers(layers, activation, loss, where, classes=classes, schema=schema or as_it_is())


# ---- modules ---------------------------------------------------------------------------------------------------------


def _from_module(
    model: Any, activation: str | None, loss: str | None, classes: Sequence[str] | None, schema: Schema | None
) -> Network:
    """Do what from_pytorch does, for a Sequential."""
    modules = [each for each in _plain_modules(model, "") if each.kind not in WITHOUT_EFFECT]
    linear = [place for place, each in enumerate(modules) if each.kind == "Linear"]
    if not linear or linear[0] != 0:
        raise InputError("The module does not begin with a Linear layer: pass a plain perceptron.")
    layers = [_layer(modules[place].module) for place in linear]
    hidden = [_activation(modules[place + 1 : following]) for place, following in pairwise(linear)]
    for layer, name in enumerate(hidden):
        if name != hidden[0]:
            raise InputError(
                f"{name} stands after {modules[linear[layer]]}, and {hidden[0]} after {modules[0]}: fastmlp has one "
                "activation for all hidden layers."
            )
    found = hidden[0] if hidden else "identity"
    if activation not in (None, found) and hidden:
        raise InputError(f"The module has the activation {found}, not {shown(activation)}: leave activation out.")
    function = _outputs(modules[linear[-1] + 1 :])
    loss = loss_of_outputs(function, loss, "The module")
    return network_of_layers(layers, found, loss, "the module", classes=classes, schema=schema or as_it_is())


class _Module(NamedTuple):
    """A module that is no Sequential, and its place, such as 2 or 0.2."""

    place: str
    module: Any

    @property
    def kind(self) -> str:
        return type(self.module).__name__

    def __str__(self) -> str:
        return f"layer {self.place or 0} ({self.kind})"


def _plain_modules(module: Any, place: str) -> Iterator[_Module]:
    """Yield the layers of a module in turn, those of a Sequential inside it too."""
    each = _Module(place, module)
    if not type(module).__module__.startswith("torch.nn."):
        raise InputError(
            f"An object of type {each.kind} is no Sequential of torch.nn: pass one, or your module's state_dict() with "
            "activation= and loss=."
        )
    if each.kind == "Sequential":
        for number, child in enumerate(module):
            yield from _plain_modules(child, f"{place}.{number}" if place else str(number))
    elif each.kind not in (*MODULES, *OUTPUTS, *WITHOUT_EFFECT, "Linear"):
        raise InputError(f"The module has {each}, which is no part of a plain perceptron as fastmlp has them.")
    else:
        yield each


def _activation(between: Sequence[_Module]) -> str:
    """Return the name of the activation that stands between two linear layers."""
    if len(between) > 1:
        raise InputError(
            f"The module has {between[1]} after {between[0]}: fastmlp has one activation after each layer."
        )
    for each in between:
        if each.kind not in MODULES:
            raise InputError(f"The module has {each} between linear layers: fastmlp has {', '.join(MODULES)} there.")
        _check_settings(each)
    return MODULES[between[0].kind] if between else "identity"


def _outputs(after: Sequence[_Module]) -> str:
    """Return the name of the function that follows the last linear layer."""
    for each in after:
        if len(after) > 1 or each.kind not in OUTPUTS:
            raise InputError(
                f"The module ends with {after[-1]}: fastmlp has one of {', '.join(OUTPUTS)} there, or none."
            )
        if getattr(each.module, "dim", -1) not in (-1, 1, None):
            raise InputError(f"The module has {each} with dim={shown(each.module.dim)}: a sample's outputs are dim=1.")
    return OUTPUTS[after[0].kind] if after else "identity"


def _check_settings(each: _Module) -> None:
    """Raise InputError if an activation has other settings than those known here."""
    for setting, usual in USUAL.items():
        value = getattr(each.module, setting, usual)
        if value != usual:
            raise InputError(f"The module has {each} with {setting}={shown(value)}: fastmlp has {shown(usual)} only.")


def _layer(module: Any) -> Layer:
    W = _array(module.weight, "weight").T
    return W, np.zeros(W.shape[1], W.dtype) if module.bias is None else _array(module.bias, "bias")


# ---- state dicts -----------------------------------------------------------------------------------------------------


def _layers_of_state(state: Mapping[str, Any]) -> list[Layer]:
    """Return the layers of a state dict in its order, W and b each; a layer without a bias has zeros."""
    names: dict[str, None] = {}
    for key in state:
        name, _, kind = str(key).rpartition(".")
        if kind not in ("weight", "bias"):
            raise InputError(f"The state dict has {shown(key)}, which is no weight or bias of a Linear layer.")
        names[name] = None
    layers = []
    for name in names:
        prefix = f"{name}." if name else ""
        if f"{prefix}weight" not in state:
            raise InputError(f"The state dict has {shown(prefix + 'bias')} without a weight.")
        W = _array(state[f"{prefix}weight"], f"{prefix}weight").T
        if W.ndim != 2:
            raise InputError(f"{shown(prefix + 'weight')} has shape {W.shape[::-1]}: it is of no Linear layer.")
        bias = state.get(f"{prefix}bias")
        layers.append((W, np.zeros(W.shape[1], W.dtype) if bias is None else _array(bias, f"{prefix}bias")))
    return layers


def _array(values: Any, name: str) -> NDArray[Any]:
    """Return a tensor or an array as an array."""
    try:
        return np.asarray(values.detach().cpu().numpy() if hasattr(values, "detach") else values)
    except (TypeError, ValueError, RuntimeError) as error:  # NumPy has no bfloat16
        raise InputError(f"{shown(name)} can't be made an array ({reason(error)}): pass model.float().") from None


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Return the tensors of a safetensors file in the order of the layers, and its metadata."""
    from safetensors import safe_open

    if Path(path).suffix.lower() != ".safetensors":
        raise InputError(
            f"{str(path)!r} is no .safetensors file: read it with torch.load(path, weights_only=True), and pass the "
            "state dict."
        )
    size = file_size(path)
    if size is None:
        raise InputError(f"There is no file {str(path)!r}: pass the path of a .safetensors file.")
    check_memory(f"{str(path)!r}", size, "pass a smaller file")
    try:
        with safe_open(path, framework="numpy") as file:
            about = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys(), key=_natural)}
    except Exception as error:  # the library raises errors of Rust, of NumPy and of its own
        raise InputError(f"{str(path)!r} can't be read as safetensors ({reason(error)}).") from None
    if about.get("format") in ("fastmlp", "fastmlp-checkpoint"):
        raise InputError(f"{str(path)!r} is a model of fastmlp's own: read it with load_network.")
    return tensors, about


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts names with numbers in the order of the numbers: "2.weight" before "10.weight"."""
    parts = name.replace("_", ".").split(".")
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _stored_classes(about: Mapping[str, str]) -> list[str] | None:
    try:
        stored = json.loads(about.get("classes", "null"))
    except (ValueError, RecursionError):
        return None
    return [printable(str(name)) for name in stored] if isinstance(stored, list) else None
