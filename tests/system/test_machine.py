"""Memory and cores of the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastmlp.system.machine import CACHE_LINE, LIMITS, aligned_empty, available_cores, cores, memory, own_memory


def test_memory_is_that_of_a_computer(monkeypatch):
    assert memory() > 1e8
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert memory() == float("inf")


@pytest.mark.parametrize(("limit", "wanted"), [("max\n", float("inf")), ("500000000\n", 5e8)])
def test_memory_is_what_a_container_allows(monkeypatch, limit, wanted):
    def read(path):
        assert str(path) == "/sys/fs/cgroup/memory.max"
        return limit

    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.setattr(Path, "read_text", read)
    assert memory() == wanted


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [
        (None, 8),  # no container
        ("max 100000", 8),  # a container without a limit
        ("300000 100000", 3),
        ("50000 100000", 1),  # half a core
        ("9900000 100000", 8),
    ],
)
def test_cores_are_those_of_the_affinity_or_fewer_in_a_container(monkeypatch, limit, wanted):
    def read(path):
        assert str(path) == "/sys/fs/cgroup/cpu.max"
        if limit is None:
            raise FileNotFoundError(path)
        return limit

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(Path, "read_text", read)
    assert available_cores() == wanted


def test_cores_without_an_affinity_are_all(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(Path, "read_text", lambda _: "max 100000")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert available_cores() == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_cores() == 1


@pytest.fixture
def eight(monkeypatch):
    """A machine with eight cores, and no variable that limits them."""
    monkeypatch.setattr("fastmlp.system.machine.available_cores", lambda: 8)
    monkeypatch.delitem(sys.modules, "threadpoolctl", raising=False)
    for name in LIMITS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, 8),
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "3,2"}, 3),  # two levels of OpenMP's
        ({"OMP_NUM_THREADS": "12"}, 8),
        ({"OMP_THREAD_LIMIT": "5", "NUMBA_NUM_THREADS": "2", "LOKY_MAX_CPU_COUNT": " 4"}, 2),
        ({"OMP_NUM_THREADS": "0", "NUMBA_NUM_THREADS": "many", "OMP_THREAD_LIMIT": "", "LOKY_MAX_CPU_COUNT": "²"}, 8),
        ({"LOKY_MAX_CPU_COUNT": "1"}, 1),
    ],
)
@pytest.mark.usefixtures("eight")
def test_variables_limit_the_cores(monkeypatch, variables, wanted):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cores() == wanted


@pytest.mark.usefixtures("eight")
def test_the_limits_of_threadpoolctl_are_those_of_its_libraries():
    pytest.importorskip("threadpoolctl")
    program = (
        "from threadpoolctl import threadpool_info, threadpool_limits; from fastmlp.system import machine; "
        "machine.available_cores = lambda: 3; found = [machine.cores()]; scope = threadpool_limits(1); "
        "found += [machine.cores()]; scope.restore_original_limits(); found += [machine.cores()]; "
        "print(found, len(threadpool_info()))"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    if output.endswith(" 0\n"):
        pytest.skip("NumPy has a BLAS that threadpoolctl does not know")
    before, limited, after = json.loads(output.split("]")[0] + "]")
    assert limited == 1
    assert before == after == min(3, os.cpu_count())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_aligned_arrays_start_at_a_cache_line(dtype):
    for n in (0, 1, 7, 100):
        array = aligned_empty(n, np.dtype(dtype))
        assert array.shape == (n,)
        assert array.dtype == dtype
        assert array.ctypes.data % CACHE_LINE == 0 or n == 0


def test_memory_of_ones_own_is_neither_read_only_nor_a_files(tmp_path):
    array = np.arange(12.0).reshape(3, 4)
    assert own_memory(array) is array
    np.save(tmp_path / "a.npy", array)
    for mode in ("r", "r+", "c"):
        own = own_memory(np.load(tmp_path / "a.npy", mmap_mode=mode))
        assert type(own) is np.ndarray
        np.testing.assert_array_equal(own, array)
        own[:] = 0
        np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), array)
    array.flags.writeable = False
    assert own_memory(array).flags.writeable
