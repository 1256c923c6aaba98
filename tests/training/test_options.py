"""Options of a training: the order of the samples, the constants of Adam, and what is refused."""

import copy

import numpy as np
import pytest
from helpers.tasks import task

from fastmlp import Callback, InputError, Network, Trainer, kernels


@pytest.mark.slow
@pytest.mark.parametrize("together", [True, False])
def test_without_shuffling_the_samples_keep_their_order(together):
    """Batches are those of one fit after the other on consecutive parts."""
    X, y = task(40)
    whole, parts = (Network((20, 8, 4), seed=1) for _ in range(2))
    callbacks = [] if together else [Callback()]
    Trainer(whole, learning_rate=0.5, batch_size=8, shuffle=False).fit(X, y, 2, callbacks=callbacks)
    trainer = Trainer(parts, learning_rate=0.5, batch_size=8)
    for start in [0, 8, 16, 24, 32] * 2:
        rows = slice(start, start + 8)
        trainer.fit(X[rows], y[rows])
    np.testing.assert_allclose(whole.params, parts.params, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_constants_of_adam_are_adams():
    """Three steps of Adam with betas and an epsilon of one's own, by its formulas ([1] Kingma and Ba, algorithm 1)."""
    X, y = task(120)
    network, gradient = Network((20, 4), loss="cross_entropy", seed=1, dtype="float64"), np.empty(84)
    by_hand = copy.deepcopy(network)
    scratch = np.empty(kernels.scratch_size(network.layout, 40))
    m, v = np.zeros(84), np.zeros(84)
    for t in (1, 2, 3):
        batch = np.arange(40 * (t - 1), 40 * t)
        kernels.loss_and_gradient(X, y, batch, by_hand.model, scratch, gradient)
        m, v = 0.5 * m + 0.5 * gradient, 0.75 * v + 0.25 * gradient**2
        by_hand.params[:] -= 0.1 * m / (1 - 0.5**t) / (np.sqrt(v / (1 - 0.75**t)) + 0.01)
    Trainer(network, "adam", 0.1, 40, momentum=0.5, beta_2=0.75, epsilon=0.01, shuffle=False).fit(X, y)
    np.testing.assert_allclose(network.params, by_hand.params, rtol=1e-9)


def test_constants_by_default():
    for optimizer, beta_2, epsilon in (("adam", 0.999, 1e-8), ("adamw", 0.999, 1e-8), ("rmsprop", 0.99, 1e-8)):
        options = Trainer(Network((20, 4)), optimizer).options
        assert (options.beta_2, options.epsilon) == (beta_2, epsilon)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shuffle": 1}, "shuffle is 1: pass True or False"),
        ({"beta_2": 1}, "beta_2 is 1: pass a number from 0 to below 1"),
        ({"epsilon": -1}, "epsilon is -1: pass a number of at least 0"),
        ({"tolerance": -1}, "tolerance is -1: pass a number of at least 0"),
    ],
)
def test_bad_constants_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Trainer(Network((20, 4)), "adam", **options)
