"""What the machine has. Imports nothing of the package."""

import os


def memory() -> float:
    """Return the bytes of the machine's memory, or infinity where the system does not tell."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else float("inf")
