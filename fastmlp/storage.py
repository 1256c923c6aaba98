"""Model files: safetensors, with all that a network is beside its weights in the metadata. Read without pickle.

Called by Network; knows tensors and text only, so it imports errors and files alone.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.files import write_bytes

FORMAT, VERSION = "fastmlp", "1"


def write_model(path: str | os.PathLike[str], tensors: dict[str, NDArray[Any]], about: dict[str, str]) -> None:
    """Write `tensors` and the texts `about` them to `path`, whole or not at all.

    Raises
    ------
    OSError
        The folder can't be written, or the disk is full.
    """
    from safetensors.numpy import save

    write_bytes(Path(path), save(tensors, metadata={"format": FORMAT, "version": VERSION} | about))


def read_model(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read what write_model wrote.

    Returns
    -------
    tensors : dict of arrays
    about : dict of str

    Raises
    ------
    InputError
        No such file, not a model, damaged, not finite, or of another version.
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise InputError(
            f"There is no model file {str(path)!r}: pass the path of a .safetensors file that fastmlp wrote."
        )
    try:
        with safe_open(path, framework="numpy") as file:
            about = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{str(path)!r} is no model file, or a damaged one ({error}): pass a .safetensors file of fastmlp's."
        ) from None
    if about.pop("format", None) != FORMAT:
        raise InputError(f"{str(path)!r} holds no fastmlp network: pass a file that Network.save wrote.")
    version = about.pop("version", None)
    if version != VERSION:
        raise InputError(
            f"{str(path)!r} is a model file of version {version}, and this fastmlp reads version {VERSION}: "
            "read it with the release that wrote it, or train again."
        )
    for name, tensor in tensors.items():
        if tensor.dtype.kind != "f":
            raise InputError(f"{str(path)!r} holds {tensor.dtype} numbers in {name}: the file is damaged; train again.")
        if not np.isfinite(tensor).all():
            raise InputError(f"{str(path)!r} holds NaN or infinity in {name}: the file is damaged; train again.")
    return tensors, about
