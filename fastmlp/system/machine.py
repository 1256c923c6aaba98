"""Memory and cores of the machine."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CACHE_LINE = 64
"""Size of a cache line in bytes."""


def memory() -> float:
    """Return the size of the machine's memory in bytes, or less if a container limits it.

    It is infinite if the system does not report it.
    """
    of_machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else float("inf")
    try:
        return min(of_machine, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no limit is set
        return of_machine


def cores() -> int:
    """Return the number of cores that this process may use: its affinity, or less if a container limits its time."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):  # no limit is set
        return allowed


def aligned_empty(n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an uninitialised array (n,) that starts at a cache line, so that no vector load crosses one."""
    block = np.empty(n + CACHE_LINE // dtype.itemsize, dtype)
    start = -block.ctypes.data % CACHE_LINE // dtype.itemsize
    return block[start : start + n]


def own_memory(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array`, or an aligned copy if it is read-only or lies in a file's memory map.

    joblib hands a large array to its workers as a read-only map of one file, and so does `joblib.load(mmap_mode="r")`:
    a write would end the process. A map that is not read-only would be written to the file, which others read.
    """
    if array.flags.writeable and not isinstance(array, np.memmap):
        return array
    copy = aligned_empty(array.size, array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
