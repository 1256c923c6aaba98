"""Whether an array holds NaN or infinity."""

import numpy as np
import pytest

from fastmlp import kernels


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_all_finite(dtype, bad):
    for n in (1, 7, 37):
        a = np.full(n, np.finfo(dtype).max)
        assert kernels.all_finite(a)
        for at in {0, n // 2, n - 1}:
            b = a.copy()
            b[at] = bad
            assert not kernels.all_finite(b)
