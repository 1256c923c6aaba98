"""The limits of a matrix product."""

import pytest

from benchmarks.roofline import roof


def test_a_small_product_is_limited_by_memory_and_a_large_one_by_the_core():
    moved = 4 * (2 * 3 + 3 * 5 + 2 * 5)  # bytes of two inputs and a result, (2, 3) by (3, 5)
    assert roof(width=5, n_in=3, batch=2, peak=1e9, bandwidth=10.0) == pytest.approx(2 * 2 * 3 * 5 / moved * 10)
    assert roof(width=1000, n_in=1000, batch=1000, peak=100.0, bandwidth=10.0) == 100.0
