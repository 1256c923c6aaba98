"""Sums over a batch, and the transpose."""

import numpy as np

from fastmlp import kernels


def test_sums_over_a_large_batch_are_as_accurate():
    delta, db = np.random.default_rng(0).random((20_000, 17), np.float32), np.empty(17, np.float32)
    kernels.sum_rows(delta, db, 0, db.size)
    np.testing.assert_allclose(db, delta.sum(axis=0, dtype=np.float64), rtol=1e-6)


def test_transpose():
    for shape in ((1, 1), (3, 20), (8, 8), (17, 9)):
        W, transposed = np.random.default_rng(0).standard_normal(shape), np.full(shape[0] * shape[1], np.nan)
        kernels.transpose(W, transposed, 0, shape[0])
        np.testing.assert_array_equal(transposed.reshape(shape[::-1]), W.T)
