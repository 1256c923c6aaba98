"""Result files: what was measured, on what, when and by which command. One JSON file for each part."""

import datetime
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
from fastmlp.files import write_text
from fastmlp.machine import cores, memory

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Options:
    """What the command line asks of every part.

    Attributes
    ----------
    contestants, workloads : tuple of str
        Names; empty for a part's own choice.
    presets : tuple of str
        Names; empty for all.
    seeds : int or None
        How many; None for a part's own choice.
    threads : int or None
        As `fastmlp train` has it, where fastmlp alone is measured.
    quick : bool
        As little as shows that everything works: no figures to publish.
    """

    contestants: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    quick: bool = False
    presets: tuple[str, ...] = ()
    seeds: int | None = None
    threads: int | None = None

    def is_whole(self, part: str) -> bool:
        """Whether what is measured may take the place of what is published: everyone, every workload, every seed.

        In the part presets, each takes the place of its own values alone.
        """
        some = self.contestants or self.workloads or self.seeds or (self.presets and part != "presets")
        return not (self.quick or some)

    def folder(self, part: str) -> Path:
        """Return where the results of a part go."""
        return FOLDER if self.is_whole(part) else FOLDER / ("quick" if self.quick else "partial")


def machine() -> dict[str, Any]:
    """Describe the machine."""
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


def heading(part: str, options: Options, dataset: str) -> dict[str, Any]:
    """Return what stands at the top of every result file."""
    arguments = [part, *(["--quick"] if options.quick else [])]
    arguments += [f"--workload={name}" for name in options.workloads]
    arguments += [f"--contestant={name}" for name in options.contestants]
    arguments += [f"--preset={name}" for name in options.presets]
    arguments += [] if options.seeds is None else [f"--seeds={options.seeds}"]
    arguments += [] if options.threads is None else [f"--threads={options.threads}"]
    return {
        "part": part,
        "command": f"python -m benchmarks {shlex.join(arguments)}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "load": load_average(),
        "dataset": dataset,
        "versions": {"fastmlp": fastmlp.__version__, "numba": numba.__version__, "numpy": np.__version__},
        "skipped": {},
    }


def write(result: dict[str, Any], folder: Path) -> Path:
    """Write a result file, whole or not at all; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['part']}.json"
    write_text(path, json.dumps(result, indent=1, allow_nan=False) + "\n")
    return path


def read(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the result files in the folder, by default the published ones, by their parts."""
    folder = folder or FOLDER
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def load_average() -> float | None:
    """Return how many processes wanted a core during the last minute; None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") and sys.platform != "win32" else None
