"""Samples that stay on the disk, because they are too large for memory."""

import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError
from fastmlp.inputs.arrays import Inputs, as_inputs, check_shape
from fastmlp.inputs.packed import Packed
from fastmlp.inputs.schema import Schema
from fastmlp.kernels.special import all_finite
from fastmlp.system.file_arrays import FileArray, is_large

PART_BYTES = 8 << 20
"""Bytes that are read at a time where samples are taken in turn."""
PLACES_HASHED, PLACE_BYTES = 64, 64 << 10
"""Places of the file, evenly spread, that a fingerprint takes in, and bytes of each."""


class DiskSamples:
    """Samples in a file: bytes, or numbers that become the network's dtype when they are read.

    Parameters
    ----------
    stored : FileArray
    dtype : float32 or float64
        The network's.
    name : str
        What the messages call them.
    schema : Schema or None
        How samples become inputs, if the network knows.
    white : float
        The number for white, if they are pixels.

    Attributes
    ----------
    stored : FileArray
    shape : (n, n_in)
    dtype : uint8, or the network's
        Dtype of the samples that have been read.
    """

    def __init__(
        self, stored: FileArray, dtype: np.dtype[Any], name: str, schema: Schema | None = None, white: float = 1
    ) -> None:
        self.stored, self.shape, self._name, self._schema, self._white = stored, stored.shape, name, schema, white
        stay_bytes = schema is None or (schema.scale == "pixels" and white != 1)
        self.dtype = stored.dtype if stored.dtype == np.uint8 and stay_bytes else dtype
        self._needs_scaling = schema is not None and not (stored.dtype == np.uint8 and schema.keeps_bytes)

    def __len__(self) -> int:
        return self.shape[0]

    def read(self, file: BinaryIO, first: int, out: NDArray[Any]) -> None:
        """Read samples into `out` (any, n_in), of `dtype` and C-contiguous, from number `first` on.

        Raises
        ------
        InputError
            The file can't be read, or a value is NaN or infinite.
        """
        if self.stored.dtype == self.dtype and not self._needs_scaling:
            self.stored.read(file, first, out)
        else:
            raw = np.empty(out.shape, self.stored.dtype)
            self.stored.read(file, first, raw)
            with np.errstate(over="ignore"):
                out[...] = raw if self._schema is None else self._schema.scaled(raw, self.dtype, self._white)
        if self.dtype != np.uint8 and not all_finite(out.reshape(-1)):
            row, column = (int(i) for i in np.argwhere(~np.isfinite(out))[0])
            raise InputError(
                f"{self._name}[{first + row}, {column}] is {out[row, column]} as {self.dtype}: "
                "remove or replace such values before training."
            )

    def parts(self, rows: NDArray[np.int64] | None = None) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Yield samples in turn, a part at a time; a part is overwritten by the next one.

        Parameters
        ----------
        rows : (m,) int64, rising, optional
            The numbers of the samples; all by default.

        Yields
        ------
        where : slice
            Their places in `rows`, or their numbers.
        part : (any, n_in)
        """
        n = max(1, PART_BYTES // self.stored.row_bytes)
        buffer = np.empty((n, self.shape[1]), self.dtype)
        with self.stored.open() as file:
            for first in range(0, len(self), n):
                read = buffer[: len(self) - first]
                if rows is None:
                    self.read(file, first, read)
                    yield slice(first, first + len(read)), read
                    continue
                low, high = np.searchsorted(rows, (first, first + n)).tolist()
                if low < high:
                    self.read(file, first, read)
                    yield slice(low, high), read[rows[low:high] - first]

    def fingerprint(self) -> bytes:
        """Return a hash of the shape, the stored dtype, and of 64 KB at each of 64 places: not all is read for it."""
        digest = hashlib.sha256(repr((self.shape, self.stored.dtype.str)).encode())
        n = min(len(self), 1 + PLACE_BYTES // self.stored.row_bytes)
        rows = np.empty((n, self.shape[1]), self.stored.dtype)
        with self.stored.open() as file:
            for first in np.unique(np.linspace(0, len(self) - n, PLACES_HASHED).astype(np.int64)).tolist():
                self.stored.read(file, first, rows)
                digest.update(rows.tobytes())
        return digest.digest()


Samples = NDArray[Any] | Packed | DiskSamples
"""Samples in any form in which they can be trained on."""


def as_samples(X: Inputs, n_in: int, dtype: np.dtype[Any], name: str = "X", schema: Schema | None = None) -> Samples:
    """Do what as_inputs does; but bytes or floats that are large and mapped read-only stay on the disk.

    Those are searched for NaN when they are read. Parameters and errors as in as_inputs.
    """
    if isinstance(X, np.ndarray) and is_large(X.nbytes):
        is_kept = X.dtype.newbyteorder("=") in (np.uint8, np.float32, np.float64)
        if is_kept and (stored := FileArray.behind(X)):
            check_shape(X.shape, n_in, name)
            if schema is None:
                return DiskSamples(stored, dtype, name)
            schema.warn_if_far(X, name)
            return DiskSamples(stored, dtype, name, schema, schema.white(X))
    return as_inputs(X, n_in, dtype, name, schema)
