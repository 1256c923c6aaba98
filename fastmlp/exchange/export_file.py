"""The export of a network to a file of any format: the format is that of the path's ending, or named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from fastmlp.errors import InputError, shown
from fastmlp.exchange.c_writer import write_c
from fastmlp.exchange.exported import Export, check_replaceable
from fastmlp.exchange.numpy_writer import write_numpy
from fastmlp.exchange.onnx_writer import write_onnx
from fastmlp.exchange.preparation import Preparation, make_preparation
from fastmlp.exchange.pytorch_writer import write_pytorch
from fastmlp.exchange.trained import Trained
from fastmlp.inputs.checks import known_name

PICKLES = (".pt", ".pth", ".pkl")
"""Endings of PyTorch's own files, which are pickles."""
TEXTS_NOTE = (
    "The network was trained on columns of text. The export takes one input for each text, 1 for it and else 0, in the "
    "order of the inputs' names in the file."
)
DIGITS_NOTE = (
    "Some columns are far from 0 compared with their spread: float32 loses digits of them, dtype='float64' does not."
)


class Format(NamedTuple):
    """A format: the ending of its files, and its writer."""

    suffix: str
    write: Callable[[Path, Trained, Preparation], Export]


FORMATS = {
    "onnx": Format(".onnx", write_onnx),
    "pytorch": Format(".safetensors", write_pytorch),
    "c": Format(".h", write_c),
    "numpy": Format(".py", write_numpy),
}
"""The formats by name."""


def export(trained: Trained, path: Path, to: str | None, inputs: str | None, dtype: str) -> Export:
    """Write a network to a file of another library, whole or not at all; replace an earlier export.

    Parameters
    ----------
    trained : Trained
    path : Path
    to : {"onnx", "pytorch", "c", "numpy"} or None
        The format; None for that of the path's ending.
    inputs : {"uint8", "float32", "float64"} or None
        Type of the values that go in, see make_preparation.
    dtype : {"float32", "float64"}
        Type of the parameters and of the arithmetic.

    Raises
    ------
    InputError
        An unknown name, an ending that does not fit, a file at `path` that is no export, or what the writer raises.
    OSError
        The file can't be written.
    """
    to = format_of(path, to)
    if to == "numpy" and inputs is not None:
        raise InputError("The NumPy script takes bytes and other numbers alike: leave inputs out.")
    check_replaceable(path)
    preparation = make_preparation(trained.schema, trained.sizes[0], inputs, dtype)
    exported = FORMATS[to].write(path, trained.converted(dtype), preparation)
    notes = [TEXTS_NOTE] if trained.has_texts else []
    if preparation.loses_digits and (dtype if to == "pytorch" else preparation.dtype) != "float64" and to != "numpy":
        notes.append(DIGITS_NOTE)
    return replace(exported, notes=tuple(notes))


def format_of(path: Path, to: str | None) -> str:
    """Return the name of the format of a path's ending, which must be `to` if that is given, or raise InputError."""
    by_suffix = {each.suffix: name for name, each in FORMATS.items()}
    if to is not None:
        suffix = FORMATS[known_name("format", to, FORMATS)].suffix
        if path.suffix.lower() != suffix:
            raise InputError(f"The path {shown(str(path))} does not end in {suffix}, as files for {to} do.")
        return to
    if path.suffix.lower() in PICKLES:
        raise InputError(
            f"{shown(str(path))} would be a pickle: choose a path that ends in .safetensors, which PyTorch loads, too."
        )
    if path.suffix.lower() not in by_suffix:
        endings = ", ".join(f"{each.suffix} ({name})" for name, each in FORMATS.items())
        raise InputError(f"The path {shown(str(path))} names no format: end it in {endings}.")
    return by_suffix[path.suffix.lower()]


def default_path(model: Path, to: str) -> Path:
    """Return the path of an export beside a model file."""
    suffix = FORMATS[known_name("format", to, FORMATS)].suffix
    return model.with_name(f"{model.stem}-pytorch{suffix}" if to == "pytorch" else f"{model.stem}{suffix}")
