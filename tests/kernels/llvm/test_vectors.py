"""The width of the vectors on the CPU that Numba compiles for."""

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="names of CPUs of one kind")


def width(**variables):
    program = "from fastmlp.kernels.llvm.vectors import VECTOR_BYTES; print(VECTOR_BYTES)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_CPU")} | variables
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    return int(run.stdout)


@pytest.mark.parametrize(
    ("name", "bytes_"),
    [("x86-64", 16), ("sandybridge", 16), ("haswell", 32), ("znver2", 32), ("znver4", 64), ("emeraldrapids", 64)],
)
def test_a_cpu_is_known_by_its_name(name, bytes_):
    assert width(NUMBA_CPU_NAME=name, NUMBA_CPU_FEATURES="") == bytes_


def test_features_count_without_a_name():
    assert width(NUMBA_CPU_NAME="generic") == 16
    assert width(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="+avx2") == 32
    assert width(NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+avx512f") == 64


def test_a_name_alone_has_the_features_of_this_machine_as_numba_has_it():
    assert width(NUMBA_CPU_NAME="x86-64") == width()
