"""When samples are packed, and what that gives."""

import numpy as np
import pytest

from fastmlp import packing
from fastmlp.packing import pack_if_sparse


def samples(share, dtype=np.uint8, shape=(200, 50)):
    rng = np.random.default_rng(0)
    return (rng.integers(1, 256, shape) * (rng.random(shape) < share)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_packed_samples_are_the_samples(dtype):
    X = samples(0.2, dtype)
    starts, columns, values = pack_if_sparse(X, 16)
    assert values.dtype == dtype
    assert columns.dtype == np.uint16
    for row in range(len(X)):
        inside = slice(starts[row], starts[row + 1])
        np.testing.assert_array_equal(columns[inside], np.flatnonzero(X[row]))
        np.testing.assert_array_equal(values[inside], X[row][X[row] != 0])


def test_dense_samples_are_left_alone():
    assert pack_if_sparse(samples(0.5), 16) is None
    assert pack_if_sparse(samples(0.2), 16) is not None


def test_narrow_first_layers_are_left_alone():
    assert pack_if_sparse(samples(0.2), 15) is None


def test_nothing_but_zeros_and_trailing_zeros():
    starts, _, _ = pack_if_sparse(np.zeros((3, 5), np.uint8), 16)
    assert starts.tolist() == [0, 0, 0, 0]
    X = np.zeros((2, 5), np.uint8)
    X[0, 0] = X[1, 4] = 7
    starts, columns, values = pack_if_sparse(X, 16)
    assert (starts.tolist(), columns[:2].tolist(), values[:2].tolist()) == ([0, 1, 2], [0, 4], [7, 7])


def test_many_inputs_need_wider_columns():
    X = np.zeros((2, 70_000), np.uint8)
    X[1, 69_999] = 3
    _, columns, _ = pack_if_sparse(X, 16)
    assert columns[0] == 69_999


def test_what_would_fill_the_memory_is_left_alone(monkeypatch):
    monkeypatch.setattr(packing, "memory", lambda: 1000)
    assert pack_if_sparse(samples(0.2), 16) is None
