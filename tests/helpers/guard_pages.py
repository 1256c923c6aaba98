"""Arrays between pages of memory that may not be touched: an access beside one ends the process with SIGSEGV."""

import ctypes
import mmap

import numpy as np

NOTHING, READING = 0, mmap.PROT_READ


def _protect(memory, offset, size, protection):
    """Allow only `protection` on some whole pages of a mapping."""
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + offset
    mprotect = ctypes.CDLL(None, use_errno=True).mprotect
    if mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), protection):
        raise OSError(ctypes.get_errno(), "mprotect failed")


def guarded(array, at_end, written=True):
    """Return a copy that ends right before a page that may not be touched, or else begins right behind one.

    What is not `written` lies in pages that may be read alone, though NumPy and Numba see an array like any other.
    """
    page = mmap.PAGESIZE
    size = max(1, -(-array.nbytes // page)) * page
    memory = mmap.mmap(-1, size + 2 * page)
    _protect(memory, 0, page, NOTHING)
    _protect(memory, page + size, page, NOTHING)
    copy = np.ndarray(array.shape, array.dtype, memory, page + (size - array.nbytes if at_end else 0))
    copy[...] = array
    if not written:
        _protect(memory, page, size, READING)
    return copy
