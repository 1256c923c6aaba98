"""Functions of a user that Numba keeps by `cache=True`: they never run kernels of another fastmlp."""

import os
import pickle
import subprocess
import sys

import pytest
from helpers.tiny_kernel import change_helper, copy_package

from fastmlp.kernels._numba.origin import ORIGIN, find_origin

THEIRS = """
from numba import njit
from fastmlp.kernels.tiny import rectified

@njit
def through_another(z):
    return rectified(z)

@njit(cache=True)
def theirs(z):
    return {function}(z)
"""
PROGRAM = """
import numpy as np
from theirs import theirs
print(theirs(np.float64(-1)), sum(theirs.stats.cache_hits.values()))
"""


def run(folder):
    """Return the function's result in a new process, and whether Numba had kept the function."""
    environment = os.environ | {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    end = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert end.returncode == 0, end.stderr
    return end.stdout.strip()


@pytest.mark.parametrize("function", ["rectified", pytest.param("through_another", marks=pytest.mark.slow)])
def test_a_function_that_numba_keeps_is_compiled_anew_after_a_change_of_the_kernels(tmp_path, function):
    copy_package(tmp_path)
    (tmp_path / "theirs.py").write_text(THEIRS.format(function=function))
    assert run(tmp_path) == "0.0 0"
    assert run(tmp_path) == "0.0 1"
    change_helper(tmp_path)
    assert run(tmp_path) == "0.5 0"
    assert run(tmp_path) == "0.5 1"


def test_the_mark_of_these_kernels_is_read_back():
    assert pickle.loads(pickle.dumps(ORIGIN)) is ORIGIN


def test_the_mark_of_other_kernels_is_an_error_that_numba_takes_for_a_miss():
    with pytest.raises(OSError, match="compiled with other kernels of fastmlp: clear"):
        find_origin("0" * 20)
