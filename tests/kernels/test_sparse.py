"""Packed samples: rows without their zeros, multiplied by weights of every width, nothing written outside."""

import numpy as np
import pytest

from fastmlp import kernels
from fastmlp.kernels.sparse import add_outer_transposed, transpose_batch

ROUNDING = {"float32": 1e-6, "float64": 1e-14}
"""The error allowed for each dtype, relative to the largest result."""
BATCH = np.array([4, 2, 8, 2, 3])
"""Samples of a batch: one without zeros, one of zeros alone (twice), two others."""
FACTOR = -0.7

every_type = pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("uint8", "float32"),
        ("floats", "float64"),
        pytest.param("uint8", "float64", marks=pytest.mark.slow),
        pytest.param("floats", "float32", marks=pytest.mark.slow),
    ],
)
every_width = pytest.mark.parametrize("n_out", [1, 3, 8, 10, 16, 17, 33, 63, 64, 65, 150])


def mostly_zeros(kind, dtype):
    """Nine samples of 40 inputs, and the same as the numbers they stand for, in float64."""
    rng = np.random.default_rng(0)
    X = rng.integers(1, 256, (9, 40)) * (rng.random((9, 40)) < 0.3)
    X[2], X[3, :7], X[4] = 0, 0, 255  # zeros alone; zeros first; no zeros
    X = X.astype(np.uint8 if kind == "uint8" else dtype)
    return X, X / 255 if kind == "uint8" else X.astype(np.float64)


def packed(X):
    counts = np.count_nonzero(X, axis=1)
    starts = np.concatenate(([0], np.cumsum(counts)))
    columns, values = np.full(starts[-1] + 1, 9, np.uint16), np.full(starts[-1] + 1, 9, X.dtype)
    kernels.pack_rows(X, starts, columns, values)
    return kernels.PackedRows(starts, columns, values)


def layer(n_out, dtype):
    """Random weights, biases, and errors of a batch."""
    rng = np.random.default_rng(n_out)
    return [rng.standard_normal(shape).astype(dtype) for shape in ((40, n_out), n_out, (len(BATCH), n_out))]


def assert_near(actual, wanted, dtype):
    np.testing.assert_allclose(actual, wanted, rtol=0, atol=ROUNDING[dtype] * np.abs(wanted).max())


def surrounded(W):
    """Room of the shape of W inside a larger array of sevens; return both."""
    around = np.full(W.size + 100, 7, W.dtype)
    return around[50:-50].reshape(W.shape), around


def assert_untouched(around):
    assert (around[:50] == 7).all()
    assert (around[-50:] == 7).all()


@every_type
def test_packing_keeps_every_value_but_zeros(kind, dtype):
    X, _ = mostly_zeros(kind, dtype)
    counts = np.full(9, -1)
    kernels.count_nonzeros(X, counts)
    np.testing.assert_array_equal(counts, np.count_nonzero(X, axis=1))
    starts, columns, values = packed(X)
    unpacked = np.zeros_like(X)
    unpacked[np.repeat(np.arange(9), np.diff(starts)), columns[:-1]] = values[:-1]
    np.testing.assert_array_equal(unpacked, X)


@every_type
@every_width
def test_weighted_sums_are_those_of_the_dense_samples(n_out, kind, dtype):
    X, numbers = mostly_zeros(kind, dtype)
    W, b, _ = layer(n_out, dtype)
    Z = np.full((len(BATCH), n_out), np.nan, dtype)
    kernels.forward_packed(packed(X), BATCH, np.array([0, 8, 1]), W, b, Z)
    assert_near(Z, numbers[BATCH] @ W.astype(np.float64) + b, dtype)


@every_type
@every_width
def test_gradients_are_added_range_by_range(n_out, kind, dtype):
    X, numbers = mostly_zeros(kind, dtype)
    starts, columns, values = packed(X)
    W, _, delta = layer(n_out, dtype)
    wanted = W + FACTOR * numbers[BATCH].T @ delta.astype(np.float64)
    bounds, splits = np.array([0, 13, 40]), np.full((9, 3), -1)
    kernels.split_rows(starts, columns, bounds, splits)
    transpose = np.arange(0, 40 * 5, 5), np.full(40, -1), np.full(200, 9, np.uint16), np.full(200, 9, X.dtype)
    samples = kernels.PackedSamples(starts, columns, values, bounds, splits, *transpose, np.zeros(n_out, dtype))

    changed, around = surrounded(W)
    changed[:] = W
    for half in (1, 0):
        kernels.add_outer_packed(samples, half, BATCH, FACTOR, delta, changed)
        rows = slice(*bounds[half : half + 2])
        assert_near(changed[rows], wanted[rows], dtype)
        if half == 1:
            np.testing.assert_array_equal(changed[:13], W[:13])
    assert_untouched(around)

    changed, around = surrounded(W)
    changed[:] = np.nan
    for half, (first, last) in enumerate(((0, 13), (13, 40))):
        transpose_batch(samples, half, BATCH)
        add_outer_transposed(samples, FACTOR, delta, W.ravel(), n_out, changed, first, last)
    assert_near(changed, wanted, dtype)
    assert_untouched(around)
