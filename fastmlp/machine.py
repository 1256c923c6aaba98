"""What the machine has: its memory and its cores. Imports nothing of the package."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CACHE_LINE = 64
"""Bytes."""


def memory() -> float:
    """Return the bytes of the machine's memory, or infinity where the system does not tell."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else float("inf")


def cores() -> int:
    """Return how many cores this process may use: those of its affinity, or fewer if its container gets less time."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):  # no such limit
        return allowed


def aligned_empty(n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an uninitialised array that starts at a cache line, so that no vector load touches two."""
    block = np.empty(n + CACHE_LINE // dtype.itemsize, dtype)
    start = -block.ctypes.data % CACHE_LINE // dtype.itemsize
    return block[start : start + n]
