"""The IDX format of MNIST: arrays of six number types, plain or gzipped.

An IDX file is a magic number (0, 0, type code, number of dimensions), then one big-endian uint32 for each dimension,
then the values in C order, big-endian. Nothing follows the values.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, reason
from fastmlp.system.file_arrays import is_large, map_mode
from fastmlp.system.files import replacing
from fastmlp.system.input_files import check_memory, file_size

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CODES = {np.dtype(name).newbyteorder("="): code for code, name in _DTYPES.items()}
_MAX_GZIP_RATIO = 1032  # deflate needs at least 2 bits for 258 bytes
_CHUNK = 1 << 20
_ADVICE = "unpack it, a plain IDX file of bytes need not fit"
_MAX_DIMENSIONS = 64  # the limit of NumPy


class Digest(Protocol):
    """The one method of a `hashlib` object that is used here."""

    def update(self, data: Any, /) -> None:
        """Add `data` to the checksum."""


def read_idx(path: str | Path, digest: Digest | None = None) -> NDArray[Any]:
    """Read an IDX file.

    A plain file of bytes (types 0x08 and 0x09) is memory-mapped, copy-on-write: writing to the array does not change
    the file. A plain file above 1 GiB of any type is mapped read-only. All other files are read into memory.

    Parameters
    ----------
    path : str or Path
        A plain or gzipped file. Its first bytes decide which, not its name.
    digest : hash object, optional
        Updated with the uncompressed bytes of the file, header included: `hashlib.sha256()` gives their checksum.

    Returns
    -------
    array : uint8, int8, int16, int32, float32 or float64, C-contiguous
        Writeable and in native byte order, unless it is mapped read-only.

    Raises
    ------
    InputError
        The file can't be read, is not an IDX file, is shorter or longer than its header says, or is corrupt. The header
        is compared with the size of the file before memory is allocated, and a gzipped file is read no further than its
        header says.
    """
    path = Path(path)
    if file_size(path) is None:
        raise InputError(f"{path} is not a file.")
    try:
        with path.open("rb") as raw:
            if raw.read(2) == b"\x1f\x8b":
                raw.seek(0)
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    return _read(path, unpacked, digest, gzipped=True)
            raw.seek(0)
            return _read(path, raw, digest, gzipped=False)
    except (zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is a corrupt or truncated gzip file ({reason(error)}): download it again.") from None
    except MemoryError:
        raise InputError(f"{path} does not fit in memory: {_ADVICE}.") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from None


def _read(path: Path, file: IO[bytes] | gzip.GzipFile, digest: Digest | None, *, gzipped: bool) -> NDArray[Any]:
    """Read the header, compare it with the size of the file, and read or map the values."""
    header, dtype, shape = _read_header(path, file)
    n_bytes = math.prod(shape) * dtype.itemsize
    n_stored = path.stat().st_size
    limit = n_stored * _MAX_GZIP_RATIO if gzipped else n_stored - len(header)
    if n_bytes > limit:
        raise InputError(
            f"{path} is truncated: its header promises {' x '.join(map(str, shape))} values, "
            f"more than {n_stored:,} bytes of file can hold."
        )
    if math.prod(max(size, 1) for size in shape) >= 1 << 60:  # the limit of NumPy, which counts a size of 0 as 1
        raise InputError(f"{path} has impossible sizes in its header: {' x '.join(map(str, shape))}.")
    if not gzipped and n_bytes < limit:
        raise InputError(f"{path} has {limit - n_bytes:,} trailing bytes after the values that its header promises.")
    array: NDArray[Any]
    if not gzipped and n_bytes and (dtype.itemsize == 1 or is_large(n_bytes)):
        array = np.asarray(np.memmap(path, dtype, map_mode(n_bytes), offset=len(header), shape=shape))
    else:
        check_memory(str(path), n_bytes, _ADVICE)
        array = np.empty(shape, dtype)
        _fill(path, file, array.reshape(-1).view(np.uint8))
    if digest is not None:
        digest.update(header)
        digest.update(array.reshape(-1).view(np.uint8))
    native = dtype.newbyteorder("=")
    return array if dtype == native or not array.flags.writeable else array.byteswap(inplace=True).view(native)


def _fill(path: Path, file: IO[bytes] | gzip.GzipFile, values: NDArray[np.uint8]) -> None:
    """Read the rest of `file` into `values`, which it must fill exactly; chunks keep a second copy out of memory."""
    n_read = 0
    while n_read < len(values) and (chunk := file.read(min(_CHUNK, len(values) - n_read))):
        values[n_read : n_read + len(chunk)] = np.frombuffer(chunk, np.uint8)
        n_read += len(chunk)
    if n_read < len(values):
        raise InputError(f"{path} is truncated: {n_read:,} bytes of values where its header promises {len(values):,}.")
    if file.read(1):
        raise InputError(f"{path} has trailing bytes after the {len(values):,} that its header promises.")


def _read_header(path: Path, file: IO[bytes] | gzip.GzipFile) -> tuple[bytes, np.dtype[Any], tuple[int, ...]]:
    """Return the bytes of the header, the dtype as stored (big-endian) and the shape."""
    magic = file.read(4)
    if not magic:
        raise InputError(f"{path} is empty.")
    if len(magic) < 4:
        raise InputError(f"{path} is truncated: {len(magic)} bytes are too few for an IDX header.")
    zeros, code, n_dims = magic[:2], magic[2], magic[3]
    if zeros != b"\x00\x00" or not 1 <= n_dims <= _MAX_DIMENSIONS:
        raise InputError(f"{path} is not an IDX file: its magic number is 0x{magic.hex()}, not 0x00000801 or the like.")
    if code not in _DTYPES:
        known = ", ".join(f"0x{code:02X}" for code in _DTYPES)
        raise InputError(f"{path} has the unknown IDX type code 0x{code:02X}: known are {known}.")
    sizes = file.read(4 * n_dims)
    if len(sizes) < 4 * n_dims:
        raise InputError(f"{path} is truncated: its header ends before the sizes of its {n_dims} dimensions.")
    shape = tuple(int.from_bytes(sizes[4 * axis : 4 * axis + 4], "big") for axis in range(n_dims))
    return magic + sizes, np.dtype(_DTYPES[code]), shape


def write_idx(path: str | Path, array: NDArray[Any]) -> None:
    """Write an array as an IDX file, whole or not at all; gzipped if the name ends in ``.gz``.

    Parameters
    ----------
    path : str or Path
    array : uint8, int8, int16, int32, float32 or float64, 1 to 64 dimensions, any layout and byte order

    Raises
    ------
    InputError
        The format has no code for the dtype or can't hold the shape, or the file can't be written.
    """
    path = Path(path)
    array = np.asarray(array)
    code = _CODES.get(array.dtype.newbyteorder("="))
    if code is None:
        raise InputError(f"{path}: IDX has no type for {array.dtype}, only for {', '.join(map(str, _CODES))}.")
    if array.ndim < 1 or max(array.shape) >= 1 << 32:
        raise InputError(f"{path}: IDX can't hold an array of shape {array.shape}.")
    header = bytes((0, 0, code, array.ndim)) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    values = np.ascontiguousarray(array, _DTYPES[code]).reshape(-1).view(np.uint8).data
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            if path.suffix == ".gz":  # no name and time, so that the same array gives the same bytes
                with gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
                    packed.write(header)
                    packed.write(values)
            else:
                file.write(header)
                file.write(values)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from None
