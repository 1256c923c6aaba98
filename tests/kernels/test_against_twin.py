"""The kernels against the NumPy twin and against central differences."""

import numpy as np
import pytest
from helpers.calls import assert_close, gradient_of, samples, train_anyhow
from helpers.twin import ACTIVATE, DERIVATIVE, OUTPUTS, Twin, adam, momentum, one_hot, rmsprop, sgd

from fastmlp import Network, kernels
from fastmlp.kernels import activations

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
ODD_SIZES = [(1, 1), (784, 10), (17, 15, 10), (33, 17, 15, 1, 3), (5, 64, 33, 2)]


SETTINGS = {
    "sgd": (0, 0, 0),
    "momentum": (0.8, 0, 0),
    "nesterov": (0.8, 0, 0),
    "rmsprop": (0, 0.95, 1e-3),
    "adam": (0.8, 0.95, 1e-3),
    "adamw": (0.8, 0.95, 1e-3),
}
RATES = {"sgd": 0.1, "momentum": 0.02, "nesterov": 0.02, "rmsprop": 0.01, "adam": 0.02, "adamw": 0.02}
TWINS = {  # at a rate of 1
    "sgd": lambda: sgd(1),
    "momentum": lambda: momentum(1, *SETTINGS["momentum"][:1]),
    "nesterov": lambda: momentum(1, *SETTINGS["momentum"][:1], nesterov=True),
    "rmsprop": lambda: rmsprop(1, *SETTINGS["rmsprop"][1:]),
    "adam": lambda: adam(1, *SETTINGS["adam"]),
    "adamw": lambda: adam(1, *SETTINGS["adam"]),
}
ACTIVATIONS_AND_LOSSES = [
    *(("tanh", loss) for loss in kernels.LOSSES),
    *((activation, "cross_entropy") for activation in kernels.ACTIVATIONS if activation != "tanh"),
]


def rates_of(optimizer, n, batch_size):
    """Falling rates, one for each batch of an epoch."""
    return RATES[optimizer] * np.linspace(1, 0.5, -(-n // batch_size))


@pytest.mark.parametrize(("activation", "loss"), ACTIVATIONS_AND_LOSSES)
@pytest.mark.parametrize(
    "sizes", [(6, 4), (6, 5, 4), (6, 7, 5, 4), (6, 7, 3, 5, 4)], ids=lambda s: f"depth{len(s) - 1}"
)
def test_gradient_is_that_of_central_differences(sizes, activation, loss):
    network = Network(sizes, activation, loss, weight_init="normal", seed=1, dtype="float64")
    X, y = samples(8, sizes[0], sizes[-1], seed=2, loss=loss)
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


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("uint8", "float32"),
        ("float64", "float64"),
        pytest.param("float32", "float32", marks=pytest.mark.slow),
        pytest.param("uint8", "float64", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(("activation", "loss"), ACTIVATIONS_AND_LOSSES)
@pytest.mark.parametrize("sizes", ODD_SIZES, ids=str)
def test_loss_gradient_and_outputs_are_the_twins(sizes, activation, loss, kind, dtype):
    network = Network(sizes, activation, loss, seed=3, dtype=dtype)
    twin = Twin.of(network)
    for n in (1, 2, 13, 70):  # 70: more than prediction takes at a time
        X, y = samples(n, sizes[0], sizes[-1], kind, seed=n, loss=loss, dtype=dtype)
        mean_loss, n_correct, gradient = gradient_of(network, X, y)
        outputs = twin.forward(X)[-1]
        assert_close(mean_loss, twin.costs(X, y).mean(), TOLERANCE[dtype])
        assert_close(gradient, twin.gradient(X, y), TOLERANCE[dtype])
        assert_close(network.predict_proba(X), outputs, TOLERANCE[dtype])
        assert_close(network.evaluate(X, y).loss, twin.costs(X, y).mean(), TOLERANCE[dtype])
        if loss == "regression":
            assert_close(network.predict(X), outputs, TOLERANCE[dtype])
            continue
        right = network.predict(X) == y
        assert n_correct == (right.all(axis=1) if y.ndim == 2 else right).sum() == round(network.accuracy(X, y) * n)
        if y.ndim == 2:
            np.testing.assert_array_equal(network.predict(X), outputs > 0.5)
            continue
        decided = np.sort(outputs)[:, -1] - (np.sort(outputs)[:, -2] if sizes[-1] > 1 else 0) > 1e-6
        np.testing.assert_array_equal(network.predict(X)[decided], outputs.argmax(axis=1)[decided])


@pytest.mark.parametrize(
    ("kind", "dtype", "packed"),
    [
        ("uint8", "float32", False),
        ("uint8", "float32", True),
        ("floats", "float64", False),
        pytest.param("floats", "float64", True, marks=pytest.mark.slow),
        pytest.param("floats", "float32", False, marks=pytest.mark.slow),
        pytest.param("floats", "float32", True, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 7, 36])  # 7 leaves a rest of 5; 36 are gathered
@pytest.mark.parametrize("hidden", [17, 70, 150])  # on both sides of what gather and scatter take at a time
@pytest.mark.parametrize("optimizer", TWINS)
def test_training_takes_the_twins_steps(batch_size, kind, packed, dtype, hidden, optimizer):
    network = Network((12, hidden, 9, 4), "tanh", "cross_entropy", seed=4, dtype=dtype)
    twin, twins_optimizer = Twin.of(network), TWINS[optimizer]()
    X, y = samples(40, 12, 4, "uint8" if kind == "uint8" else dtype)
    order = np.random.default_rng(5).permutation(40)
    rates = rates_of(optimizer, 40, batch_size)
    rule = (optimizer, *SETTINGS[optimizer])
    losses, _ = train_anyhow(network, X, y, order, batch_size, rates, rule=rule, skip_zeros=packed)
    for number, start in enumerate(range(0, 40, batch_size)):
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
@pytest.mark.parametrize("loss", sorted(kernels.LABEL_LOSSES))
def test_a_team_has_the_bits_of_one_thread(sizes, optimizer, packed, loss):
    X, y = samples(203, sizes[0], sizes[-1], "uint8", seed=9)
    order = np.random.default_rng(5).permutation(203)
    results = []
    for threads in (1, 2, 3, 5):
        network = Network(sizes, "relu", loss, seed=4)
        rule, rates = (optimizer, *SETTINGS[optimizer]), rates_of(optimizer, 203, 40)
        losses, _ = train_anyhow(network, X, y, order, 40, rates, rule=rule, skip_zeros=packed, threads=threads)
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
        kernels.predict_outputs(X, None, *network.model, scratch, outputs[-1])
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
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
    code = kernels.ACTIVATIONS[activation]
    z = np.concatenate([[-60, -0.1, 0, 0.1, 60], np.linspace(-6, 6, 40)]).astype(dtype)
    a, delta, D = z.copy(), np.full(z.size, 2, dtype), np.full(z.size, np.nan, dtype)
    kernels.activate(code, a)
    if activations.needs_sums(code):
        activations.derive_from_sums(code, z, D)
        activations.multiply(delta, D)
    else:
        kernels.multiply_by_derivative(code, a, delta)
    z = z.astype(np.float64)
    scale = np.maximum(1, np.abs(z))
    assert_close(a / scale, ACTIVATE[activation](z) / scale, TOLERANCE[dtype] / 10)
    assert_close(delta, 2 * DERIVATIVE[activation](z), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("loss", kernels.LOSSES)
def test_large_weighted_sums_are_safe(loss, dtype):
    code, delta = kernels.LOSSES[loss], np.empty((1, 3), dtype)
    y = np.array([0, 1]) if loss in kernels.LABEL_LOSSES else one_hot([0, 1], 3).astype(dtype)
    for z in ([1e4, -1e4, 0], [-1e4, -1e4, -1e4], [88.75, 90, -90]):
        Z = np.array([z], np.float64)
        outputs = np.array([z], dtype)
        losses = np.full(1, np.nan, dtype)
        kernels.loss_and_delta(code, outputs, y, np.array([1]), 1, None, delta, losses)
        cost = kernels.sum_losses(losses, 1)
        wanted = OUTPUTS[loss](Z)[0]
        wanted_cost = {
            "cross_entropy": Z.max() + np.log(np.exp(Z - Z.max()).sum()) - z[1],
            "binary_cross_entropy": (np.logaddexp(0, Z) - Z * one_hot(1, 3)).sum(),
        }.get(loss, 0.5 * ((wanted - one_hot(1, 3)) ** 2).sum())
        np.testing.assert_allclose(outputs[0], wanted, atol=1e-6)
        np.testing.assert_allclose(cost, wanted_cost, rtol=1e-6)
        assert np.isfinite(delta).all()


@pytest.mark.parametrize(("activation", "loss"), ACTIVATIONS_AND_LOSSES)
def test_nan_is_not_hidden(activation, loss):
    network = Network((4, 3, 2), activation, loss)
    network.biases[0][:] = np.nan
    X, y = samples(3, 4, 2, "uint8", loss=loss, dtype="float32")
    assert np.isnan(gradient_of(network, X, y)[0])


def test_argmax_takes_the_first_of_equals():
    assert kernels.argmax(np.array([0.5, 2.0, 2.0, 1.0])) == 1


@pytest.mark.slow
def test_golden_run():
    """Ten steps of the lecture's kind of network, with the losses they had when this was written."""
    network = Network((20, 8, 8, 5), dtype="float64", seed=7)
    X, y = samples(50, 20, 5, "uint8", seed=8)
    losses, _ = train_anyhow(network, X, y, np.arange(50), 5, np.full(10, 3.0))
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
