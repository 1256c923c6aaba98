"""Matrix products at every edge: any shape, nothing written outside, long sums as accurate as BLAS, zeros skipped."""

import numpy as np
import pytest

from fastmlp.kernels.llvm import gather, tiles
from fastmlp.kernels.matrix_product import LEAST_COPIED, LEAST_PACKED, matrix_product

SIZES = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 65]
NOTHING = np.empty(0, np.float32)
"""What the sums start from: zero."""
ROUNDING = {"float32": 1e-6, "float64": 1e-14}
"""The error allowed for each dtype, relative to the largest result."""


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
            matrix_product((a, *strides), B.ravel(), added, c, (M, K, N), 0, N)
            wanted = A.astype(np.float64) @ B + (added if added.size else 0)
            scale = max(1, np.abs(wanted).max())
            np.testing.assert_allclose(c.reshape(M, N), wanted, rtol=0, atol=2 * ROUNDING[dtype] * scale)
        assert (around[:50] == 7).all()
        assert (around[-50:] == 7).all()


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("transposed", [False, True])
def test_matrix_product_with_a_copied_block_that_is_just_full(dtype, transposed):
    rng = np.random.default_rng(3)
    rows = tiles.BLOCK_BYTES // (np.dtype(dtype).itemsize * tiles.DEPTH)
    for M in (*range(rows - 7, rows + 2), 2 * rows + 1):
        for K in (tiles.DEPTH, 2 * tiles.DEPTH - 1):
            A, B = rng.standard_normal((M, K)).astype(dtype), rng.standard_normal((K, 199)).astype(dtype)
            c, start = np.empty((M, 199), dtype), np.empty(0, dtype)
            a, strides = (A.T, (1, M)) if transposed else (A, (K, 1))
            matrix_product((a.ravel(), *strides), B.ravel(), start, c.reshape(-1), (M, K, 199), 0, 199)
            np.testing.assert_allclose(c, A.astype(np.float64) @ B, rtol=0, atol=200 * ROUNDING[dtype])


def test_a_row_of_a_product_does_not_depend_on_the_other_rows():
    rng = np.random.default_rng(1)
    A, B = rng.standard_normal((29, 70)).astype(np.float32), rng.standard_normal((70, 45)).astype(np.float32)
    together = np.empty((29, 45), np.float32)
    matrix_product((A.ravel(), 70, 1), B.ravel(), NOTHING, together.reshape(-1), (29, 70, 45), 0, 45)
    for row in range(29):
        alone = np.empty(45, np.float32)
        matrix_product((A[row].copy(), 70, 1), B.ravel(), NOTHING, alone, (1, 70, 45), 0, 45)
        np.testing.assert_array_equal(together[row], alone)


def test_columns_outside_the_range_are_not_written():
    rng = np.random.default_rng(2)
    A, B = rng.standard_normal((9, 20)).astype(np.float32), rng.standard_normal((20, 70)).astype(np.float32)
    whole, some = np.empty((9, 70), np.float32), np.full((9, 70), 7, np.float32)
    matrix_product((A.ravel(), 20, 1), B.ravel(), NOTHING, whole.reshape(-1), (9, 20, 70), 0, 70)
    for first, last in [(3, 40), (40, 41), (41, 41)]:
        matrix_product((A.ravel(), 20, 1), B.ravel(), NOTHING, some.reshape(-1), (9, 20, 70), first, last)
    np.testing.assert_array_equal(some[:, 3:41], whole[:, 3:41])
    assert (some[:, :3] == 7).all()
    assert (some[:, 41:] == 7).all()


@pytest.mark.parametrize("K", [512, 784, 1500, 4096])
def test_long_sums_are_as_accurate_as_those_of_blas(K):
    ours, blas = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        A, B = rng.random((40, K), np.float32), rng.standard_normal((K, 45)).astype(np.float32)
        wanted, c = A.astype(np.float64) @ B, np.empty((40, 45), np.float32)
        matrix_product((A.ravel(), K, 1), B.ravel(), NOTHING, c.reshape(-1), (40, K, 45), 0, 45)
        ours.append(np.sqrt(np.mean((c - wanted) ** 2)))
        blas.append(np.sqrt(np.mean((np.dot(A, B) - wanted) ** 2)))
    assert np.mean(ours) <= np.mean(blas)


def mostly_zeros(rng, shape, share, dtype):
    """Normal numbers, of which only a share is not zero; the first row is zeros alone."""
    A = (rng.standard_normal(shape) * (rng.random(shape) < share)).astype(dtype)
    A[:1] = 0
    return A


def product(A, B, start, transposed, strip):
    """A @ B + start by matrix_product, `strip` columns at a time."""
    (M, K), N = A.shape, B.shape[1]
    a, strides = (A.T.copy(), (1, M)) if transposed else (A, (K, 1))
    c = np.full(M * N + 20, 7, A.dtype)
    for first in range(0, N, strip):
        last = min(N, first + strip)
        matrix_product((a.ravel(), *strides), B.ravel(), start, c[10:-10], (M, K, N), first, last)
    assert (c[:10] == 7).all()
    assert (c[-10:] == 7).all()
    return c[10:-10].reshape(M, N)


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("transposed", [False, True])
def test_zeros_are_skipped_without_a_change_of_any_bit(dtype, transposed):
    rng = np.random.default_rng(4)
    panel, block = gather.PANEL_BYTES // np.dtype(dtype).itemsize, tiles.BLOCK_BYTES // (192 * np.dtype(dtype).itemsize)
    for share in (0, 0.03, 0.3, 0.5, 0.8):
        for M in (LEAST_PACKED, block + 1):
            for K in (1, gather.PANEL_ROWS, gather.PANEL_ROWS + 1, tiles.DEPTH, 2 * tiles.DEPTH + 3):
                for N in (LEAST_COPIED, 2 * panel, 2 * panel + 1, 3 * panel - 1):
                    A, B = mostly_zeros(rng, (M, K), share, dtype), rng.standard_normal((K, N)).astype(dtype)
                    start = rng.standard_normal(N).astype(dtype)[: N * (K % 2)]
                    skipped = product(A, B, start, transposed, N)
                    dense = product(A, B, start, transposed, LEAST_COPIED - 1)  # too narrow to skip anything
                    assert skipped.tobytes() == dense.tobytes(), (share, M, K, N)


def test_zeros_are_skipped_where_they_are_many():
    rng, B = np.random.default_rng(5), np.full((200, 256), np.inf, np.float32)
    for share, skips in ((0.3, True), (0.8, False)):
        c = product(mostly_zeros(rng, (40, 200), share, np.float32), B, NOTHING, False, 256)
        assert (not np.isnan(c[0]).any()) == skips  # 0 * inf is NaN


@pytest.mark.parametrize("dtype", ROUNDING)
def test_nan_is_not_taken_for_zero(dtype):
    A, B = np.zeros((40, 20), dtype), np.ones((20, 256), dtype)
    A[3, 7] = np.nan
    c = product(A, B, np.empty(0, dtype), False, 256)
    assert np.isnan(c[3]).all()
    assert np.isnan(c).sum() == 256
