"""Files of tensors: models and checkpoints in the safetensors format.

Everything that is not a tensor is text in the file's metadata. Pickle is never used, because loading a pickle can run
code. This module knows tensors and text only, neither networks nor trainings.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import LONGEST_VALUE, InputError, one_line, reason
from fastmlp.system.files import write_bytes
from fastmlp.system.input_files import check_memory, file_size


class Kind(NamedTuple):
    """One kind of file: its marks in the metadata, and its name in messages.

    Attributes
    ----------
    format, version : str
        Entries of the file's metadata that identify the kind.
    name : str
        Name of the kind in messages.
    written_by : str
        The method or class that writes such files, for messages.
    earlier : tuple of str
        Earlier versions that can be read, too.
    """

    format: str
    version: str
    name: str
    written_by: str
    earlier: tuple[str, ...] = ()


MODEL = Kind("fastmlp", "2", "model file", "Network.save", earlier=("1",))
CHECKPOINT = Kind("fastmlp-checkpoint", "2", "checkpoint", "a Checkpoint")


def write_tensors(
    path: str | os.PathLike[str], kind: Kind, tensors: dict[str, NDArray[Any]], about: dict[str, str]
) -> None:
    """Write tensors and texts to a file, whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    path : str or path
    kind : Kind
    tensors : dict of arrays
    about : dict of str
        Texts for the file's metadata.

    Raises
    ------
    OSError
        The folder can't be written, or the disk is full.
    """
    from safetensors.numpy import save

    metadata = {"format": kind.format, "version": kind.version} | about
    write_bytes(Path(path), _in_order(save(tensors, metadata=metadata)))


def read_tensors(path: str | os.PathLike[str], kind: Kind) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read a file that write_tensors wrote.

    Returns
    -------
    tensors : dict of arrays
    about : dict of str
        Texts of the file's metadata, without those of the kind.

    Raises
    ------
    InputError
        There is no such file, it is of another kind or version, it is damaged, or a model in it holds NaN or infinity.
    """
    from safetensors import safe_open

    name = kind.name
    size = file_size(path)
    if size is None:
        raise InputError(f"There is no {name} {str(path)!r}: pass the path of a .safetensors file that fastmlp wrote.")
    check_memory(f"{str(path)!r}", size, "pass a .safetensors file that fastmlp wrote")
    try:
        with safe_open(path, framework="numpy") as file:
            about = dict(file.metadata() or {})
            _check_kind(path, kind, about.pop("format", None), about.pop("version", None))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except InputError:
        raise
    except Exception as error:  # the library raises errors of Rust, of NumPy and of its own
        raise InputError(
            f"{str(path)!r} is no {name}, or a damaged one ({reason(error)}): pass a .safetensors file that fastmlp "
            "wrote."
        ) from None
    for name, tensor in tensors.items():
        if tensor.dtype.kind != "f":
            raise _damaged(path, f"{tensor.dtype} numbers", name)
        if kind == MODEL and not np.isfinite(tensor).all():
            raise _damaged(path, "NaN or infinity", name)
    return tensors, about


def _check_kind(path: str | os.PathLike[str], kind: Kind, mark: str | None, version: str | None) -> None:
    """Raise InputError if a file with this mark and version is not of a kind."""
    if mark != kind.format:
        what = "network" if kind == MODEL else kind.name
        raise InputError(f"{str(path)!r} holds no fastmlp {what}: pass a file that {kind.written_by} wrote.")
    if version not in (kind.version, *kind.earlier):
        raise InputError(
            f"{str(path)!r} is a {kind.name} of version {version}, and this fastmlp reads version "
            f"{kind.version}: read it with the release that wrote it, or train again."
        )


def _damaged(path: str | os.PathLike[str], held: str, tensor: str) -> InputError:
    return InputError(
        f"{str(path)!r} holds {held} in {one_line(tensor, LONGEST_VALUE)}: the file is damaged; train again."
    )


def _in_order(content: bytes) -> bytes:
    """Return the bytes of a safetensors file with the keys of its metadata sorted; the library does not sort them."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text = text.ljust(-(-len(text) // 8) * 8)  # the library pads it so too: the tensors stay aligned
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(content)[end:]))
