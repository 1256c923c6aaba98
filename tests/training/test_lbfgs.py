"""Trainings with L-BFGS: the optimum, the records, and every way to end."""

import numpy as np
import pytest
from helpers.tasks import task
from scipy.optimize import minimize

from fastmlp import Augmentation, Callback, DivergedError, InputError, Network, Regularization, Trainer
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.checkpoints import Checkpoint


def network_of(seed=0, **options):
    return Network((20, 8, 4), "tanh", "cross_entropy", seed=seed, **{"dtype": "float64"} | options)


@pytest.mark.slow
def test_it_finds_the_minimum_that_scipy_finds_with_the_same_loss():
    """A network without hidden layers has one minimum, which another method of SciPy finds from NumPy's formulas."""
    X, y = task(200)
    inputs, n_out = X / 255, 4
    one_hot = np.eye(n_out)[y]

    def loss(params):
        W, b = params[: 20 * n_out].reshape(20, n_out), params[20 * n_out :]
        Z = inputs @ W + b
        Z -= Z.max(axis=1, keepdims=True)
        log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
        delta = (np.exp(log_p) - one_hot) / len(X)
        gradient = np.concatenate(((inputs.T @ delta + 0.1 * W).ravel(), delta.sum(axis=0)))
        return -(one_hot * log_p).sum() / len(X) + 0.05 * (W**2).sum(), gradient

    network = Network((20, n_out), loss="cross_entropy", seed=0, dtype="float64")
    found = minimize(loss, network.params.copy(), jac=True, method="BFGS", options={"gtol": 1e-9})
    trainer = Trainer(network, "lbfgs", regularization=Regularization(l2=0.1), tolerance=1e-8)
    trainer.fit(X, y, 500)
    assert loss(network.params)[0] == pytest.approx(found.fun, rel=1e-9)
    assert len(trainer.history) < 500


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loss_falls_in_each_iteration_and_is_that_of_the_network(dtype):
    X, y = task(300)
    network = network_of(dtype=dtype)
    history = Trainer(network, "lbfgs").fit(X, y, 15, validation=task(100, seed=5))
    losses = [record.loss for record in history]
    assert losses == sorted(losses, reverse=True)
    loss, accuracy = network.evaluate(X, y)
    assert history[-1].loss == pytest.approx(loss, rel=1e-5)
    assert history[-1].accuracy == accuracy
    assert history[-1].validation_accuracy == network.accuracy(*task(100, seed=5))
    assert [record.epoch for record in history] == list(range(1, 16))
    assert all(record.learning_rate is None and record.seconds > 0 for record in history)


@pytest.mark.slow
def test_threads_change_nothing():
    params = []
    for threads in (1, 2, None):
        network = Network((20, 70, 4), "relu", "cross_entropy", seed=1)
        Trainer(network, "lbfgs", threads=threads).fit(*task(), 10)
        params.append(network.params)
    np.testing.assert_array_equal(params[1], params[0])
    np.testing.assert_array_equal(params[2], params[0])


def test_the_threads_are_those_for_all_samples(monkeypatch):
    monkeypatch.setattr("fastmlp.training.trainer.cores", lambda: 3)
    assert Trainer(Network((20, 700, 4), seed=1), "lbfgs").threads == 3


@pytest.mark.slow
def test_a_start_at_the_minimum_is_one_epoch():
    network = network_of()
    before = network.params.copy()
    history = Trainer(network, "lbfgs", tolerance=1e9).fit(*task(), 5)
    assert len(history) == 1
    assert history[0].loss == pytest.approx(network.evaluate(*task()).loss)
    np.testing.assert_array_equal(network.params, before)


@pytest.mark.slow
def test_another_fit_goes_on():
    network = network_of()
    trainer = Trainer(network, "lbfgs")
    trainer.fit(*task(), 5)
    before = trainer.history[-1].loss
    trainer.fit(*task(), 5)
    assert len(trainer.history) == 10
    assert trainer.history[-1].loss < before


class Ends(Callback):
    def __init__(self, after, error=None, slices=10**9):
        self.after, self.error, self.slices, self.params = after, error, slices, None

    def on_train_begin(self, fit):
        self.network = fit.network

    def on_slice_end(self, epoch, done, total):
        self.slices -= 1
        if self.slices == 0:
            raise self.error

    def on_epoch_end(self, record):
        self.params = self.network.params.copy()
        if record.epoch == self.after and self.error:
            raise self.error
        return record.epoch == self.after


@pytest.mark.slow
@pytest.mark.parametrize("error", [None, KeyboardInterrupt, ValueError])
def test_a_callback_ends_it_and_the_network_keeps_the_last_iteration(error):
    network, end = network_of(), Ends(3, error)
    trainer = Trainer(network, "lbfgs")
    if error is None:
        trainer.fit(*task(), 50, callbacks=[end])
    else:
        with pytest.raises(error):
            trainer.fit(*task(), 50, callbacks=[end])
    assert len(trainer.history) == 3
    np.testing.assert_array_equal(network.params, end.params)


@pytest.mark.slow
def test_an_interruption_within_an_iteration_undoes_it():
    network, end = network_of(), Ends(99, KeyboardInterrupt, slices=7)
    with pytest.raises(KeyboardInterrupt):
        Trainer(network, "lbfgs").fit(*task(), 50, callbacks=[end])
    np.testing.assert_array_equal(network.params, end.params)


@pytest.mark.slow
def test_early_stopping_restores_the_best_weights():
    network, stop = network_of(), EarlyStopping(patience=3)
    history = Trainer(network, "lbfgs").fit(*task(60), 100, validation=task(100, seed=5), callbacks=[stop])
    assert len(history) < 100
    assert network.evaluate(*task(100, seed=5)).loss == pytest.approx(min(each.validation_loss for each in history))


REFUSED = {
    "dropout": {"regularization": Regularization(dropout=0.1)},
    "input_dropout": {"regularization": Regularization(input_dropout=0.1)},
    "l1": {"regularization": Regularization(l1=0.1)},
    "max_norm": {"regularization": Regularization(max_norm=1.0)},
    "clip_norm": {"regularization": Regularization(clip_norm=1.0)},
    "weight_decay": {"weight_decay": 0.1},
    "averaging": {"averaging": 0.9},
    "schedule": {"schedule": "cosine"},
    "augmentation": {"augmentation": Augmentation(shift=1, shape=(4, 5))},
}


@pytest.mark.parametrize("name", REFUSED)
def test_methods_that_do_not_go_with_it_are_refused(name):
    with pytest.raises(InputError, match=f"^{name} does not go with lbfgs, which minimizes"):
        Trainer(network_of(), "lbfgs", **REFUSED[name])


def test_samples_on_the_disk_are_refused(on_disk):
    X, y = task()
    with pytest.raises(InputError, match="lbfgs goes through all samples for each step, and these are on the disk"):
        Trainer(network_of(), "lbfgs").fit(on_disk(X), y)


@pytest.mark.slow
def test_it_is_not_resumed(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    Trainer(network_of(), "lbfgs").fit(*task(), 3, callbacks=[Checkpoint(path)])
    network = network_of()
    before = network.params.copy()
    with pytest.raises(InputError, match=r"A training with lbfgs can't be resumed: train on with another fit"):
        Trainer(network, "lbfgs").fit(*task(), 3, resume=path)
    np.testing.assert_array_equal(network.params, before)


@pytest.mark.slow
def test_divergence_leaves_the_weights():
    network = network_of()
    network.params[:] = np.where(np.arange(network.n_params) % 2, 1e308, -1e308)
    before = network.params.copy()
    with pytest.raises(DivergedError, match=r"NaN in epoch 1: scale the inputs"):
        Trainer(network, "lbfgs").fit(*task(), 3)
    np.testing.assert_array_equal(network.params, before)


def test_it_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy.optimize", None)
    with pytest.raises(InputError, match="The optimizer lbfgs needs SciPy: pip install scipy, or choose adam"):
        Trainer(network_of(), "lbfgs").fit(*task(), 3)
