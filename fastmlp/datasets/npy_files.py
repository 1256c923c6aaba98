"""NumPy's files: .npy files, which are mapped into memory, and .npz archives of them.

NumPy's own reader evaluates a header as Python code without names and calls, and a damaged header makes it raise
nearly anything. Here a header must match a pattern. Only arrays of numbers and of texts are read, never pickled
objects, and what a header promises is compared with the size of the file before memory is taken.
"""

import math
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, reason
from fastmlp.system.file_arrays import map_mode
from fastmlp.system.input_files import check_memory, file_size

ArrayReaders = Mapping[str, Callable[[], NDArray[Any]]]
"""A function for each array of an archive or a folder, by its name; it reads the array, or raises InputError."""

_MAGIC = b"\x93NUMPY"
_ITEM = r"""\s*(?:
    (["'])descr\1 \s*:\s* (["'])(?P<dtype>[<>|=]?[biufcSU][1-9]\d{0,8})\2
  | (["'])fortran_order\4 \s*:\s* (?P<fortran>True|False)
  | (["'])shape\6 \s*:\s* \((?P<shape>(?:\s*\d{1,19}L?\s*,)*(?:\s*\d{1,19}L?)?\s*)\)
)\s*"""
_NEXT_ITEM = re.compile(_ITEM + r"(?:,|$)", re.VERBOSE)
_LONGEST_HEADER = 1 << 16
_MAX_DIMENSIONS = 64  # the limit of NumPy
_MAX_BYTES = 1 << 60  # the limit of NumPy, which counts a size of 0 as 1
_MAX_DEFLATE_RATIO = 1032  # deflate needs at least 2 bits for 258 bytes
_CHUNK = 1 << 20
_HIGHEST_CHARACTER = 0x10FFFF


class _Header(NamedTuple):
    """The header of an .npy file: its length, and the array that follows it."""

    n_bytes: int
    dtype: np.dtype[Any]
    order: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Size of the array in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def map_npy(path: Path) -> NDArray[Any]:
    """Return the array of an .npy file, mapped into memory (see map_mode): it may be larger than that.

    Raises
    ------
    InputError
        The file can't be read, is not an .npy file, is damaged, or holds something else than numbers or texts.
    """
    size = file_size(path)
    if size is None:
        raise InputError(f"There is no file {path}.")
    try:
        with path.open("rb") as file:
            header = _read_header(file)
        _check_promise(header, size - header.n_bytes)
        if not header.size:
            return np.empty(header.shape, header.dtype)
        mode = map_mode(header.size)
        mapped = np.memmap(path, header.dtype, mode, header.n_bytes, header.shape, header.order)  # type: ignore[call-overload]
        return _checked_texts(np.asarray(mapped))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can't be read as an .npy array of numbers ({reason(error)}).") from None


@contextmanager
def open_npz(path: Path) -> Iterator[ArrayReaders]:
    """Open an .npz archive for the duration of a `with` block, and yield a reader for each of its arrays.

    Raises
    ------
    InputError
        The file can't be read, or is no archive.
    """
    size = file_size(path)
    if size is None:
        raise InputError(f"There is no file {path}.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} can't be read: {reason(error)}.") from None
    with file:
        if file.read(len(_MAGIC)) == _MAGIC:
            raise InputError(f"{path} is an .npy file, not an .npz archive: name it X.npy and put y.npy beside it.")
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # zipfile raises nearly anything for a damaged archive
            raise _no_npz(path, error) from None
        yield _readers(path, archive, size)


def _readers(path: Path, archive: zipfile.ZipFile, size: int) -> ArrayReaders:
    """Return a reader for each array of an archive of `size` bytes; the arrays together must fit in memory."""
    taken = 0

    def read(member: zipfile.ZipInfo) -> NDArray[Any]:
        nonlocal taken
        try:
            with archive.open(member) as file:
                header = _read_header(file)
                most = min(member.compress_size, size) * _MAX_DEFLATE_RATIO
                _check_promise(header, min(member.file_size - header.n_bytes, most))
                taken += header.size
                check_memory(str(path), taken, "store its arrays as .npy files in a folder, which need not fit")
                return _checked_texts(_filled(file, header))
        except (InputError, MemoryError):
            raise
        except Exception as error:
            raise _no_npz(path, error) from None

    def reader(member: zipfile.ZipInfo) -> Callable[[], NDArray[Any]]:
        return lambda: read(member)

    return {member.filename.removesuffix(".npy"): reader(member) for member in archive.infolist()}


def _no_npz(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} can't be read as an .npz of number arrays ({reason(error)}).")


def _read_header(file: IO[bytes]) -> _Header:
    """Read the header at the start of an .npy file; raise ValueError if it is none that can be read."""
    start = file.read(8)
    if len(start) < 8 or start[:6] != _MAGIC or start[6] not in (1, 2, 3):
        raise ValueError("it is not an .npy file")
    width = 2 if start[6] == 1 else 4
    n_header = int.from_bytes(file.read(width), "little")
    text = file.read(min(n_header, _LONGEST_HEADER))
    if not len(text) == n_header:
        raise ValueError("its header is damaged")
    items = _items(text.decode("latin-1").strip())
    if items.keys() != {"dtype", "fortran", "shape"}:
        raise ValueError("its header is damaged, or names something else than an array of numbers or texts")
    try:
        dtype = np.dtype(items["dtype"])
    except TypeError:
        raise ValueError(f"there are no numbers {items['dtype']}") from None
    shape = tuple(int(each.strip(" L")) for each in items["shape"].split(",") if each.strip())
    if len(shape) > _MAX_DIMENSIONS:
        raise ValueError(f"it has {len(shape)} dimensions")
    return _Header(8 + width + n_header, dtype, "F" if items["fortran"] == "True" else "C", shape)


def _items(text: str) -> dict[str, str]:
    """Return the items of a header such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}; none if wrong."""
    items: dict[str, str] = {}
    if text[:1] + text[-1:] != "{}":
        return {}
    place, end = 1, len(text) - 1
    while place < end and text[place:end].strip():
        match = _NEXT_ITEM.match(text, place, end)
        if match is None:
            return {}
        items |= {name: value for name, value in match.groupdict().items() if value is not None}
        place = match.end()
    return items


def _check_promise(header: _Header, n_stored: int) -> None:
    """Raise ValueError if the file can't hold the array that its header promises."""
    if math.prod(max(size, 1) for size in header.shape) * header.dtype.itemsize >= _MAX_BYTES:
        raise ValueError("its header has impossible sizes")
    if header.size > n_stored:
        raise ValueError("it is truncated: its header promises more values than it holds")


def _filled(file: IO[bytes], header: _Header) -> NDArray[Any]:
    """Read the array that follows a header; chunks keep a second copy out of memory."""
    flat = np.empty(header.size, np.uint8)
    n_read = 0
    while n_read < len(flat) and (chunk := file.read(min(_CHUNK, len(flat) - n_read))):
        flat[n_read : n_read + len(chunk)] = np.frombuffer(chunk, np.uint8)
        n_read += len(chunk)
    if n_read < len(flat):
        raise ValueError("it is truncated")
    file.read(1)  # the checksum is compared at the end of the member
    return flat.view(header.dtype).reshape(header.shape, order="F" if header.order == "F" else "C")


def _checked_texts(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array; raise ValueError if it is of texts and some of them are no texts."""
    if array.dtype.kind == "U" and array.size:
        codes = np.ascontiguousarray(array).reshape(-1).view(array.dtype.byteorder.replace("|", "=") + "u4")
        if codes.max() > _HIGHEST_CHARACTER:
            raise ValueError("it holds texts with impossible characters")
    return array
