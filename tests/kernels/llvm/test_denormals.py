"""Denormal numbers are 0 while a training runs, and what they were before and after it."""

import numpy as np
import pytest

from fastmlp import Network, Trainer
from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm.denormals import flush_denormals, restore_mode

DENORMAL = {np.float32: 1e-40, np.float64: 1e-310}


@kernel
def halves(a, flushed):
    """Halve some numbers, in one mode or the other."""
    if flushed:
        mode = flush_denormals()
    for i in range(a.size):
        a[i] *= a.dtype.type(0.5)
    if flushed:
        restore_mode(mode)


@pytest.mark.parametrize("dtype", DENORMAL)
def test_the_mode_is_set_and_restored(dtype):
    for flushed in (True, False, True):
        a = np.array([DENORMAL[dtype], 1], dtype)
        halves(a, flushed)
        assert (a[0] == 0) == flushed
        assert a[1] == 0.5
        assert dtype(DENORMAL[dtype]) * dtype(0.5) > 0  # the mode of this thread is as it was


@pytest.mark.parametrize("threads", [1, 2])
def test_averages_of_a_gradient_that_is_zero_end_as_zeros(threads):
    X, y = np.zeros((64, 10), np.float32), np.arange(64) % 2
    X[:, :5] = np.random.default_rng(0).random((64, 5))
    trainer = Trainer(Network((10, 8, 2), "relu", "cross_entropy", seed=0), "adam", batch_size=16, threads=threads)
    trainer.fit(X, y, epochs=1)
    X[:, 4] = 0  # from now on its gradient is 0
    trainer.fit(X, y, epochs=400)
    opt_state = trainer.state_dict()["opt_state"]
    tiny = np.finfo(np.float32).tiny
    assert ((opt_state == 0) | (np.abs(opt_state) >= tiny)).all()
    assert (opt_state[1, 4 * 8 : 5 * 8] > 0).any()  # the average of its squares shrinks more slowly
    assert np.float32(1e-40) * np.float32(0.5) > 0
