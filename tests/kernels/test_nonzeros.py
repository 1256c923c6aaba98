"""Bytes whose zeros are skipped: the same sums whatever the zeros, and the same bits in any company."""

import numpy as np
import pytest

from fastmlp import Network, kernels
from fastmlp.kernels import nonzeros


def images(n, n_in, share, seed=0):
    """Bytes in runs, so that whole quads are zero."""
    rng = np.random.default_rng(seed)
    lit = np.repeat(rng.random((n, -(-n_in // 7))) < share, 7, axis=1)[:, :n_in]
    return rng.integers(0, 256, (n, n_in), np.uint8) * lit.astype(np.uint8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_out", [1, 7, 8, 15, 16, 17, 33, 70])
def test_the_sums_of_the_dense_product(n_out, dtype):
    rng = np.random.default_rng(n_out)
    for n_in, share in ((32, 0.3), (36, 0), (100, 0.1), (784, 0.3), (784, 0.8), (784, 1)):
        W, b = rng.standard_normal((n_in, n_out)).astype(dtype), rng.standard_normal(n_out).astype(dtype)
        lists = np.full(3 * (n_in // 4 + 8), 65535, np.uint16)
        for first, last, n in ((0, 1, 1), (0, 2, 2), (1, 6, 7), (3, 7, 7)):
            X, batch, Z = images(n + 5, n_in, share, n), rng.permutation(n + 5)[:n], np.full((n, n_out), 7, dtype)
            wanted = X[batch] / 255 @ W.astype(np.float64) + b
            assert kernels.can_skip_zeros(X, W)
            for samples, numbers in ((X, batch), (X[batch], None)):
                kernels.forward_bytes(samples, numbers, first, last, W, b, lists, Z)
                atol = {"float32": 2e-6, "float64": 1e-14}[dtype] * np.abs(wanted).max()
                np.testing.assert_allclose(Z[first:last], wanted[first:last], rtol=0, atol=atol)
                assert (Z[:first] == 7).all()
                assert (Z[last:] == 7).all()


def test_when_zeros_are_skipped():
    for share, sparse in ((0, True), (0.1, True), (0.8, False), (1, False)):
        X = images(50, 784, share)
        assert all(kernels.mostly_zeros(X, row) == sparse for row in range(50))
    X, W = images(5, 40, 0.2), np.ones((40, 3), np.float32)
    assert kernels.can_skip_zeros(X, W)
    assert not kernels.can_skip_zeros(X.astype(np.float32), W)
    assert not kernels.can_skip_zeros(images(5, 41, 0.2), np.ones((41, 3), np.float32))
    assert not kernels.can_skip_zeros(images(5, 28, 0.2), np.ones((28, 3), np.float32))
    for bad in (np.nan, np.inf):
        W[39, 2] = bad
        assert not kernels.can_skip_zeros(X, W)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sample_has_the_same_outputs_in_any_company(dtype):
    """One at a time, in twos, and where dense samples stand between those that are mostly zeros."""
    network = Network((784, 17, 9, 5), "tanh", "cross_entropy", dtype=dtype, seed=2)
    X = np.concatenate([images(60, 784, 0.1), images(70, 784, 1), images(31, 784, 0.1)])
    outputs = network.predict_proba(X)
    mixed = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(outputs[mixed], network.predict_proba(X[mixed]))
    np.testing.assert_array_equal(outputs, np.concatenate([network.predict_proba(x[None]) for x in X]))
    np.testing.assert_array_equal(network.predict(X), outputs.argmax(axis=1))
    as_floats = X.astype(dtype) * (np.dtype(dtype).type(1) / np.dtype(dtype).type(255))
    np.testing.assert_allclose(
        outputs, network.predict_proba(as_floats), rtol={"float32": 1e-5, "float64": 1e-13}[dtype]
    )


def test_a_weight_that_is_nan_shows_at_a_pixel_that_is_zero():
    network = Network((784, 16, 5))
    network.weights[0][0, 3] = np.nan
    assert np.isnan(network.predict_proba(images(3, 784, 0))).all()


def test_all_finite():
    for dtype in (np.float32, np.float64):
        for bad in (np.nan, np.inf, -np.inf):
            a = np.full(37, np.finfo(dtype).max)
            assert kernels.all_finite(a.astype(dtype))
            a[36] = bad
            assert not kernels.all_finite(a.astype(dtype))


def test_the_table_of_bits():
    for mask in (0, 1, 0b10010000, 255):
        bits = [bit for bit in range(8) if mask & 1 << bit]
        assert nonzeros.BITS_SET[8 * mask : 8 * mask + len(bits)].tolist() == bits
