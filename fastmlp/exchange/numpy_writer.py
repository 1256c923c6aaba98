"""NumPy: a network as a short script that people can read, and an .npz file with its weights beside it."""

import io
import json
import keyword
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.exchange.exported import MADE_BY, Export, check_replaceable
from fastmlp.exchange.preparation import Preparation
from fastmlp.exchange.trained import OUTPUT_FUNCTIONS, OUTPUTS, Trained
from fastmlp.system.files import write_bytes, write_text

SIGMOID = "(1 + np.tanh(Z / 2)) / 2"
"""The sigmoid 1 / (1 + exp(-Z)) as a hyperbolic tangent, which does not overflow."""
ACTIVATIONS = {
    "identity": "Z",
    "sigmoid": f"{SIGMOID}  # the sigmoid 1 / (1 + exp(-Z)), without overflow",
    "tanh": "np.tanh(Z)",
    "relu": "np.maximum(Z, 0)",
    "leaky_relu": "np.where(Z < 0, 0.01 * Z, Z)",
    "elu": "np.where(Z < 0, np.expm1(np.minimum(Z, 0)), Z)",
    "softplus": "np.logaddexp(0, Z)",
    "silu": f"Z * {SIGMOID}  # Z times its sigmoid",
    "gelu": "Z * (1 + np.vectorize(erf)(Z / 2**0.5)) / 2  # Z times the normal distribution's share below Z",
}
"""Each activation as an expression of Z, with a comment where it is not plain."""
FINISH = {
    "identity": "    return Z",
    "sigmoid": f"    return {ACTIVATIONS['sigmoid']}",
    "softmax": "    E = np.exp(Z - Z.max(axis=1, keepdims=True))\n    return E / E.sum(axis=1, keepdims=True)",
}
PREDICT = {
    "regression": ("the outputs", "outputs(X)"),
    "binary_cross_entropy": ("1 for each output above 1/2, else 0", "(weighted_sums(X) > 0).astype(int)"),
}
TEMPLATE = '''\
"""A multilayer perceptron, {title}; {made_by}."""

{imports}from pathlib import Path

import numpy as np

with np.load(Path(__file__).with_name({npz})) as file:
    arrays = dict(file)
layers = [(arrays[f"W{{k}}"], arrays[f"b{{k}}"]) for k in range({n_layers})]
classes = arrays["classes"].tolist()
{columns}

def weighted_sums(X):
    """Return the last layer's weighted sums (n, {n_out}) for samples X (n, {n_in}).

    X: {inputs}.
    """
    A = {prepare}
    for W, b in layers[:-1]:
        Z = A @ W + b
        A = {activation}
    W, b = layers[-1]
    return A @ W + b


def outputs(X):
    """Return the outputs (n, {n_out}): {outputs}."""
    Z = weighted_sums(X)
{finish}


def predict(X):
    """Return {labels}."""
    return {predict}
'''


def write_numpy(path: Path, trained: Trained, preparation: Preparation) -> Export:
    """Write the script at `path`, and beside it its weights in an .npz file of the same name; each whole or not at all.

    Raises
    ------
    InputError
        There is another .npz file of that name.
    OSError
        A file can't be written.
    """
    npz = path.with_suffix(".npz")
    check_replaceable(npz)
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **_arrays(trained, preparation))
    write_bytes(npz, content.getvalue())
    write_text(path, script(trained, preparation, npz.name))
    n_in, n_out = trained.sizes[0], trained.sizes[-1]
    if path.stem.isidentifier() and not keyword.iskeyword(path.stem):
        load = f"from {path.stem} import classes, outputs, predict"
    else:
        load = f"predict = runpy.run_path({str(path)!r})['predict']"
    return Export(
        to="numpy",
        files=(path, npz),
        inputs=f"X (n, {n_in}): {_inputs(trained, preparation)}",
        outputs=f"outputs(X) (n, {n_out}): {OUTPUTS[trained.loss]}; predict(X): {_predict(trained)[0]}",
        usage=(load, "labels = predict(X)"),
    )


def script(trained: Trained, preparation: Preparation, npz: str) -> str:
    """Return the script; `npz` is the name of the file with its weights.

    The type of the inputs does not matter: the script divides bytes, and only these, by 255.
    """
    labels, predict = _predict(trained)
    return TEMPLATE.format(
        title=trained.title,
        made_by=MADE_BY,
        imports="from math import erf\n" if trained.activation == "gelu" else "",
        npz=ascii(npz),
        n_layers=len(trained.weights),
        columns=_columns(trained),
        n_in=trained.sizes[0],
        n_out=trained.sizes[-1],
        inputs=_inputs(trained, preparation),
        prepare=_prepare(trained, preparation),
        activation=ACTIVATIONS[trained.activation],
        outputs=OUTPUTS[trained.loss],
        finish=_finish(trained),
        labels=labels,
        predict=predict,
    )


def _arrays(trained: Trained, preparation: Preparation) -> dict[str, NDArray[Any]]:
    """Return the arrays of the .npz file; the first one holds the mark of exported files."""
    arrays: dict[str, NDArray[Any]] = {"made": np.array(MADE_BY.encode()), "classes": np.array(trained.classes)}
    for layer, (W, b) in enumerate(zip(trained.weights, trained.biases, strict=True)):
        arrays |= {f"W{layer}": W, f"b{layer}": b}
    if preparation.mean is not None and preparation.deviation is not None:
        arrays |= {"mean": preparation.mean, "deviation": preparation.deviation}
    if trained.target_scale is not None:
        arrays["target_deviation"], arrays["target_mean"] = trained.target_scale
    return arrays


def _may_be_bytes(trained: Trained) -> bool:
    return trained.schema is None or trained.schema.scale == "pixels"


def _inputs(trained: Trained, preparation: Preparation) -> str:
    if trained.schema is None:
        return "bytes, divided by 255 inside, or numbers, taken as they are"
    if not _may_be_bytes(trained):
        return str(preparation)
    how = ", inverted inside (dark ink on light paper)" if preparation.is_inverted else ""
    return f"pixels{preparation.picture}, bytes from 0 to 255 or numbers from 0 to 1{how}"


def _prepare(trained: Trained, preparation: Preparation) -> str:
    if preparation.mean is not None:
        return '(X - arrays["mean"]) / arrays["deviation"]'
    if not _may_be_bytes(trained):
        return "np.asarray(X)"
    light = "X / 255 if X.dtype == np.uint8 else X"
    return f"1 - ({light})" if preparation.is_inverted else light


def _finish(trained: Trained) -> str:
    if trained.target_scale is not None:
        return '    return Z * arrays["target_deviation"] + arrays["target_mean"]'
    return FINISH[OUTPUT_FUNCTIONS[trained.loss]]


def _predict(trained: Trained) -> tuple[str, str]:
    usual = "each sample's label (n,), whose name is classes[label]", "weighted_sums(X).argmax(axis=1)"
    return PREDICT.get(trained.loss, usual)


def _columns(trained: Trained) -> str:
    """Return comments with the names of the inputs of a table."""
    if not trained.input_names:
        return ""
    names = ", ".join(map(json.dumps, trained.input_names))
    text = f"The columns of X{', 1 for the text and else 0' if trained.has_texts else ''}: {names}"
    return textwrap.fill(text, 100, initial_indent="# ", subsequent_indent="# ") + "\n"
