"""Result files, one JSON file per section: the measurements, the machine, the date and the command."""

import datetime
import functools
import json
import os
import platform
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

import fastmlp
from fastmlp.system.files import write_text
from fastmlp.system.machine import cores, memory

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Options:
    """Options of the command line, passed to every section.

    Attributes
    ----------
    contestants, workloads : tuple of str
        Names; empty for the section's default.
    presets : tuple of str
        Names; empty for all.
    seeds : int or None
        Number of seeds; None for the section's default.
    threads : int or None
        Number of threads as in `fastmlp train`, in the sections that measure fastmlp alone.
    quick : bool
        Measure just enough to show that everything works; the results are not for publication.
    """

    contestants: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    quick: bool = False
    presets: tuple[str, ...] = ()
    seeds: int | None = None
    threads: int | None = None

    def is_whole(self, section: str) -> bool:
        """Tell whether the results may replace the published ones: all contestants, workloads and seeds.

        In the section presets a selection is whole too, since each preset replaces only its own values.
        """
        selected = self.contestants or self.workloads or self.seeds or (self.presets and section != "presets")
        return not (self.quick or selected)

    def folder(self, section: str) -> Path:
        """Return the folder for the results of a section."""
        return FOLDER if self.is_whole(section) else FOLDER / ("quick" if self.quick else "partial")


def machine() -> dict[str, Any]:
    """Return a description of the machine."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "memory_gb": round(memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "vectors": "AVX-512" if _has("avx512f") else "AVX2" if _has("avx2") else "128 bits",
    }


def _has(feature: str) -> bool:
    from llvmlite import binding

    return bool(binding.get_host_cpu_features().get(feature))


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()} ({_llvm_name()})"


def _llvm_name() -> str:
    from llvmlite import binding

    return str(binding.get_host_cpu_name())


def heading(section: str, options: Options, dataset: str) -> dict[str, Any]:
    """Return the first entries of every result file; its key for the section is `part`."""
    arguments = [section, *(["--quick"] if options.quick else [])]
    arguments += [f"--workload={name}" for name in options.workloads]
    arguments += [f"--contestant={name}" for name in options.contestants]
    arguments += [f"--preset={name}" for name in options.presets]
    arguments += [] if options.seeds is None else [f"--seeds={options.seeds}"]
    arguments += [] if options.threads is None else [f"--threads={options.threads}"]
    return {
        "part": section,
        "command": f"python -m benchmarks {shlex.join(arguments)}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "load": load_average(),
        "dataset": dataset,
        "versions": {"fastmlp": fastmlp.__version__, "numba": numba.__version__, "numpy": np.__version__},
        "skipped": {},
    }


def write(result: dict[str, Any], folder: Path) -> Path:
    """Write a result file atomically; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['part']}.json"
    write_text(path, json.dumps(result, indent=1, allow_nan=False) + "\n")
    return path


def read(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the results in the folder, by default the published ones, by section."""
    folder = folder or FOLDER
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


@functools.cache
def load_average() -> float | None:
    """Return the load average of the minute before the command began, since later it is its own; None if unknown."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") and sys.platform != "win32" else None
