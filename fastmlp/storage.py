"""Files of tensors, models and checkpoints: safetensors, with all that is not a tensor in the metadata; never pickle.

Called by Network and by checkpoints; knows tensors and text only, so it imports errors and files alone.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.files import write_bytes


class Kind(NamedTuple):
    """What a file holds, and how messages call it.

    Attributes
    ----------
    format, version : str
        As they stand in its metadata.
    name : str
    written_by : str
    """

    format: str
    version: str
    name: str
    written_by: str


MODEL = Kind("fastmlp", "1", "model file", "Network.save")
CHECKPOINT = Kind("fastmlp-checkpoint", "1", "checkpoint", "a Checkpoint")


def write_tensors(
    path: str | os.PathLike[str], kind: Kind, tensors: dict[str, NDArray[Any]], about: dict[str, str]
) -> None:
    """Write `tensors` and the texts `about` them to `path`, whole or not at all: the same bytes for the same content.

    Raises
    ------
    OSError
        The folder can't be written, or the disk is full.
    """
    from safetensors.numpy import save

    metadata = {"format": kind.format, "version": kind.version} | about
    write_bytes(Path(path), _in_order(save(tensors, metadata=metadata)))


def read_tensors(path: str | os.PathLike[str], kind: Kind) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read what write_tensors wrote.

    Returns
    -------
    tensors : dict of arrays
    about : dict of str

    Raises
    ------
    InputError
        No such file, not of this kind, damaged, or of another version; a model that is not finite.
    """
    from safetensors import SafetensorError, safe_open

    name = kind.name
    if not Path(path).is_file():
        raise InputError(f"There is no {name} {str(path)!r}: pass the path of a .safetensors file that fastmlp wrote.")
    try:
        with safe_open(path, framework="numpy") as file:
            about = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{str(path)!r} is no {name}, or a damaged one ({error}): pass a .safetensors file of fastmlp's."
        ) from None
    if about.pop("format", None) != kind.format:
        what = "network" if kind == MODEL else name
        raise InputError(f"{str(path)!r} holds no fastmlp {what}: pass a file that {kind.written_by} wrote.")
    version = about.pop("version", None)
    if version != kind.version:
        raise InputError(
            f"{str(path)!r} is a {name} of version {version}, and this fastmlp reads version {kind.version}: "
            "read it with the release that wrote it, or train again."
        )
    for name, tensor in tensors.items():
        if tensor.dtype.kind != "f":
            raise InputError(f"{str(path)!r} holds {tensor.dtype} numbers in {name}: the file is damaged; train again.")
        if kind == MODEL and not np.isfinite(tensor).all():
            raise InputError(f"{str(path)!r} holds NaN or infinity in {name}: the file is damaged; train again.")
    return tensors, about


def _in_order(content: bytes) -> bytes:
    """Return a safetensors file with the keys of its metadata in order, which the library writes as they come."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text = text.ljust(-(-len(text) // 8) * 8)  # as it pads it: the tensors stay aligned
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(content)[end:]))
