"""Checked kernels: a check for calls from Python, the kernel itself for compiled code."""

import pickle

import numba
import numpy as np
import pytest

from fastmlp.kernels._numba.checked import Checked
from fastmlp.kernels._numba.compile import kernel

calls = []


@kernel
def double(a, factor):
    """Double numbers."""
    for i in range(a.size):
        a[i] *= factor


def check(a, factor):
    calls.append(factor)
    if a.dtype != np.float64:
        raise ValueError(f"a has dtype {a.dtype}: pass float64.")


double_checked = Checked(double, check)


@numba.njit
def compiled(a):
    double_checked(a, 3)


def test_python_is_checked_and_compiled_code_is_not():
    a, b = np.ones(2), np.ones(2, np.float32)
    calls.clear()
    double_checked(a, factor=3)
    assert calls == [3]
    compiled(a)
    compiled(b)
    assert calls == [3]
    np.testing.assert_array_equal(a, 9)
    np.testing.assert_array_equal(b, 3)
    with pytest.raises(ValueError, match=r"^double: a has dtype float32: pass float64\.$"):
        double_checked(b, 3)
    np.testing.assert_array_equal(b, 3)


def test_other_arguments_than_the_kernels_are_described():
    with pytest.raises(TypeError, match=r"^double: missing a required argument: 'factor'\.$"):
        double_checked(np.ones(2))
    with pytest.raises(TypeError, match=r"^double takes arguments of the types .* but a is list, factor is int\.$"):
        double_checked([1.0], 2)


def test_what_numba_refuses_is_described_too():
    with pytest.raises(TypeError, match=r"^double takes .* but a is ndarray \(2,\) float64, factor is dict\.$"):
        double_checked(np.ones(2), {})


def test_it_shows_what_the_kernel_is():
    assert double_checked.py_func is double.py_func
    assert (double_checked.__name__, double_checked.__doc__) == ("double", "Double numbers.")
    assert repr(double_checked) == "<checked kernel double>"
    with pytest.raises(AttributeError):
        _ = double_checked.other


def test_a_checked_kernel_is_pickled_by_name():
    from fastmlp import kernels

    assert pickle.loads(pickle.dumps(kernels.train)) is kernels.train
