"""Seconds per epoch beside a program that keeps one core busy.

The contestants train as in the section speed, on one thread and on all: the better of the two counts.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import speed
from benchmarks.arena import digits_here
from benchmarks.results import Options

WORKLOADS = ("tweak", "wide", "wider")
PROGRAM = "import os, sys; parent = int(sys.argv[1])\nwhile os.getppid() == parent: pass"
"""Computes until the process ends that started it, however that ends."""


@contextmanager
def busy_core() -> Iterator[None]:
    """Let a program compute on one core, wherever the system puts it, for the duration of a `with` block."""
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, str(os.getpid())])
    try:
        yield
    finally:
        program.kill()
        program.wait()


def run(options: Options) -> dict[str, Any]:
    """Return the result of the section speed for some workloads, measured beside a busy core."""
    names = options.workloads or WORKLOADS
    with busy_core():
        return speed.measure("busy", options, names, digits_here())
