"""The loop of multiply-adds computes what it should, so the compiler has left nothing out."""

import pytest

from benchmarks.peak import SUMS, sum_of_multiply_adds


def test_the_sums_are_those_of_the_recurrence():
    sums = [float(k) for k in range(SUMS)]
    for n in range(4):
        assert sum_of_multiply_adds(n) == pytest.approx(sum(sums), rel=1e-6)
        sums = [0.5 * value + 0.25 for value in sums]
