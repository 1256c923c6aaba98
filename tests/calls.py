"""How the tests call the kernels: with everything that should not matter full of NaN."""

import numpy as np

from fastmlp import kernels
from fastmlp.shares import share_out
from fastmlp.team import Team


def assert_close(actual, wanted, tolerance):
    """The error, relative to the largest number wanted."""
    assert np.shape(actual) == np.shape(wanted)
    assert np.max(np.abs(np.asarray(actual, np.float64) - wanted)) <= tolerance * np.max(np.abs(wanted))


def samples(n, n_in, n_out, kind="float64", seed=0, loss="cross_entropy", dtype="float64"):
    """Bytes or floats, and labels, or what a loss takes for them as `dtype`."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_out, n)
    if loss == "binary_cross_entropy":
        y = (rng.random((n, n_out)) < 0.4).astype(dtype)
    elif loss == "regression":
        y = rng.standard_normal((n, n_out)).astype(dtype)
    if kind == "uint8":
        return rng.integers(0, 256, (n, n_in), np.uint8) * (rng.random((n, n_in)) < 0.3).astype(np.uint8), y
    return rng.standard_normal((n, n_in)).astype(kind), y


def gradient_of(network, X, y, scratch_fill=np.nan):
    scratch = np.full(kernels.scratch_size(network.layout, len(X)), scratch_fill, network.dtype)
    gradient = np.full(network.n_params, scratch_fill, network.dtype)
    batch = np.arange(len(X))
    total, n_correct = kernels.loss_and_gradient(
        X, y, batch, network.layout, network.params, *network.codes, scratch, gradient
    )
    return total / len(X), n_correct, gradient


def train_anyhow(
    network, X, y, order, batch_size, optimizer, settings, rates, packed=False, threads=1, sample_weights=(), step=0
):
    """Train with settings from make_settings; return each batch's loss, and the optimizer's state."""
    dtype, code = network.dtype, kernels.OPTIMIZERS[optimizer]
    scratch = np.full(kernels.scratch_size(network.layout, batch_size), np.nan, dtype)
    gradient, losses = np.full(network.n_params, np.nan, dtype), np.full(-(-len(order) // batch_size), np.nan)
    state = np.zeros((kernels.STATES[code] + 1, network.n_params), dtype)  # the last row: that of the average
    rules = (*network.codes, code, settings, np.asarray(rates, np.float64), step, batch_size)
    sample_weights = np.array(sample_weights, dtype)
    common = (y, sample_weights, order, network.layout, network.params, *rules, scratch, gradient, state, losses)
    kernel, inputs = kernels.train, X
    if packed:
        counts = np.count_nonzero(X, axis=1)
        starts = np.concatenate(([0], np.cumsum(counts)))
        columns, values = np.empty(starts[-1] + 1, np.uint16), np.empty(starts[-1] + 1, X.dtype)
        kernels.pack_rows(X, starts, columns, values)
        shared = share_out(starts, columns, values, network.weights[0], batch_size, threads)
        kernel, inputs = kernels.train_packed, shared
    kernel(
        inputs, *common[:2], order[:0], *common[3:], 0, 1, kernels.new_team()
    )  # compiled before the team meets in it
    with Team(threads) as team:
        team.call(lambda thread: kernel(inputs, *common, thread, threads, team.memory), threads)
    return losses, state
