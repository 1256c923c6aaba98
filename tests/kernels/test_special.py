"""Exponentials beside NumPy's, and the search for NaN and infinity."""

import numpy as np
import pytest

from fastmlp import kernels
from fastmlp.kernels.special import exp, exp32, exponentials


def test_exponentials():
    x = np.linspace(-86, 87, 100_001, dtype=np.float32)
    y = x.copy()
    exponentials(y)
    np.testing.assert_allclose(y, np.exp(x.astype(np.float64)), rtol=2e-7)
    assert np.isnan(exp32(np.float32(np.nan)))
    assert exp32(np.float32(-1e30)) < 2e-38
    assert exp32(np.float32(1e30)) > 1e38
    z = np.array([-700.0, 0.0, 1.5])
    exponentials(z)
    np.testing.assert_allclose(z, np.exp([-700.0, 0.0, 1.5]), rtol=1e-15)


@pytest.mark.parametrize("number", [np.float32(1.5), np.float64(1.5)])
def test_the_exponential_of_one_number_has_the_bits_of_the_kernels(number):
    array = np.array([number])
    exponentials(array)
    assert exp(number) == array[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_number_is_found_wherever_it_stands(dtype, bad):
    for n in (1, 7, 37):
        a = np.full(n, np.finfo(dtype).max)
        assert kernels.all_finite(a)
        for place in {0, n // 2, n - 1}:
            b = a.copy()
            b[place] = bad
            assert not kernels.all_finite(b)
