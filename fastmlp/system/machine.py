"""Memory and cores of the machine, as far as this process may use them."""

import functools
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CACHE_LINE = 64
"""Size of a cache line in bytes."""

LIMITS = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
"""Environment variables that say how many threads a process may use. joblib sets some of them for its processes."""


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
    """Return how many cores this process may use if nobody says how many: the number of threads, jobs or processes.

    That is the number of available cores. It is less if OMP_NUM_THREADS, OMP_THREAD_LIMIT, NUMBA_NUM_THREADS or
    LOKY_MAX_CPU_COUNT is less, or if threadpoolctl limits the threads of a library. threadpoolctl knows only loaded
    libraries of OpenMP and BLAS: so its limits are obeyed if NumPy's BLAS is one of those, as in NumPy's wheels for
    Linux and Windows, and otherwise they can't be seen.
    """
    limits = [os.environ.get(name, "").split(",")[0].strip() for name in LIMITS]  # OpenMP takes a list, by levels
    numbers = [int(limit) for limit in limits if limit.isascii() and limit.isdigit()]
    return min(number for number in (available_cores(), *numbers, *_threads_of_libraries()) if number > 0)


def _threads_of_libraries() -> list[int]:
    """Return how many threads each library uses that threadpoolctl knows; none if nobody has imported that."""
    if "threadpoolctl" not in sys.modules:
        return []
    return [int(library["num_threads"] or 0) for library in _libraries().info()]


@functools.cache
def _libraries() -> Any:
    """Return threadpoolctl's view of the libraries that are loaded: it takes milliseconds to look for them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def available_cores() -> int:
    """Return the number of cores that the system lets this process have: its affinity, or less in a container."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(allowed, int(quota) // int(period)))
    except (FileNotFoundError, NotADirectoryError, PermissionError, ValueError):  # no limit is set
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
