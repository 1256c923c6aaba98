"""C: a network as one header for C99 and C++17 that includes math.h alone."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.exchange.exported import MADE_BY, Export
from fastmlp.exchange.preparation import Preparation
from fastmlp.exchange.trained import OUTPUT_FUNCTIONS, OUTPUTS, Trained
from fastmlp.system.files import write_text

TYPES = {"uint8": "unsigned char", "float32": "float", "float64": "double"}
ACTIVATIONS = {
    "identity": "z",
    "sigmoid": "1 / (1 + exp{f}(-z))",
    "tanh": "tanh{f}(z)",
    "relu": "z < 0 ? 0 : z",
    "leaky_relu": "z < 0 ? 0.01{f} * z : z",
    "elu": "z < 0 ? expm1{f}(z) : z",
    "softplus": "(z > 0 ? z : 0) + log1p{f}(exp{f}(-fabs{f}(z)))",
    "silu": "z / (1 + exp{f}(-z))",
    "gelu": "z * 0.5{f} * erfc{f}(-z * 0.70710678118654752{f})",
}
"""Each activation as an expression of z; {f} is "f" for float, "" for double."""
LABELS = {
    "binary_cross_entropy": "1 if the output is above 1/2, else 0",
    "several": "0: compare each out[] with 1/2",
    "regression": "0",
}
"""The meaning of what the function returns; for other losses the number of the largest output."""
WIDTH = 110
"""Characters of a line of numbers."""
NO_ESCAPE = re.compile(r"[A-Za-z0-9 !#$%&'()*+,\-./:;<=>@\[\]^_`{|}~]")
"""Characters that a string of C can hold as they are. Two question marks would begin a trigraph."""
MAIN = """\
#include <stdio.h>
#include "{file}"
int main(void) {{
    static {type} in[FASTMLP_INPUTS]; // fill it
    {float} out[FASTMLP_OUTPUTS];
    {call}
    return 0;
}}"""


def write_c(path: Path, trained: Trained, preparation: Preparation) -> Export:
    """Write a header with `fastmlp_predict` at `path`, whole or not at all.

    Raises
    ------
    OSError
        The file can't be written.
    """
    write_text(path, "\n".join([*_lines(trained, preparation, path), ""]))
    n_in, n_out = trained.sizes[0], trained.sizes[-1]
    real = TYPES[trained.dtype]
    return Export(
        to="c",
        files=(path,),
        inputs=f"{TYPES[preparation.dtype]} in[{n_in}]: {preparation}",
        outputs=f"{real} out[{n_out}]: {OUTPUTS[trained.loss]}; returns {_returned(trained)}",
        usage=(f'#include "{path.name}"', f"{'int label = ' if trained.has_labels else ''}fastmlp_predict(in, out);"),
    )


def _lines(trained: Trained, preparation: Preparation, path: Path) -> Iterator[str]:
    """Yield the lines of the header."""
    guard = "FASTMLP_" + re.sub(r"[^A-Za-z0-9]", "_", path.stem).upper() + "_H"
    yield from _comment(_introduction(trained, preparation, path))
    yield from (f"#ifndef {guard}", f"#define {guard}", "", "#include <math.h>", "")
    yield f"#define FASTMLP_INPUTS {trained.sizes[0]}"
    yield f"#define FASTMLP_OUTPUTS {trained.sizes[-1]}"
    yield ""
    yield from _array("char *const", "fastmlp_classes", map(c_string, trained.classes), (len(trained.classes),))
    if preparation.mean is not None and preparation.deviation is not None:
        yield from _numbers("fastmlp_mean", preparation.mean)
        yield from _numbers("fastmlp_deviation", preparation.deviation)
    for layer, (W, b) in enumerate(zip(trained.weights, trained.biases, strict=True)):
        yield from _numbers(f"fastmlp_W{layer}", W)
        yield from _numbers(f"fastmlp_b{layer}", b)
    if trained.target_scale is not None:
        yield from _numbers("fastmlp_target_deviation", trained.target_scale[0])
        yield from _numbers("fastmlp_target_mean", trained.target_scale[1])
    yield from _function(trained, "fastmlp_activation", trained.activation)
    if OUTPUT_FUNCTIONS[trained.loss] == "sigmoid":
        yield from _function(trained, "fastmlp_output", "sigmoid")
    yield from _predict(trained, preparation)
    yield from ("", "#endif")


def _introduction(trained: Trained, preparation: Preparation, path: Path) -> list[str]:
    """Return the lines of the comment at the beginning."""
    n_in, n_out = trained.sizes[0], trained.sizes[-1]
    real = TYPES[trained.dtype]
    names = [f"    in[{k}] {_shown(name)}" for k, name in enumerate(trained.input_names)]
    texts = ", 1 for the text and else 0" if trained.has_texts else ""
    call = 'printf("%s\\n", fastmlp_classes[fastmlp_predict(in, out)]);'
    if not trained.has_labels:
        call = 'fastmlp_predict(in, out); printf("%s %g\\n", fastmlp_classes[0], (double)out[0]);'
    main = MAIN.format(file=_shown(path.name)[1:-1], type=TYPES[preparation.dtype], float=real, call=call)
    return [
        f"A multilayer perceptron, {trained.title}; {MADE_BY}.",
        "",
        f"in[{n_in}]: {preparation}",
        *([f"The inputs are the columns of a table{texts}:", *names] if names else []),
        f"out[{n_out}]: {OUTPUTS[trained.loss]}",
        f"returns {_returned(trained)}",
        "",
        "A program, to be linked with -lm:",
        "",
        *(f"    {line}" for line in main.splitlines()),
    ]


def _returned(trained: Trained) -> str:
    if trained.has_labels:
        return "the label, the number of the largest output"
    if trained.loss == "regression":
        return LABELS["regression"]
    return LABELS["binary_cross_entropy" if trained.sizes[-1] == 1 else "several"]


def _comment(lines: Sequence[str]) -> Iterator[str]:
    yield f"/* {lines[0]}"
    yield from (f" * {line}".rstrip() for line in lines[1:])
    yield " */"


def _suffix(trained: Trained) -> str:
    return "f" if trained.dtype == "float32" else ""


def _function(trained: Trained, name: str, activation: str) -> Iterator[str]:
    """Yield the lines of an activation as a function of one number."""
    real, expression = TYPES[trained.dtype], ACTIVATIONS[activation].format(f=_suffix(trained))
    yield from (f"/* {activation} */", f"static inline {real} {name}({real} z)")
    yield from ("{", f"    return {expression};", "}", "")


def _predict(trained: Trained, preparation: Preparation) -> Iterator[str]:
    """Yield the lines of the function `fastmlp_predict`."""
    real, last = TYPES[trained.dtype], len(trained.weights) - 1
    yield f"static inline int fastmlp_predict(const {TYPES[preparation.dtype]} in[], {real} out[])"
    yield "{"
    yield from (f"    {real} a{layer}[{len(b)}];" for layer, b in enumerate(trained.biases[:-1]))
    yield "    int i, j, label = 0;"
    yield ""
    for layer, W in enumerate(trained.weights):
        below = _prepared(trained, preparation) if layer == 0 else f"a{layer - 1}[i]"
        target = "out" if layer == last else f"a{layer}"
        yield f"    for (j = 0; j < {W.shape[1]}; j++) {target}[j] = fastmlp_b{layer}[j];"
        yield f"    for (i = 0; i < {W.shape[0]}; i++) {{"
        yield f"        const {real} x = {below};"
        yield f"        for (j = 0; j < {W.shape[1]}; j++) {target}[j] += x * fastmlp_W{layer}[i][j];"
        yield "    }"
        if layer < last:
            yield f"    for (j = 0; j < {W.shape[1]}; j++) {target}[j] = fastmlp_activation({target}[j]);"
    yield from _finish(trained)
    yield from ("    return label;", "}")


def _prepared(trained: Trained, preparation: Preparation) -> str:
    """Return the expression of an input of the first layer."""
    real, f = TYPES[trained.dtype], _suffix(trained)
    if preparation.mean is not None:
        return f"({real})((in[i] - fastmlp_mean[i]) / fastmlp_deviation[i])"
    x = "in[i]" if preparation.dtype == trained.dtype else f"({real})in[i]"
    if preparation.is_divided:
        x = f"{x} / 255"
    return f"1.0{f} - {x}" if preparation.is_inverted else x


def _finish(trained: Trained) -> Iterator[str]:
    """Yield the lines that find the label and turn the last weighted sums into outputs."""
    n_out, real, f = trained.sizes[-1], TYPES[trained.dtype], _suffix(trained)
    every = f"    for (j = 0; j < {n_out}; j++) "
    if trained.has_labels:
        yield f"    for (j = 1; j < {n_out}; j++) if (out[j] > out[label]) label = j;"
    elif trained.loss == "binary_cross_entropy" and n_out == 1:
        yield "    label = out[0] > 0;"
    if trained.loss == "cross_entropy":
        yield f"    {real} largest = out[label], sum = 0;"
        yield f"{every}sum += out[j] = exp{f}(out[j] - largest);"
        yield f"{every}out[j] /= sum;"
    elif trained.target_scale is not None:
        yield f"{every}out[j] = ({real})(out[j] * fastmlp_target_deviation[j] + fastmlp_target_mean[j]);"
    elif trained.loss != "regression":
        yield f"{every}out[j] = fastmlp_output(out[j]);"


# ---- numbers and texts -----------------------------------------------------------------------------------------------


def _numbers(name: str, values: NDArray[Any]) -> Iterator[str]:
    """Yield the lines of an array of numbers."""
    suffix = "f" if values.dtype == np.float32 else ""
    texts = (hexadecimal(value, suffix) for value in values.reshape(-1).tolist())
    yield from _array(TYPES[str(values.dtype)], name, texts, values.shape)


def _array(kind: str, name: str, texts: Iterable[str], shape: tuple[int, ...]) -> Iterator[str]:
    """Yield the lines of an array of one or two dimensions, whose values are given as texts in C."""
    waiting = iter(texts)
    yield f"static const {kind} {name}{''.join(f'[{n}]' for n in shape)} = {{"
    for _ in range(shape[0] if len(shape) == 2 else 1):
        line = "    {" if len(shape) == 2 else "    "
        for _, text in zip(range(shape[-1]), waiting, strict=False):
            if len(line) + len(text) > WIDTH:
                yield line.rstrip()
                line = "     "
            line += f"{text}, "
        yield line.rstrip(", ") + ("}," if len(shape) == 2 else "")
    yield from ("};", "")


def hexadecimal(value: float, suffix: str) -> str:
    """Return a number as C writes it exactly: -0x1.8p+3f."""
    mantissa, exponent = value.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}p{exponent}{suffix}"


def c_string(text: str) -> str:
    """Return a text as a string of C: UTF-8, with octal escapes for everything but plain ASCII."""
    return (
        '"' + "".join(chr(n) if NO_ESCAPE.match(chr(n)) else f"\\{n:03o}" for n in text.encode(errors="replace")) + '"'
    )


def _shown(text: str) -> str:
    """Return a text for a comment of C: as JSON has it in ASCII, without what would end or open a comment."""
    return json.dumps(text).replace("*/", "* /").replace("/*", "/ *")
