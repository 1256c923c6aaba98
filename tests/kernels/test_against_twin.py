"""The kernels against the NumPy twin and against central differences."""

import itertools

import numpy as np
import pytest
from reference import ACTIVATE, DERIVATIVE, Twin, adam, momentum, one_hot, sgd, sigmoid, softmax

from fastmlp import Network, kernels
from fastmlp.shares import share_out
from fastmlp.team import Team

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
ODD_SIZES = [(1, 1), (784, 10), (17, 15, 10), (33, 17, 15, 1, 3), (5, 64, 33, 2)]


def assert_close(actual, wanted, tolerance):
    """The error, relative to the largest number wanted."""
    assert np.shape(actual) == np.shape(wanted)
    assert np.max(np.abs(np.asarray(actual, np.float64) - wanted)) <= tolerance * np.max(np.abs(wanted))


def samples(n, n_in, n_out, kind="float64", seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_out, n)
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


SETTINGS = {"sgd": [0, 0, 0], "momentum": [0.8, 0, 0], "adam": [0.8, 0.95, 1e-3]}
RATES = {"sgd": 0.1, "momentum": 0.02, "adam": 0.02}
TWINS = {  # at a rate of 1
    "sgd": lambda: sgd(1),
    "momentum": lambda: momentum(1, *SETTINGS["momentum"][:1]),
    "adam": lambda: adam(1, *SETTINGS["adam"]),
}


def train_anyhow(network, X, y, order, batch_size, optimizer, packed, threads=1, rates=None):
    """Train with everything that should not matter full of NaN; return each batch's loss."""
    dtype, code = network.dtype, kernels.OPTIMIZERS[optimizer]
    scratch = np.full(kernels.scratch_size(network.layout, batch_size), np.nan, dtype)
    gradient, losses = np.full(network.n_params, np.nan, dtype), np.full(-(-len(order) // batch_size), np.nan)
    state = np.zeros((kernels.STATES[code], network.n_params), dtype)
    rates = np.full(len(losses), RATES[optimizer]) if rates is None else rates
    rules = (*network.codes, code, np.array(SETTINGS[optimizer], np.float64), rates, 0, batch_size)
    common = (y, order, network.layout, network.params, *rules, scratch, gradient, state, losses)
    kernel, inputs = kernels.train, X
    if packed:
        counts = np.count_nonzero(X, axis=1)
        starts = np.concatenate(([0], np.cumsum(counts)))
        columns, values = np.empty(starts[-1] + 1, np.uint16), np.empty(starts[-1] + 1, X.dtype)
        kernels.pack_rows(X, starts, columns, values)
        kernel, inputs = (
            kernels.train_packed,
            share_out(starts, columns, values, network.weights[0], batch_size, threads),
        )
    kernel(inputs, y, order[:0], *common[2:], 0, 1, kernels.new_team())  # compiled before the team meets in it
    with Team(threads) as team:
        team.call(lambda thread: kernel(inputs, *common, thread, threads, team.memory), threads)
    return losses


@pytest.mark.parametrize("loss", kernels.LOSSES)
@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
@pytest.mark.parametrize(
    "sizes", [(6, 4), (6, 5, 4), (6, 7, 5, 4), (6, 7, 3, 5, 4)], ids=lambda s: f"depth{len(s) - 1}"
)
def test_gradient_is_that_of_central_differences(sizes, activation, loss):
    network = Network(sizes, activation, loss, weight_init="normal", seed=1, dtype="float64")
    X, y = samples(8, sizes[0], sizes[-1], seed=2)
    _, _, gradient = gradient_of(network, X, y)
    numerical, h = np.empty_like(gradient), 1e-5
    for i in range(network.n_params):
        value = network.params[i]
        network.params[i] = value + h
        above = network.evaluate(X, y).loss
        network.params[i] = value - h
        below = network.evaluate(X, y).loss
        network.params[i] = value
        numerical[i] = (above - below) / (2 * h)
    assert np.max(np.abs(gradient)) > 1e-3
    assert_close(gradient, numerical, 1e-6)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("loss", kernels.LOSSES)
@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
@pytest.mark.parametrize("sizes", ODD_SIZES, ids=str)
def test_loss_gradient_and_outputs_are_the_twins(sizes, activation, loss, dtype):
    network = Network(sizes, activation, loss, seed=3, dtype=dtype)
    twin = Twin.of(network)
    for n, kind in itertools.product((1, 2, 13, 70), ("uint8", dtype)):  # 70: more than prediction takes at a time
        X, y = samples(n, sizes[0], sizes[-1], kind, seed=n)
        mean_loss, n_correct, gradient = gradient_of(network, X, y)
        outputs = twin.forward(X)[-1]
        assert_close(mean_loss, twin.costs(X, y).mean(), TOLERANCE[dtype])
        assert_close(gradient, twin.gradient(X, y), TOLERANCE[dtype])
        assert_close(network.predict_proba(X), outputs, TOLERANCE[dtype])
        assert_close(network.evaluate(X, y).loss, twin.costs(X, y).mean(), TOLERANCE[dtype])
        assert n_correct == np.sum(network.predict(X) == y) == round(network.accuracy(X, y) * n)
        decided = np.sort(outputs)[:, -1] - (np.sort(outputs)[:, -2] if sizes[-1] > 1 else 0) > 1e-6
        np.testing.assert_array_equal(network.predict(X)[decided], outputs.argmax(axis=1)[decided])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["uint8", "floats"])
@pytest.mark.parametrize("batch_size", [1, 7, 10, 30])  # 7 leaves a rest of 2
@pytest.mark.parametrize("hidden", [17, 70, 150])  # on both sides of what gather and scatter take at a time
@pytest.mark.parametrize("optimizer", TWINS)
def test_training_takes_the_twins_steps(batch_size, kind, packed, dtype, hidden, optimizer):
    network = Network((12, hidden, 9, 4), "tanh", "cross_entropy", seed=4, dtype=dtype)
    twin, twins_optimizer = Twin.of(network), TWINS[optimizer]()
    X, y = samples(30, 12, 4, "uint8" if kind == "uint8" else dtype)
    order = np.random.default_rng(5).permutation(30)
    rates = RATES[optimizer] * np.linspace(1, 0.5, -(-30 // batch_size))
    losses = train_anyhow(network, X, y, order, batch_size, optimizer, packed, rates=rates)
    for number, start in enumerate(range(0, 30, batch_size)):
        batch = order[start : start + batch_size]
        loss = twin.step(X[batch], y[batch], lambda gradient, rate=rates[number]: rate * twins_optimizer(gradient))
        assert_close(losses[number], loss * len(batch), 20 * TOLERANCE[dtype])
    assert np.isfinite(network.params).all()
    for layer in range(3):
        assert_close(network.weights[layer], twin.weights[layer], 20 * TOLERANCE[dtype])
        assert_close(network.biases[layer], twin.biases[layer], 20 * TOLERANCE[dtype])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("optimizer", TWINS)
@pytest.mark.parametrize("sizes", [(50, 16, 16, 10), (90, 150, 33, 3), (50, 70), (7, 3, 2)], ids=str)
@pytest.mark.parametrize("loss", kernels.LOSSES)
def test_a_team_has_the_bits_of_one_thread(sizes, optimizer, packed, loss):
    X, y = samples(203, sizes[0], sizes[-1], "uint8", seed=9)
    order = np.random.default_rng(5).permutation(203)
    results = []
    for threads in (1, 2, 3, 5):
        network = Network(sizes, "relu", loss, seed=4)
        losses = train_anyhow(network, X, y, order, 40, optimizer, packed, threads)
        results.append((network.params.copy(), losses))
    for params, losses in results[1:]:
        np.testing.assert_array_equal(params, results[0][0])
        np.testing.assert_array_equal(losses, results[0][1])


@pytest.mark.parametrize("fill", [0.0, np.nan, np.inf])
def test_what_scratch_held_before_changes_nothing(fill):
    network = Network((33, 17, 15, 10), "relu", "cross_entropy", seed=5)
    X, y = samples(9, 33, 10, "uint8")
    _, _, wanted = gradient_of(network, X, y, scratch_fill=1.0)
    _, _, gradient = gradient_of(network, X, y, scratch_fill=fill)
    np.testing.assert_array_equal(gradient, wanted)
    outputs = []
    for value in (1.0, fill):
        scratch = np.full(kernels.scratch_size(network.layout, 4), value, np.float32)
        outputs.append(np.full((9, 10), value, np.float32))
        kernels.predict_outputs(X, network.layout, network.params, *network.codes, scratch, outputs[-1])
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_layers_one_by_one(dtype):
    rng = np.random.default_rng(6)
    A, W, b, delta = (rng.standard_normal(shape).astype(dtype) for shape in ((5, 17), (17, 3), (3,), (5, 3)))
    A[rng.random(A.shape) < 0.5] = 0
    Z, dA, dW, db = (np.full(shape, np.nan, dtype) for shape in ((5, 3), (5, 17), (17, 3), (3,)))
    kernels.forward_layer(A, W, b, Z)
    transposed = np.full(51, np.nan, dtype)
    kernels.transpose(W, transposed, 0, 17)
    kernels.backward_inputs(delta, transposed, dA)
    kernels.backward_weights(A, delta, dW, 0, 17)
    kernels.sum_rows(delta, db, 0, 3)
    for actual, wanted in ((Z, A @ W + b), (dA, delta @ W.T), (dW, A.T @ delta), (db, delta.sum(axis=0))):
        assert_close(actual, wanted.astype(np.float64), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
def test_activations_and_derivatives(activation, dtype):
    z = np.array([-3.0, -0.5, 0.0, 0.5, 3.0], dtype)
    a, delta = z.copy(), np.full(5, 2, dtype)
    kernels.activate(kernels.ACTIVATIONS[activation], a)
    kernels.multiply_by_derivative(kernels.ACTIVATIONS[activation], a, delta)
    assert_close(a, ACTIVATE[activation](z.astype(np.float64)), TOLERANCE[dtype])
    assert_close(delta, 2 * DERIVATIVE[activation](ACTIVATE[activation](z.astype(np.float64))), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("loss", kernels.LOSSES)
def test_large_weighted_sums_are_safe(loss, dtype):
    code, delta = kernels.LOSSES[loss], np.empty((1, 3), dtype)
    for z in ([1e4, -1e4, 0], [-1e4, -1e4, -1e4], [88.75, 90, -90]):
        Z = np.array([z], np.float64)
        outputs = np.array([z], dtype)
        losses = np.full(1, np.nan, dtype)
        kernels.loss_and_delta(code, outputs, np.array([0, 1]), np.array([1]), 1, delta, losses)
        cost = kernels.sum_losses(losses, 1)
        wanted = softmax(Z)[0] if loss == "cross_entropy" else sigmoid(Z)[0]
        log_sum = Z.max() + np.log(np.exp(Z - Z.max()).sum())
        wanted_cost = log_sum - z[1] if loss == "cross_entropy" else 0.5 * ((wanted - one_hot(1, 3)) ** 2).sum()
        np.testing.assert_allclose(outputs[0], wanted, atol=1e-6)
        np.testing.assert_allclose(cost, wanted_cost, rtol=1e-6)
        assert np.isfinite(delta).all()


@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
@pytest.mark.parametrize("loss", kernels.LOSSES)
def test_nan_is_not_hidden(activation, loss):
    network = Network((4, 3, 2), activation, loss)
    network.biases[0][:] = np.nan
    X, y = samples(3, 4, 2, "float32")
    assert np.isnan(gradient_of(network, X, y)[0])


def test_argmax_takes_the_first_of_equals():
    assert kernels.argmax(np.array([0.5, 2.0, 2.0, 1.0])) == 1


def test_golden_run():
    """Ten steps of the lecture's kind of network, with the losses they had when this was written."""
    network = Network((20, 8, 8, 5), dtype="float64", seed=7)
    X, y = samples(50, 20, 5, "uint8", seed=8)
    losses = train_anyhow(network, X, y, np.arange(50), 5, "sgd", packed=False, rates=np.full(10, 3.0))
    np.testing.assert_allclose(losses / 5, GOLDEN, rtol=1e-12)


GOLDEN = [
    0.5887052025418733,
    0.4214612890036323,
    0.4919762124657872,
    0.40702598371559207,
    0.41117925478813966,
    0.3930171119718218,
    0.40534436305299976,
    0.4422936627133579,
    0.4066947222615999,
    0.4012084239274264,
]
