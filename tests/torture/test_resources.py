"""Trainings where memory, stacks, descriptors and disk are scarce, and thousands of them in one process.

Each test runs a program in a process of its own, so that a crash is a failed test and limits hurt nobody else.
"""

import json
import resource
import subprocess
import sys

import pytest
from helpers.torture import torture_seconds

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

MIB = 2**20
PRELUDE = """
import json, os, sys, threading, time
import numpy as np
from fastmlp import InputError, Network, Trainer

def task(n=120, n_in=20, n_out=4):
    X = np.random.default_rng(0).integers(0, 256, (n, n_in), np.uint8)
    return X, X[:, :n_out].argmax(axis=1)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def threads():
    return len(os.listdir("/proc/self/task"))

def fit(threads=2, epochs=1, hidden=8, X=None, y=None, batch_size=10):
    X, y = task() if X is None else (X, y)
    network = Network((X.shape[1], hidden, 4), seed=1)
    Trainer(network, batch_size=batch_size, threads=threads).fit(X, y, epochs, validation=0.25)
    network.predict(X)
    return network

"""
THOUSANDS = """
fit()
X, y = task()
for _ in range(50):
    fit(X=X, y=y)
time.sleep(0.2)
before = resident(), len(os.listdir("/proc/self/fd")), threads()
number, end = 0, time.monotonic() + float(sys.argv[1])
while time.monotonic() < end or number < 200:
    fit(1 + number % 3, X=X, y=y)
    number += 1
time.sleep(0.2)
after = resident(), len(os.listdir("/proc/self/fd")), threads()
print(json.dumps([number, before, after]))
"""
SMALL_STACKS = """
threading.stack_size(256 * 1024)
wanted = fit(1).params
X, y = task(n_in=400)
answers = []

def work():
    for n in (1, 2, 3):
        answers.append(np.array_equal(fit(n).params, wanted))
        for image in (X, X * (X > 200)):  # the second is packed, for it has zeros
            wide = fit(n, hidden=600, X=image, y=y, batch_size=64)
            answers.append(bool(np.isfinite(wide.params).all()))

worker = threading.Thread(target=work)
worker.start()
worker.join()
print(json.dumps(answers))
"""
FEW_DESCRIPTORS = """
import resource
fit(2)
used = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (used, used))
before = fit(2).params
print(json.dumps([bool(np.isfinite(fit(n).params).all()) for n in (1, 2, 3)]))
"""
LITTLE_MEMORY = """
import resource
fit(2)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
answers = []
for room in (20, 60, 150, 300):
    resource.setrlimit(resource.RLIMIT_AS, (used + room * 2**20, resource.RLIM_INFINITY))
    for hidden in (10_000, 100_000, 1_000_000):
        try:
            X, y = task(60, 400)  # few, since large networks take long
            network = fit(2, hidden=hidden, X=X, y=y)
            answers.append("trained" if np.isfinite(network.params).all() else "not finite")
        except (InputError, MemoryError) as error:
            answers.append(type(error).__name__)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    answers.append(bool(np.isfinite(fit(3).params).all()))
print(json.dumps(answers))
"""


def run(program, *arguments, **limits):
    """Run a program after the prelude; return what it printed as JSON. It must end by itself, without a word."""
    command = [sys.executable, "-c", PRELUDE + program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **limits)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_thousands_of_fits_leave_nothing_behind():
    number, before, after = run(THOUSANDS, torture_seconds(10))
    print(f"{number} fits; resident memory, descriptors, threads: {before} before, {after} after")
    assert after[0] - before[0] < 20 * MIB
    assert after[1:] == before[1:]


def test_small_stacks_are_enough():
    answers = run(SMALL_STACKS)
    assert answers == [True] * 9


def test_a_small_stack_of_the_process_is_enough():
    run("fit(2)\nprint(1)")  # compiles, which takes more
    limit = 512 * 1024
    done = run("fit(2)\nprint(1)", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (limit, limit)))
    assert done == 1


def test_no_descriptor_is_needed():
    assert run(FEW_DESCRIPTORS) == [True] * 3


def test_too_little_memory_is_an_error_and_the_next_fit_works():
    answers = run(LITTLE_MEMORY)
    print(answers)
    assert set(answers) <= {"trained", "InputError", "MemoryError", True}
    assert {"trained", "MemoryError"} & set(answers)
    assert answers.count(True) == 4
