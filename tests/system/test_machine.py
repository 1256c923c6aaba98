"""Memory and cores of the machine."""

import os
from pathlib import Path

import numpy as np
import pytest

from fastmlp.system.machine import CACHE_LINE, aligned_empty, cores, memory, own_memory


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
    assert cores() == wanted


def test_cores_without_an_affinity_are_all(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(Path, "read_text", lambda _: "max 100000")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert cores() == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


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
