"""Kernels called by other kernels: compiled once, inlined into their caller, whatever constants they are given."""

import numba
import numpy as np
import pytest

from fastmlp.kernels._numba import inline
from fastmlp.kernels._numba.compile import by_samples, kernel


@pytest.fixture
def kernels(monkeypatch, tmp_path):
    """A kernel, and another that calls it with constants; neither is in a cache."""
    monkeypatch.setattr("fastmlp.kernels._numba.compile._folder", tmp_path)

    @kernel
    def power(x, n):
        result = x
        for _ in range(n - 1):
            result *= x
        return result

    @kernel
    def polynomial(x, n):
        return power(x, 1) + power(x, 2) + power(x, n) + power(x, n=4)

    return power, polynomial


@pytest.fixture
def compiled(listeners):
    """A list that grows by one with every compilation."""
    seen = []
    listeners.append(lambda: seen.append(1))
    return seen


def test_an_inlined_kernel_is_compiled_once_and_has_no_machine_code(kernels, compiled):
    power, polynomial = kernels
    x = np.float64(3)
    assert polynomial(x, 3) == 3 + 9 + 27 + 81
    assert len(compiled) == 2  # the caller, and one form of `power` for three constants and a variable
    assert not power.signatures
    assert power(x, 3) == 27  # a call from Python compiles it by itself
    assert len(compiled) == 3
    assert len(power.signatures) == 1


def test_compiled_code_of_a_user_inlines_kernels(kernels):
    power, polynomial = kernels

    @numba.njit
    def theirs(x):
        return power(x, 2) + polynomial(x, 3)

    assert theirs(np.float64(2)) == 4 + 2 + 4 + 8 + 16
    assert theirs(np.float32(2)) == 4 + 2 + 4 + 8 + 16


def test_a_numba_that_works_in_another_way_is_refused(monkeypatch):
    monkeypatch.setattr(inline, "_is_known", lambda dispatcher: False)
    with pytest.raises(ImportError, match="does not know Numba"):
        by_samples(lambda x: x, lambda x: x)
