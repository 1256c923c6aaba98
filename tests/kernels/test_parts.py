"""Kernels that kernels call: compiled once, as parts of their caller, whatever constants they are called with."""

import numba
import numpy as np
import pytest

from fastmlp.kernels._cache import compile_listeners
from fastmlp.kernels._compile import kernel


@kernel
def power(x, n):
    result = x
    for _ in range(n - 1):
        result *= x
    return result


@kernel
def polynomial(x, n):
    return power(x, 1) + power(x, 2) + power(x, n) + power(x, n=4)


@pytest.fixture
def compiled():
    """A list that grows by one with every compilation."""
    seen = []
    compile_listeners.append(listener := lambda: seen.append(1))
    yield seen
    compile_listeners.remove(listener)


def test_a_part_is_compiled_once_and_has_no_machine_code(compiled):
    x = np.float64(3)
    assert polynomial(x, 3) == 3 + 9 + 27 + 81
    assert len(compiled) == 2  # the caller and one form of the part, for three constants and a variable
    assert not power.signatures
    assert power(x, 3) == 27  # called from Python it is compiled by itself
    assert len(compiled) == 3
    assert len(power.signatures) == 1


def test_compiled_code_of_others_takes_kernels_in():
    @numba.njit
    def theirs(x):
        return power(x, 2) + polynomial(x, 3)

    assert theirs(np.float64(2)) == 4 + 2 + 4 + 8 + 16
    assert theirs(np.float32(2)) == 4 + 2 + 4 + 8 + 16
