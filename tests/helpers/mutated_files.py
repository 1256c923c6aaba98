"""A process that reads mutated files of every format, and prints as JSON how each ended.

`python -m helpers.mutated_files FOLDER SECONDS SEED [FORMAT ...]`. The process has a limit of memory, and ends if one
file takes longer than `LONGEST` seconds. The mutation that it is reading lies in FOLDER/<format>/ under the file's
name, so that a file that ends the process is there to be looked at.
"""

import json
import resource
import shutil
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from fastmlp.errors import LONGEST_MESSAGE, InputError
from helpers.file_formats import FORMATS, written
from helpers.mutations import mutated

SLOW = 2.0
"""Seconds of CPU time that reading a file may take."""
LONGEST = 20
"""Seconds after which the process is ended."""
MORE_MEMORY = 3 << 30
"""Bytes of addresses that reading files may take in addition."""
MORE_RESIDENT = 1 << 30
"""Bytes of memory that reading files may take in addition."""
SHOWN = 5
"""Faults of a format that are described."""


def fault_of(read, folder):
    """Return the outcome of reading, "value" or "sentence", and the fault in words or None."""
    started = time.process_time()
    outcome, fault = "value", None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read(folder)
    except InputError as error:
        outcome, text = "sentence", str(error)
        if len(text) > LONGEST_MESSAGE or not text.isprintable() or not text:
            fault = f"a message that is no line of {LONGEST_MESSAGE} characters: {text[:500]!r}"
    except BaseException as error:
        outcome = "other"
        fault = f"{type(error).__name__}: {str(error)[:200]!r}\n" + "".join(
            traceback.format_tb(error.__traceback__)[-3:]
        )
    took = time.process_time() - started
    return outcome, fault or (f"it took {took:.1f} s" if took > SLOW else None)


def torture(name, folder, seconds, seed):
    """Read mutations of one format for some seconds; return the counts of outcomes, and the faults."""
    path = written(folder, name)
    valid = path.read_bytes()
    read = FORMATS[name].read
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(folder)  # the valid file is read; kernels are compiled
    counts, faults = Counter(), []
    other = np.random.default_rng(seed).bytes(len(valid))
    number, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        rng = np.random.default_rng((seed, list(FORMATS).index(name), number))
        content = mutated(path.suffix, valid, rng, other)
        path.write_bytes(content)
        signal.alarm(LONGEST)
        outcome, fault = fault_of(read, folder)
        signal.alarm(0)
        counts[outcome] += 1
        if fault:
            counts["faults"] += 1
            kept = folder.with_name(f"{folder.name}-{number}-{path.name}")
            shutil.copyfile(path, kept)
            faults.append(f"{name}, mutation {number}, {kept}: {fault}")
        number += 1
    return {"counts": counts, "faults": faults[:SHOWN]}


def resident():
    """Return the largest size of this process in memory so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(folder, seconds, seed, *names):
    """Torture the formats for some seconds in all, and print a line of JSON for each."""
    for name in names or FORMATS:
        torture(name, Path(folder) / f"warm up {name}", 0, int(seed))
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MORE_MEMORY, resource.RLIM_INFINITY))
    for name in names or FORMATS:
        print(json.dumps({"begins": name}), flush=True)
        before = resident()
        result = torture(name, Path(folder) / name, float(seconds) / len(names or FORMATS), int(seed))
        if resident() > before + MORE_RESIDENT:
            result["faults"].append(f"{name}: {(resident() - before) / 1e9:.1f} GB of memory were taken")
        print(json.dumps({"format": name} | result), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
