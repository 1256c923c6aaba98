"""Right calls of the public kernels with every array between guard pages, for so many seconds after compiling.

    python kernels_between_guard_pages.py SEED SECONDS FORMS [CASE]

Each case follows from the seed and its number, which is written to standard error before the call. An access beside an
array, or a write to an array that is only read, ends the process. FORMS dtypes and variants are used: Numba compiles
every kernel anew for each. With CASE, that case alone is run.
"""

import collections
import itertools
import os
import sys
import time

import numpy as np
from helpers.guard_pages import guarded
from helpers.kernel_calls import CALLS, FORMS, VARIANTS, WRITTEN, changed, random_setting

from fastmlp import kernels
from fastmlp.kernels.llvm.vectors import VECTOR_BYTES
from fastmlp.system.threads import Team


def main(seed, seconds, n_forms, only=None):
    forms = list(itertools.product(FORMS, range(VARIANTS)))
    forms = [forms[i] for i in np.random.default_rng(seed).permutation(len(forms))[:n_forms]]
    calls, kinds, started = collections.Counter(), collections.Counter(), 0.0
    for case in itertools.count() if only is None else [only]:
        rng = np.random.default_rng((seed, case))
        setting = random_setting(rng, forms)
        name = list(CALLS)[case % len(CALLS)]
        os.write(2, f"case {case}, {name}, {setting}\n".encode())
        call(name, setting, rng)
        calls[name] += 1
        kinds[setting.threads] += 1
        if case <= len(CALLS):
            started = time.process_time()
        elif time.process_time() - started > seconds:
            break
    print(f"{calls.total()} calls of {len(calls)} kernels, {min(calls.values())} or more of each,", end=" ")
    print(f"on {min(kinds)} to {max(kinds)} threads, {n_forms} forms, vectors of {VECTOR_BYTES} bytes")


def call(name, setting, rng):
    """Call a kernel, which Python would check first, with every array in a place of its own."""
    kernel = getattr(kernels, name)
    arguments = CALLS[name](setting)
    kernel.check(**arguments)
    written = WRITTEN.get(name, ())
    placed = changed(arguments, lambda path, array: guarded(array, rng.random() < 0.5, path in written))
    if name != "train":
        kernel.kernel(*placed.values())
        return
    kernel.kernel(
        *(placed | {"order": placed["order"][:0], "worker": kernels.alone()}).values()
    )  # compiled by one thread
    arrivals = guarded(np.zeros(16, np.int64), at_end=True)
    with Team(setting.threads) as team:

        def work(worker):
            return kernel.kernel(*(placed | {"worker": worker._replace(arrivals=arrivals)}).values())

        team.call(work, setting.threads)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), *map(int, sys.argv[4:]))
