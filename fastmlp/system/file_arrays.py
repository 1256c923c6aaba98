"""Large arrays in files: how they are mapped, and how their rows are read without the map.

Pages of a map stay resident once they are touched, and the process dies (SIGBUS) if the file is cut short or its disk
fails. Reading into a buffer takes no more memory than the buffer, and a failure is an error with a sentence.
"""

import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError

LARGE = 1 << 30
"""Bytes above which a mapped array is read from its file. They don't depend on the machine, because the order of the
samples, and so the bits of a training, depend on whether it is."""


def is_large(n_bytes: int) -> bool:
    """Return whether an array of this size is left on the disk if it is mapped read-only."""
    return n_bytes > LARGE


def map_mode(n_bytes: int) -> Literal["c", "r"]:
    """Return the mode in which a file of samples is mapped: read-only if it is large, else copy-on-write.

    What is written to a copy-on-write map is not in the file, so such an array can't be read from there.
    """
    return "r" if is_large(n_bytes) else "c"


@dataclass(frozen=True)
class FileArray:
    """A C-contiguous array that is stored in a file.

    Attributes
    ----------
    path : Path
    offset : int
        Place of the first value in the file.
    shape : (n, n_columns)
    dtype : dtype
        As stored, any byte order.
    """

    path: Path
    offset: int
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    @classmethod
    def behind(cls, array: NDArray[Any]) -> "FileArray | None":
        """Return where a large matrix that is mapped read-only (mode "r") is stored; None for any other array.

        Raises
        ------
        InputError
            The file is no longer there, or another one has taken its place.
        """
        if not is_large(array.nbytes) or array.ndim != 2 or not array.flags.c_contiguous:
            return None
        base: Any = array
        while isinstance(base, np.ndarray) and not isinstance(base.base, mmap.mmap):
            base = base.base
        if not isinstance(base, np.memmap) or base.mode != "r" or base.filename is None:
            return None
        offset = base.offset + array.ctypes.data - base.ctypes.data
        stored = cls(Path(base.filename), offset, array.shape, array.dtype)
        stored._check_ends(array)
        return stored

    @property
    def row_bytes(self) -> int:
        """The size of a row."""
        return self.shape[1] * self.dtype.itemsize

    def open(self) -> BinaryIO:
        """Return the file, opened for `read`."""
        try:
            return self.path.open("rb", buffering=0)
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from None

    def read(self, file: BinaryIO, first: int, out: NDArray[Any]) -> None:
        """Read rows into `out`, C-contiguous and of the stored dtype, from row `first` on."""
        into = out.reshape(-1).view(np.uint8).data
        try:
            file.seek(self.offset + first * self.row_bytes)
            while len(into):
                n = file.readinto(into)  # type: ignore[attr-defined]
                if not n:
                    raise self._unreadable("it is shorter than it was")
                into = into[n:]
        except OSError as error:
            raise self._unreadable(error.strerror or str(error)) from None

    def announce(self, file: BinaryIO, first: int, stop: int) -> None:
        """Tell the system, if it listens, that these rows will be read soon: the disk then has many reads to order."""
        if hasattr(os, "posix_fadvise"):
            start, n = self.offset + first * self.row_bytes, (stop - first) * self.row_bytes
            os.posix_fadvise(file.fileno(), start, n, os.POSIX_FADV_WILLNEED)

    def _check_ends(self, array: NDArray[Any]) -> None:
        """Raise InputError if the first and the last row in the file are not those of the map."""
        row = np.empty((1, self.shape[1]), self.dtype)
        with self.open() as file:
            for number in (0, self.shape[0] - 1):
                self.read(file, number, row)
                if row.tobytes() != array[number].tobytes():
                    raise self._unreadable("another file has taken its place")

    def _unreadable(self, why: str) -> InputError:
        return InputError(f"The samples in {str(self.path)!r} can't be read ({why}): restore the file.")
