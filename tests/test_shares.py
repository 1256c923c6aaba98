"""How packed samples are shared out: for one thread, what the kernel would find is known beforehand."""

import numpy as np
import pytest

from fastmlp import Network, Trainer, kernels
from fastmlp.packing import pack_if_sparse
from fastmlp.shares import COUNTED, share_out


@pytest.fixture
def packed():
    rng = np.random.default_rng(0)
    X = rng.integers(1, 256, (600, 40), np.uint8) * (rng.random((600, 40)) < 0.2)
    return X, pack_if_sparse(X, 16)


def test_one_thread_has_whole_rows(packed):
    _, samples = packed
    shared = share_out(*samples, np.zeros((40, 16), np.float32), 8, 1)
    splits = np.empty((600, 2), np.int64)
    kernels.split_rows(samples.starts, samples.columns, shared.bounds, splits)
    np.testing.assert_array_equal(shared.splits, splits)
    assert shared.splits.flags.c_contiguous


def test_room_for_full_columns_gives_the_same_weights(packed, monkeypatch):
    X, _ = packed
    y = np.arange(600) % 3

    def weights(most):
        monkeypatch.setattr("fastmlp.shares.COUNTED", most)
        network = Network((40, 128, 3), seed=1)
        Trainer(network, batch_size=200, threads=1).fit(X, y, 3)  # large enough to be transposed
        return network.params

    np.testing.assert_array_equal(weights(COUNTED), weights(100))


def test_samples_packed_once_give_the_same_weights(packed):
    X, samples = packed
    y = np.arange(600) % 3
    networks = [Network((40, 16, 3), seed=1) for _ in range(2)]
    for network, inputs in zip(networks, (X, samples), strict=True):
        Trainer(network, batch_size=8, threads=1).fit(inputs, y, 2)
    np.testing.assert_array_equal(networks[0].params, networks[1].params)
