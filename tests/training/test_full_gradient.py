"""The loss over all samples and its gradient agree with the kernel for one batch, and with central differences."""

import numpy as np
import pytest
from helpers.tasks import task

from fastmlp import Network, Regularization, Trainer, kernels
from fastmlp.inputs.training_data import Form, TrainingData
from fastmlp.training import full_gradient
from fastmlp.training.callbacks import CallbackList
from fastmlp.training.fit import Fit
from fastmlp.training.full_gradient import FullGradient


def fit_of(network, X, y, weights=None, **options):
    trainer = Trainer(network, "lbfgs", **options)
    form = Form(network.sizes[0], network.sizes[-1], network.loss, network.dtype)
    data = TrainingData.checked(form, X, y, weights=(weights, None))
    return Fit(network, trainer.options, trainer.state, data, CallbackList(()), 1)


def evaluated(fit, threads=1):
    function = FullGradient(fit, (threads,))
    try:
        return function(fit.network.params.copy())
    finally:
        function.close()


@pytest.mark.slow
@pytest.mark.parametrize("brightest", [0, 200])
@pytest.mark.parametrize("rows", [7, 64, 1000])
def test_it_is_the_gradient_of_one_batch(monkeypatch, rows, brightest):
    """In whole batches and a shorter one, of dense samples and of packed ones."""
    monkeypatch.setattr(full_gradient, "ROWS", rows)
    X, y = task(150)
    X *= X > brightest
    network = Network((20, 16, 4), "tanh", "cross_entropy", seed=3, dtype="float64")
    scratch = np.empty(kernels.scratch_size(network.layout, len(X)))
    gradient = np.empty(network.n_params)
    total, correct = kernels.loss_and_gradient(X, y, np.arange(len(X)), network.model, scratch, gradient)
    found = evaluated(fit_of(network, X, y))
    assert found.loss == pytest.approx(total / len(X), rel=1e-12)
    assert found.n_correct == correct
    assert found.penalty == 0
    np.testing.assert_allclose(found.gradient, gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy", "regression"])
def test_it_agrees_with_central_differences(loss):
    """With weights of the samples, label smoothing and a penalty."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 5)), rng.integers(0, 3, 30)
    if loss == "regression":
        y = rng.standard_normal((30, 3))
    network = Network((5, 4, 3), "silu", loss, seed=1, dtype="float64")
    smoothing = 0.1 if loss == "cross_entropy" else 0.0
    fit = fit_of(network, X, y, rng.uniform(0, 2, 30), regularization=Regularization(l2=0.3, label_smoothing=smoothing))
    function, params = FullGradient(fit, (1,)), network.params.copy()
    found = function(params)
    assert found.penalty > 0
    for i in range(network.n_params):
        step = np.zeros_like(params)
        step[i] = 1e-6
        above, below = function(params + step), function(params - step)
        slope = (above.loss + above.penalty - below.loss - below.penalty) / 2e-6
        assert found.gradient[i] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    function.close()


def test_the_number_of_threads_changes_no_bit():
    X, y = task(300)
    network = Network((20, 70, 4), "relu", "cross_entropy", seed=1)
    first, second = (evaluated(fit_of(network, X, y), threads) for threads in (1, 3))
    assert first.loss == second.loss
    np.testing.assert_array_equal(first.gradient, second.gradient)
