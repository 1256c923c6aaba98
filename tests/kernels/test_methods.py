"""Regularization, clipping, averaging, sample weights: in training against the NumPy twin, and one by one."""

import numpy as np
import pytest
from helpers.calls import assert_close, samples, train_anyhow
from helpers.twin import Methods as TwinMethods
from helpers.twin import Twin, adam, dropout_mask, momentum, sgd

from fastmlp import Network, kernels
from fastmlp.kernels import dropout, optimizers
from fastmlp.kernels import norms as norms_kernels

TOLERANCE = {"float32": 2e-4, "float64": 1e-11}
OPTIMIZERS = {
    "sgd": (0.1, lambda: sgd(1), ()),
    "nesterov": (0.02, lambda: momentum(1, 0.8, nesterov=True), (0.8,)),
    "adam": (0.01, lambda: adam(1, 0.8, 0.95, 1e-3), (0.8, 0.95, 1e-3)),
}
METHODS = {
    "weight_decay": {"weight_decay": 0.3},
    "l1": {"l1": 0.02},
    "l2": {"l2": 0.1},
    "clip_norm": {"clip_norm": 0.05},
    "max_norm": {"max_norm": 0.9},
    "dropout": {"dropout": 0.3, "seed": 5},
    "label_smoothing": {"label_smoothing": 0.2},
    "averaging": {"averaging": 0.7},
    "sample_weights": {},
}
KINDS = {"float32": "uint8", "float64": "float64"}
"""Inputs that go with a dtype, in tests that need not have every pair."""
OTHER_LOSSES = sorted(set(kernels.LOSSES) - set(kernels.LABEL_LOSSES))
"""Losses whose targets are no labels, for which the kernels are compiled again."""
ALL = {name: value for method in METHODS.values() for name, value in method.items()}


def weights_of_samples(n):
    return np.random.default_rng(3).random(n) * (np.arange(n) % 5 > 0)  # some of them 0


def kernels_methods(methods, weights=None, dtype="float32"):
    """The methods as the kernels take them."""
    weights = None if weights is None else np.array(weights, dtype)
    return kernels.Methods(weights, **methods)


def train_both(
    sizes, activation, loss, optimizer, methods, dtype, packed=False, weighted=False, kind="uint8", bare=False
):
    """Train a network and its twin; return both, and the average and the losses of either.

    Samples weigh 1 if they are not weighted; with `bare` the kernel gets no weights, which is another compiled form.
    """
    network = Network(sizes, activation, loss, seed=4, dtype=dtype)
    twin, (rate, twins_optimizer, constants) = Twin.of(network), OPTIMIZERS[optimizer]
    n, batch_size = (33, 7) if sizes[1] < 64 else (160, 36)  # five batches, the last one shorter; 36 are gathered
    X, y = samples(n, sizes[0], sizes[-1], kind, loss=loss, dtype=dtype)
    order, rates = np.random.default_rng(5).permutation(n), rate * np.linspace(1, 0.5, 5)
    weights = weights_of_samples(n) if weighted else np.ones(n)
    taken = kernels_methods(methods, None if bare else weights, dtype)
    rule = (optimizer, *constants)
    losses, state = train_anyhow(network, X, y, order, batch_size, rates, rule=rule, methods=taken, skip_zeros=packed)
    wanted = TwinMethods(**methods).train(twin, X, y, order, batch_size, twins_optimizer(), rates, weights)
    return network, twin, (losses, state[-1]), wanted


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("bare", [False, pytest.param(True, marks=pytest.mark.slow)])  # no array of weights at all
@pytest.mark.parametrize(
    ("hidden", "packed"),
    [(17, False), pytest.param(17, True, marks=pytest.mark.slow), (70, False), (70, True)],  # scattered, gathered
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("method", [*METHODS, "all"])
def test_training_takes_the_twins_steps(method, optimizer, hidden, packed, bare, dtype):
    methods = ALL if method == "all" else METHODS[method]
    sizes, weighted = (12, hidden, 9, 4), method in {"sample_weights", "all"}
    if bare and weighted:
        pytest.skip("the method needs weights")
    plain, *_ = train_both(sizes, "tanh", "cross_entropy", optimizer, {}, dtype, packed, bare=bare)
    network, twin, (losses, averaged), (twins_losses, twins_average) = train_both(
        sizes, "tanh", "cross_entropy", optimizer, methods, dtype, packed, weighted, bare=bare
    )
    assert_close(losses, twins_losses, TOLERANCE[dtype])
    assert_close(network.params, twin.params, TOLERANCE[dtype])
    if "averaging" in methods:
        assert_close(averaged, twins_average, TOLERANCE[dtype])
        assert np.max(np.abs(averaged - network.params)) > 1e-3
    else:
        assert not averaged.any()
    if method != "averaging":  # the method has an effect, or the twin proves nothing
        assert np.max(np.abs(network.params - plain.params)) > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True])
def test_descent_without_an_average_needs_no_state(packed):
    X, y = samples(33, 12, 4, "uint8")
    methods = kernels_methods(ALL | {"averaging": 0.0}, weights_of_samples(33))
    results = []
    for bare in (False, True):
        network = Network((12, 17, 9, 4), "tanh", "cross_entropy", seed=4)
        options = {"methods": methods, "skip_zeros": packed, "bare": bare}
        losses, _ = train_anyhow(network, X, y, np.arange(33), 7, np.full(5, 0.1), **options)
        results.append((network.params.tobytes(), losses.tobytes()))
    assert results[0] == results[1]


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
def test_dropout_goes_with_every_activation(activation, dtype):
    network, twin, (losses, _), (twins_losses, _) = train_both(
        (6, 9, 8, 3), activation, "cross_entropy", "sgd", {"dropout": 0.4, "seed": 1}, dtype, kind=KINDS[dtype]
    )
    assert_close(losses, twins_losses, TOLERANCE[dtype])
    assert_close(network.params, twin.params, TOLERANCE[dtype])


@pytest.mark.parametrize(
    "loss", [*sorted(kernels.LABEL_LOSSES), *(pytest.param(each, marks=pytest.mark.slow) for each in OTHER_LOSSES)]
)
@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
def test_smoothing_weights_and_input_dropout_go_with_every_loss(loss, dtype):
    methods = {"label_smoothing": 0.2, "input_dropout": 0.3, "seed": 2**53}
    network, twin, (losses, _), (twins_losses, _) = train_both(
        (6, 9, 3), "gelu", loss, "sgd", methods, dtype, weighted=True, kind=KINDS[dtype]
    )
    assert_close(losses, twins_losses, TOLERANCE[dtype])
    assert_close(network.params, twin.params, TOLERANCE[dtype])


@pytest.mark.slow
def test_many_outputs_at_once_on_packed_samples():
    network, twin, (losses, _), (twins_losses, _) = train_both(
        (12, 17, 4), "relu", "binary_cross_entropy", "sgd", {}, "float32", packed=True
    )
    assert_close(losses, twins_losses, 1e-5)
    assert_close(network.params, twin.params, 1e-5)


@pytest.mark.parametrize(
    ("sizes", "packed"),
    [
        ((50, 16, 16, 10), False),
        pytest.param((50, 16, 16, 10), True, marks=pytest.mark.slow),
        *(((90, 150, 33, 3), packed) for packed in (False, True)),
        *(((50, 70), packed) for packed in (False, True)),
    ],
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_team_has_the_bits_of_one_thread_with_everything_on(sizes, optimizer, packed):
    X, y = samples(203, sizes[0], sizes[-1], "uint8", seed=9)
    order, results = np.random.default_rng(5).permutation(203), []
    rule = (optimizer, *OPTIMIZERS[optimizer][2])
    methods = kernels_methods(ALL | {"input_dropout": 0.0 if packed else 0.2}, weights_of_samples(203))
    for threads in (1, 2, 3):
        network = Network(sizes, "silu", "cross_entropy", seed=4)
        options = {"rule": rule, "methods": methods, "skip_zeros": packed, "threads": threads, "step": 7}
        losses, state = train_anyhow(network, X, y, order, 40, np.full(6, 0.01), **options)
        results.append((network.params.copy(), losses, state))
    for result in results[1:]:
        for actual, wanted in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(actual, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["l1", "l2"])
def test_the_gradient_of_a_penalty_is_that_of_central_differences(name):
    """A step of descent at rate 1 without momentum is minus the gradient, that of the penalty included."""
    network = Network((6, 5, 4), "tanh", seed=1, dtype="float64")
    X, y = samples(8, 6, 4)
    before, step = network.params.copy(), 1e-6
    methods = kernels_methods({name: 0.3}, np.ones(8), "float64")

    def penalised(params):
        network.params[:] = params
        size = sum((np.abs(W) if name == "l1" else W**2 / 2).sum() for W in network.weights)
        return network.evaluate(X, y).loss + 0.3 * size

    train_anyhow(network, X, y, np.arange(8), 8, [1.0], methods=methods)
    gradient = before - network.params
    moves = step * np.eye(before.size)
    numerical = [(penalised(before + move) - penalised(before - move)) / (2 * step) for move in moves]
    assert_close(gradient, np.array(numerical), 1e-7)


def test_a_penalty_leaves_zeros_and_biases_alone():
    w, g = np.array([0.0, 2.0, -2.0]), np.zeros(3)
    penalty = optimizers.Penalty(l1=0.5, l2=0.25, shrink=0.1)
    optimizers.regularize(penalty, g, w)
    np.testing.assert_allclose(g, [0, 1, -1])
    np.testing.assert_allclose(w, [0, 1.8, -1.8])
    w[1:] = 2, -2
    optimizers.shrink_weights(penalty, 1.0, w)
    np.testing.assert_allclose(w, [0, 0.8, -0.8])


@pytest.mark.parametrize("n", [1, 4096, 4097, 20_000])
def test_the_norm_of_a_gradient(n):
    gradient = np.random.default_rng(0).standard_normal(n).astype(np.float32)
    norms = np.full(norms_kernels.n_blocks(n), np.nan, np.float32)
    norms_kernels.block_norms(gradient, 0, norms.size, norms)
    norm = np.linalg.norm(gradient.astype(np.float64))
    assert norms_kernels.clip_factor(0.5 * norm, norms) == pytest.approx(0.5, rel=1e-6)
    assert norms_kernels.clip_factor(1.01 * norm, norms) == 1
    norms_kernels.block_norms(gradient * np.float32(1e20), 0, norms.size, norms)  # whose squares are beyond float32
    assert norms_kernels.clip_factor(norm, norms) == pytest.approx(1e-20, rel=1e-6)
    norms[0] = np.nan
    assert np.isnan(norms_kernels.clip_factor(norm, norms))


def test_max_norm_shrinks_the_columns_that_are_too_long():
    W = np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 0.0]])
    norms_kernels.limit_norms(1.0, W, 0, 3, np.full(3, np.nan))
    np.testing.assert_allclose(W, [[0.6, 0.3, 0], [0.8, 0.4, 0]])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(share, dtype):
    """Of 10^6 units the share that stays is within five standard deviations, and their mean is what it was."""
    n, key = 1_000_000, np.uint64(dropout.dropout_key(1, 2, 3))
    A = np.ones(n, dtype)
    dropout.drop(share, key, 0, A)
    np.testing.assert_array_equal(np.unique(A), np.array([0, 1 / (1 - share)], dtype))
    assert abs(np.mean(A == 0) - share) < 5 * np.sqrt(share * (1 - share) / n)
    later = np.ones(n - 1000, dtype)
    dropout.drop(share, key, 1000, later)
    np.testing.assert_array_equal(later, A[1000:])


def test_random_numbers_of_other_steps_layers_and_units_have_nothing_in_common():
    n, masks = 100_000, []
    for key in ((0, 0, 1), (0, 0, 2), (0, 1, 1), (1, 0, 1), (0, 0, 1)):
        masks.append(np.ones(n))
        dropout.drop(0.5, np.uint64(dropout.dropout_key(*key)), 0, masks[-1])
    np.testing.assert_array_equal(masks[0], masks[-1])
    masks[-1] = np.roll(masks[0], 1)
    assert np.max(np.abs(np.corrcoef(masks) - np.eye(5))) < 5 / np.sqrt(n)
    np.testing.assert_array_equal(masks[2][:60].reshape(4, 15), dropout_mask(0.5, (4, 15), 0, 1, 1))


def test_the_average_is_that_of_the_weights_so_far():
    averaged, past = np.zeros(3), np.random.default_rng(0).standard_normal((5, 3))
    for step, params in enumerate(past, 1):
        optimizers.average(0.8, step, params, averaged)
        np.testing.assert_allclose(averaged, np.average(past[:step], axis=0, weights=0.8 ** np.arange(step)[::-1]))
