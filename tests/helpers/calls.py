"""Calls of the kernels with everything that should not matter full of NaN."""

import functools

import numpy as np

from fastmlp import kernels
from fastmlp.inputs.packed import FirstLayer, Packed, for_threads
from fastmlp.system.threads import Team


def assert_close(actual, wanted, tolerance):
    """The error, relative to the largest number wanted, is within the tolerance."""
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
    """The mean loss, the number of correct samples, and the gradient."""
    scratch = np.full(kernels.scratch_size(network.layout, len(X)), scratch_fill, network.dtype)
    gradient = np.full(network.n_params, scratch_fill, network.dtype)
    total, n_correct = kernels.loss_and_gradient(X, y, np.arange(len(X)), network.model, scratch, gradient)
    return total / len(X), n_correct, gradient


def packed(X):
    """Samples as the kernels that skip zeros take them, whatever it costs."""
    counts = np.count_nonzero(X, axis=1)
    starts = np.concatenate(([0], np.cumsum(counts)))
    columns, values = np.empty(starts[-1] + 1, np.uint16), np.empty(starts[-1] + 1, X.dtype)
    kernels.pack_rows(X, starts, columns, values)
    return Packed(starts, columns, values)


def train_anyhow(
    network, X, y, order, batch_size, rates, *, rule=(), methods=None, skip_zeros=False, threads=1, step=0, bare=False
):
    """Train with an optimizer, `rule` (name, decay_1, decay_2, epsilon); return batch losses and the state.

    With methods, "sgd" takes a state that it needs for averaging alone, or none if `bare`: fewer forms are compiled.
    """
    dtype, (name, *constants) = network.dtype, rule or ("sgd",)
    code = kernels.OPTIMIZERS[name]
    scratch = np.full(kernels.scratch_size(network.layout, batch_size), np.nan, dtype)
    gradient, losses = np.full(network.n_params, np.nan, dtype), np.full(-(-len(order) // batch_size), np.nan)
    state = np.zeros((kernels.STATES[code] + 1, network.n_params), dtype)  # the last row: the average
    stateful = name != "sgd" or (methods is not None and not bare)
    opt_state = state if stateful else None
    constants = [float(number) for number in [*constants, *(0.9, 0.999, 1e-8)[len(constants) :]]]
    rates = np.asarray(rates, np.float64)
    taken = kernels.Rule(code, rates, batch_size, *constants, opt_state, step, methods)
    work = kernels.Work(scratch, gradient, losses, np.zeros((threads, 1), np.int64))
    inputs = X
    if skip_zeros:
        sizes = network.sizes
        inputs = for_threads(packed(X), FirstLayer(sizes[0], sizes[1], dtype, batch_size), threads)
    # Compile before threads meet in the kernel.
    kernels.train(inputs, y, order[:0], network.model, taken, work, kernels.alone())
    with Team(threads) as team:
        team.call(functools.partial(kernels.train, inputs, y, order, network.model, taken, work), threads)
    return losses, state
