"""When samples are packed, what that gives, and how packed samples are shared out between threads."""

import numpy as np
import pytest

from fastmlp import Network, Trainer, kernels
from fastmlp.inputs import packed as packing
from fastmlp.inputs.packed import COUNTED, FirstLayer, for_threads, pack_if_sparse


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


@pytest.fixture
def rows_and_packed():
    rng = np.random.default_rng(0)
    X = rng.integers(1, 256, (600, 40), np.uint8) * (rng.random((600, 40)) < 0.2)
    return X, pack_if_sparse(X, 16)


def test_one_thread_has_whole_rows(rows_and_packed):
    _, samples = rows_and_packed
    shared = for_threads(samples, FirstLayer(40, 16, np.dtype(np.float32), 8), 1)
    splits = np.empty((600, 2), np.int64)
    kernels.split_rows(samples.starts, samples.columns, shared.bounds, splits)
    np.testing.assert_array_equal(shared.splits, splits)
    assert shared.splits.flags.c_contiguous


def test_room_for_full_columns_gives_the_same_weights(rows_and_packed, monkeypatch):
    X, _ = rows_and_packed
    y = np.arange(600) % 3

    def weights(most):
        monkeypatch.setattr("fastmlp.inputs.packed.COUNTED", most)
        network = Network((40, 128, 3), seed=1)
        Trainer(network, batch_size=200, threads=1).fit(X, y, 3)  # large enough to be transposed
        return network.params

    np.testing.assert_array_equal(weights(COUNTED), weights(100))


def test_samples_packed_once_give_the_same_weights(rows_and_packed):
    X, samples = rows_and_packed
    y = np.arange(600) % 3
    networks = [Network((40, 16, 3), seed=1) for _ in range(2)]
    for network, inputs in zip(networks, (X, samples), strict=True):
        Trainer(network, batch_size=8, threads=1).fit(inputs, y, 2)
    np.testing.assert_array_equal(networks[0].params, networks[1].params)
