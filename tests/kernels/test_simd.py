"""The vector primitives at every edge: any width, any number of rows, nothing touched outside, accurate long sums."""

import numpy as np
import pytest

from fastmlp import kernels
from fastmlp.kernels import tiles
from fastmlp.kernels.exponential import exp, exp32, exponentials

SIZES = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 65]
NOTHING = np.empty(0, np.float32)
ROUNDING = {"float32": 1e-6, "float64": 1e-14}


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("transposed", [False, True])
def test_matrix_product_at_every_edge(dtype, transposed):
    rng = np.random.default_rng(0)
    for M, K, N in (
        [(m, 5, n) for m in SIZES for n in SIZES] + [(3, k, 17) for k in (0, 1, 192, 193, 600)] + [(200, 390, 70)]
    ):
        A, B, start = rng.standard_normal((M, K)), rng.standard_normal((K, N)), rng.standard_normal(N).astype(dtype)
        A, B = A.astype(dtype), B.astype(dtype)
        around = np.full(M * N + 100, 7, dtype)
        c = around[50:-50]
        strides = (1, M) if transposed else (K, 1)
        a = (A.T if transposed else A).ravel()
        for added in (start, start[:0]):
            c[:] = np.nan
            kernels.matrix_product(a, *strides, B.ravel(), added, c, M, K, N, 0, N)
            wanted = A.astype(np.float64) @ B + (added if added.size else 0)
            scale = max(1, np.abs(wanted).max())
            np.testing.assert_allclose(c.reshape(M, N), wanted, rtol=0, atol=2 * ROUNDING[dtype] * scale)
        assert (around[:50] == 7).all()
        assert (around[-50:] == 7).all()


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("transposed", [False, True])
def test_matrix_product_where_the_copied_part_is_as_large_as_its_block(dtype, transposed):
    rng = np.random.default_rng(3)
    rows = tiles.BLOCK_BYTES // (np.dtype(dtype).itemsize * tiles.DEPTH)
    for M in (*range(rows - 7, rows + 2), 2 * rows + 1):
        for K in (tiles.DEPTH, 2 * tiles.DEPTH - 1):
            A, B = rng.standard_normal((M, K)).astype(dtype), rng.standard_normal((K, 199)).astype(dtype)
            c, start = np.empty((M, 199), dtype), np.empty(0, dtype)
            a, strides = (A.T, (1, M)) if transposed else (A, (K, 1))
            kernels.matrix_product(a.ravel(), *strides, B.ravel(), start, c.reshape(-1), M, K, 199, 0, 199)
            np.testing.assert_allclose(c, A.astype(np.float64) @ B, rtol=0, atol=200 * ROUNDING[dtype])


def test_a_rows_result_does_not_depend_on_the_other_rows():
    rng = np.random.default_rng(1)
    A, B = rng.standard_normal((29, 70)).astype(np.float32), rng.standard_normal((70, 45)).astype(np.float32)
    together = np.empty((29, 45), np.float32)
    kernels.matrix_product(A.ravel(), 70, 1, B.ravel(), NOTHING, together.reshape(-1), 29, 70, 45, 0, 45)
    for row in range(29):
        alone = np.empty(45, np.float32)
        kernels.matrix_product(A[row].copy(), 70, 1, B.ravel(), NOTHING, alone, 1, 70, 45, 0, 45)
        np.testing.assert_array_equal(together[row], alone)


def test_columns_of_a_product_that_are_not_asked_for_are_left_alone():
    rng = np.random.default_rng(2)
    A, B = rng.standard_normal((9, 20)).astype(np.float32), rng.standard_normal((20, 70)).astype(np.float32)
    whole, parts = np.empty((9, 70), np.float32), np.full((9, 70), 7, np.float32)
    kernels.matrix_product(A.ravel(), 20, 1, B.ravel(), NOTHING, whole.reshape(-1), 9, 20, 70, 0, 70)
    for first, last in [(3, 40), (40, 41), (41, 41)]:
        kernels.matrix_product(A.ravel(), 20, 1, B.ravel(), NOTHING, parts.reshape(-1), 9, 20, 70, first, last)
    np.testing.assert_array_equal(parts[:, 3:41], whole[:, 3:41])
    assert (parts[:, :3] == 7).all()
    assert (parts[:, 41:] == 7).all()


@pytest.mark.parametrize("K", [512, 784, 1500, 4096])
def test_long_sums_are_as_accurate_as_those_of_blas(K):
    ours, blas = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        A, B = rng.random((40, K), np.float32), rng.standard_normal((K, 45)).astype(np.float32)
        wanted, c = A.astype(np.float64) @ B, np.empty((40, 45), np.float32)
        kernels.matrix_product(A.ravel(), K, 1, B.ravel(), NOTHING, c.reshape(-1), 40, K, 45, 0, 45)
        ours.append(np.sqrt(np.mean((c - wanted) ** 2)))
        blas.append(np.sqrt(np.mean((np.dot(A, B) - wanted) ** 2)))
    assert np.mean(ours) <= np.mean(blas)


def test_sums_over_a_large_batch_are_as_accurate():
    delta, db = np.random.default_rng(0).random((20_000, 17), np.float32), np.empty(17, np.float32)
    kernels.sum_rows(delta, db, 0, db.size)
    np.testing.assert_allclose(db, delta.sum(axis=0, dtype=np.float64), rtol=1e-6)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("kind", ["uint8", "floats"])
@pytest.mark.parametrize("n_out", [1, 3, 8, 10, 16, 17, 33, 63, 64, 65, 150])
def test_packed_samples(n_out, kind, dtype):
    rng = np.random.default_rng(n_out)
    X = rng.integers(1, 256, (9, 40)) * (rng.random((9, 40)) < 0.3)
    X[2], X[3, :7], X[4] = 0, 0, 255  # nothing, zeros first, no zeros
    X = X.astype(np.uint8 if kind == "uint8" else dtype)
    counts = np.full(9, -1)
    kernels.count_nonzeros(X, counts)
    np.testing.assert_array_equal(counts, np.count_nonzero(X, axis=1))
    starts = np.concatenate(([0], np.cumsum(counts)))
    columns, values = np.full(starts[-1] + 1, 9, np.uint16), np.full(starts[-1] + 1, 9, X.dtype)
    kernels.pack_rows(X, starts, columns, values)
    unpacked = np.zeros_like(X)
    unpacked[np.repeat(np.arange(9), counts), columns[:-1]] = values[:-1]
    np.testing.assert_array_equal(unpacked, X)

    W, b, batch = (
        rng.standard_normal((40, n_out)).astype(dtype),
        rng.standard_normal(n_out).astype(dtype),
        [4, 2, 8, 2, 3],
    )
    delta, Z = rng.standard_normal((5, n_out)).astype(dtype), np.full((5, n_out), np.nan, dtype)
    as_float = (X / 255 if kind == "uint8" else X.astype(np.float64))[batch]
    ahead = np.array([0, 8, 1])
    kernels.forward_packed(starts, columns, values, np.array(batch), ahead, W, b, Z)
    wanted = as_float @ W.astype(np.float64) + b
    np.testing.assert_allclose(Z, wanted, rtol=0, atol=ROUNDING[dtype] * np.abs(wanted).max())
    wanted = W - 0.7 * as_float.T @ delta.astype(np.float64)
    around = np.full(W.size + 100, 7, dtype)
    changed = around[50:-50].reshape(W.shape)
    changed[:] = W
    bounds, splits = np.array([0, 13, 40]), np.full((9, 3), -1)
    kernels.split_rows(starts, columns, bounds, splits)
    for part in (1, 0):
        kernels.add_outer_packed(splits, part, columns, values, np.array(batch), -0.7, delta, changed)
        rows = slice(*bounds[part : part + 2])
        np.testing.assert_allclose(changed[rows], wanted[rows], rtol=0, atol=ROUNDING[dtype] * np.abs(wanted).max())
        np.testing.assert_array_equal(changed[:13], W[:13]) if part else None
    changed[:] = np.nan
    transpose = np.arange(0, 40 * 5, 5), np.full(40, -1), np.full(200, 9, np.uint16), np.full(200, 9, X.dtype)
    for part, (first, last) in enumerate(((0, 13), (13, 40))):
        kernels.transpose_batch(splits, part, columns, values, np.array(batch), first, last, *transpose)
        kernels.add_outer_transposed(*transpose, -0.7, delta, W.ravel(), n_out, changed, first, last)
    np.testing.assert_allclose(changed, wanted, rtol=0, atol=ROUNDING[dtype] * np.abs(wanted).max())
    assert (around[:50] == 7).all()
    assert (around[-50:] == 7).all()


def test_transpose():
    for shape in ((1, 1), (3, 20), (8, 8), (17, 9)):
        W, transposed = np.random.default_rng(0).standard_normal(shape), np.full(shape[0] * shape[1], np.nan)
        kernels.transpose(W, transposed, 0, shape[0])
        np.testing.assert_array_equal(transposed.reshape(shape[::-1]), W.T)


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
    for x in (np.float32(1.5), np.float64(1.5)):  # from Python it is the same function of either
        one = np.array([x])
        exponentials(one)
        assert exp(x) == one[0]
