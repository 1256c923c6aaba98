"""Curves and ends of trainings are scikit-learn's; early stopping, rates, and what is printed."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn.base")
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.preprocessing import scale

from fastmlp.inputs.hold_out import hold_out
from fastmlp.sklearn import MLPClassifier, MLPRegressor

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]
X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)
X_DIABETES, Y_DIABETES = load_diabetes(return_X_y=True)
X_DIABETES, Y_DIABETES = scale(X_DIABETES), scale(Y_DIABETES)
PAIRS = [(MLPClassifier, TheirClassifier, X_IRIS, Y_IRIS), (MLPRegressor, TheirRegressor, X_DIABETES, Y_DIABETES)]


@pytest.mark.parametrize(
    "settings", [{}, {"solver": "sgd", "learning_rate_init": 0.05}, {"solver": "sgd", "momentum": 0}], ids=str
)
@pytest.mark.parametrize(("own", "theirs", "X", "y"), PAIRS)
def test_curves_are_scikit_learns_from_the_same_weights(own, theirs, X, y, settings):
    """Trained on whole batches, where the order of the samples does not matter; the penalty is in the loss."""
    common = {
        "alpha": 0.5,
        "batch_size": len(X),
        "max_iter": 30,
        "tol": 0,
        "n_iter_no_change": 99,
        "random_state": 0,
        "hidden_layer_sizes": (9, 8),
    } | settings
    estimator = own(**common, dtype="float64", warm_start=True).fit(X, y)
    other = theirs(**common, warm_start=True).fit(X, y)
    for mine, its in zip(estimator.coefs_ + estimator.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        mine[:] = its
    estimator.fit(X, y)
    other.fit(X, y)
    np.testing.assert_allclose(estimator.loss_curve_[30:], other.loss_curve_[30:], rtol=2e-3)
    for mine, its in zip(estimator.coefs_, other.coefs_, strict=True):
        close = (1e-5, 1e-7) if "solver" in settings else (1e-2, 1e-3)  # their epsilon of Adam is not corrected
        np.testing.assert_allclose(mine, its, *close)


@pytest.mark.parametrize(("own", "theirs", "X", "y"), PAIRS)
def test_lbfgs_comes_to_the_same_loss(own, theirs, X, y):
    common = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 2000, "tol": 1e-8, "hidden_layer_sizes": ()}
    mine, its = own(**common, dtype="float64").fit(X, y), theirs(**common).fit(X, y)
    assert mine.loss_ == pytest.approx(its.loss_, rel=1e-5)
    np.testing.assert_allclose(mine.coefs_[0], its.coefs_[0], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(("own", "theirs", "X", "y"), PAIRS)
@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": "invscaling", "learning_rate_init": 0.5},
        {"learning_rate": "adaptive", "tol": 1e-2},
        {"early_stopping": True},
    ],
    ids=str,
)
def test_it_ends_about_when_scikit_learn_does(own, theirs, X, y, settings):
    common = {"solver": "sgd", "random_state": 1, "max_iter": 400, "learning_rate_init": 0.05} | settings
    mine, its = own(**common).fit(X, y), theirs(**common).fit(X, y)
    assert 0.4 < mine.n_iter_ / its.n_iter_ < 2.5
    assert len(mine.loss_curve_) == mine.n_iter_ == len(mine.history_)
    assert mine.t_ / mine.n_iter_ == its.t_ / its.n_iter_


def test_a_converged_training_ends_and_another_one_warns():
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        MLPClassifier(max_iter=3).fit(X_IRIS, Y_IRIS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = MLPClassifier(max_iter=10_000, learning_rate_init=0.1, random_state=0).fit(X_IRIS, Y_IRIS)
    assert done.n_iter_ < 10_000
    with pytest.warns(UserWarning, match="batch_size is 1000 and there are 150 samples: it is clipped to 150"):
        MLPClassifier(max_iter=2, batch_size=1000).fit(X_IRIS, Y_IRIS)


def test_verbose_prints_each_iteration(capsys):
    MLPClassifier(max_iter=3, verbose=True, early_stopping=True, random_state=0).fit(X_IRIS, Y_IRIS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[::2]] == ["Iteration 1", "Iteration 2", "Iteration 3"]
    assert all(line.startswith("Validation score: ") for line in lines[1::2])


def test_max_fun_ends_lbfgs_with_a_warning():
    for n in (1, 5):
        with pytest.warns(ConvergenceWarning, match=f"max_fun={n} evaluations are over"):
            few = MLPClassifier(solver="lbfgs", max_fun=n, max_iter=50, random_state=0).fit(X_IRIS, Y_IRIS)
        assert 1 <= few.n_iter_ <= 5
    many = MLPClassifier(solver="lbfgs", max_iter=50, random_state=0).fit(X_IRIS, Y_IRIS)
    assert many.n_iter_ > 5
    done = MLPClassifier(solver="lbfgs", tol=1e9, random_state=0).fit(X_IRIS, Y_IRIS)
    assert done.n_iter_ == 1
    assert done.loss_ == done.loss_curve_[-1] < 10


def test_early_stopping_heeds_weights():
    """Targets of samples of weight 0 change nothing, and accuracy is that with weights."""
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 3, 442).astype(float)
    settings = {"early_stopping": True, "validation_fraction": 0.3, "random_state": 0, "max_iter": 30}
    scores = [
        MLPRegressor(**settings).fit(X_DIABETES, y, sample_weight=weights).validation_scores_
        for y in (Y_DIABETES, np.where(weights > 0, Y_DIABETES, 9.0))
    ]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)
    fitted = MLPClassifier(**settings).fit(X_IRIS, Y_IRIS, sample_weight=weights[:150])
    _, rows = hold_out(Y_IRIS, 45, fitted._seed)
    expected = accuracy_score(Y_IRIS[rows], fitted.predict(X_IRIS[rows]), sample_weight=weights[rows])
    assert fitted.best_validation_score_ == pytest.approx(expected)
    assert expected != accuracy_score(Y_IRIS[rows], fitted.predict(X_IRIS[rows]))


def test_early_stopping_keeps_the_best_weights_over_fits():
    X_val, y_val = X_IRIS[::3], Y_IRIS[::3]
    fitted = MLPClassifier(early_stopping=True, warm_start=True, random_state=0, max_iter=60, learning_rate_init=0.01)
    fitted.fit(X_IRIS, Y_IRIS, X_val=X_val, y_val=y_val)
    best = fitted.best_validation_score_
    fitted.set_params(learning_rate_init=3.0, max_iter=3).fit(X_IRIS, Y_IRIS, X_val=X_val, y_val=y_val)
    assert fitted.best_validation_score_ == best
    assert fitted.score(X_val, y_val) == pytest.approx(best)


def test_a_new_fit_begins_with_the_full_rate():
    fitted = MLPClassifier(
        solver="sgd",
        learning_rate="adaptive",
        warm_start=True,
        random_state=0,
        tol=0.1,
        n_iter_no_change=1,
        max_iter=60,
    ).fit(X_IRIS, Y_IRIS)
    rates = [epoch.learning_rate for epoch in fitted.history_]
    assert rates[0] == 0.001
    assert set(np.round(np.log(np.array(rates) / 0.001) / np.log(5), 6)) >= {0, -1, -2}
    fitted.fit(X_IRIS, Y_IRIS)
    assert fitted.history_[len(rates)].learning_rate == 0.001


def test_the_end_is_scikit_learns_rule_of_the_loss_curve():
    fitted = MLPClassifier(random_state=0, tol=1e-3, n_iter_no_change=4, max_iter=5000, learning_rate_init=0.01)
    losses = fitted.fit(X_IRIS, Y_IRIS).loss_curve_
    best, waited, ends = np.inf, 0, []
    for epoch, loss in enumerate(losses, start=1):
        waited = waited + 1 if loss > best - 1e-3 else 0
        best = min(best, loss)
        ends += [epoch] if waited > 4 else []
    assert ends == [fitted.n_iter_] == [len(losses)]
