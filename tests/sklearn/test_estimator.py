"""Both estimators: parameters, attributes, partial_fit, warm starts, copies, searches, and failures."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn.base")
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_classification
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from fastmlp.sklearn import MLPClassifier, MLPRegressor
from fastmlp.training.history import History

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]
X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)
X_DIABETES, Y_DIABETES = load_diabetes(return_X_y=True)
X_DIABETES, Y_DIABETES = scale(X_DIABETES), scale(Y_DIABETES)
PAIRS = [(MLPClassifier, TheirClassifier, X_IRIS, Y_IRIS), (MLPRegressor, TheirRegressor, X_DIABETES, Y_DIABETES)]


@pytest.mark.parametrize(("own", "theirs"), [pair[:2] for pair in PAIRS])
def test_parameters_and_defaults_are_scikit_learns(own, theirs):
    parameters = own().get_params()
    assert {name: parameters[name] for name in theirs().get_params()} == theirs().get_params()


@pytest.mark.parametrize(("own", "theirs", "X", "y"), PAIRS)
def test_the_attributes_are_scikit_learns(own, theirs, X, y):
    for settings in ({}, {"early_stopping": True}):
        mine, its = own(max_iter=20, **settings).fit(X, y), theirs(max_iter=20, **settings).fit(X, y)
        public = [name for name in vars(its) if not name.startswith("_") and name.endswith("_")]
        for name in public:
            assert isinstance(getattr(its, name), type(getattr(mine, name))) or name == "t_", name
        assert [W.shape for W in mine.coefs_] == [W.shape for W in its.coefs_]
        assert (mine.out_activation_, mine.n_layers_, mine.n_outputs_) == (its.out_activation_, 3, its.n_outputs_)
        assert all(np.shares_memory(W, mine.network_.params) for W in mine.coefs_ + mine.intercepts_)
        assert isinstance(mine.history_, History)


def test_ctrl_c_ends_the_training_with_a_warning(monkeypatch):
    from fastmlp.sklearn import estimator

    def interrupted(self, record, end=estimator.Monitor.on_epoch_end):
        if end(self, record) or self.n_iter == 4:
            raise KeyboardInterrupt
        return False

    monkeypatch.setattr(estimator.Monitor, "on_epoch_end", interrupted)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        fitted = MLPClassifier(random_state=0).fit(X_IRIS, Y_IRIS)
    assert fitted.n_iter_ == 4
    assert fitted.predict(X_IRIS).shape == (150,)


def test_what_is_not_fitted_says_so():
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(X_IRIS)
    with pytest.raises(NotFittedError):
        MLPRegressor().save("nowhere")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "step"}, "'activation' parameter of MLPClassifier must be"),
        ({"solver": "newton"}, "'solver' parameter"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
        ({"hidden_layer_sizes": (3, 2.5)}, "hidden_layer_sizes must be > 0"),
        ({"momentum": 1.0, "solver": "sgd"}, "'momentum' parameter"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"dtype": "float16"}, "'dtype' parameter"),
        ({"schedule": "sometimes"}, "Unknown schedule 'sometimes'"),
        ({"early_stopping": True, "validation_fraction": 0.001}, "The validation set would have 1 of 150 samples"),
        ({"dropout": 0.1, "solver": "lbfgs"}, "dropout does not go with lbfgs"),
    ],
    ids=str,
)
def test_bad_parameters_are_refused_when_fitting(settings, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**settings).fit(X_IRIS, Y_IRIS)
    with pytest.raises(ValueError, match=r"'loss' parameter of MLPRegressor must be a str among \{'squared_error'\}"):
        MLPRegressor(loss="poisson").fit(X_DIABETES, Y_DIABETES)


def test_through_pipelines_searches_and_threads():
    from joblib import parallel_config

    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=30, random_state=0))
    assert cross_val_score(pipeline, X, y).mean() > 0.95
    grid = {"mlpclassifier__alpha": [1e-4, 1.0], "mlpclassifier__hidden_layer_sizes": [(5,), (20, 10)]}
    found = []
    for backend in ("sequential", "threading", "loky"):
        with parallel_config(backend=backend, n_jobs=2):
            search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
        found.append(search.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_and_importances(method):
    X, y = load_breast_cancer(return_X_y=True)
    X = scale(X)
    calibrated = CalibratedClassifierCV(MLPClassifier(max_iter=20, random_state=0), method=method, cv=3).fit(X, y)
    assert calibrated.score(X, y) > 0.95
    fitted = MLPClassifier(max_iter=20, random_state=0).fit(X, y)
    importances = permutation_importance(fitted, X, y, n_repeats=2, random_state=0).importances_mean
    assert importances.shape == (30,)
    assert importances.max() > 0


@pytest.mark.parametrize(("own", "X", "y"), [(pair[0], *pair[2:]) for pair in PAIRS])
def test_copies_predict_the_same_and_a_pickle_holds_the_weights_once(own, X, y):
    fitted = own(hidden_layer_sizes=(300,), max_iter=5).fit(X, y)
    stored = pickle.dumps(fitted)
    assert len(stored) < 1.2 * fitted.network_.params.nbytes + 5000
    np.testing.assert_array_equal(pickle.loads(stored).predict(X), fitted.predict(X))
    assert not hasattr(clone(fitted), "network_")
    again = pickle.loads(stored).fit(X, y)
    assert again.n_iter_ == 5


@pytest.mark.parametrize(("own", "X", "y"), [(pair[0], *pair[2:]) for pair in PAIRS])
def test_partial_fit_is_fit_epoch_by_epoch(own, X, y):
    classes = {"classes": np.unique(y)} if own is MLPClassifier else {}
    settings = {"random_state": 0, "dtype": "float64", "max_iter": 6, "n_iter_no_change": 100}
    for solver in ({"solver": "adam"}, {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.3}):
        parts, whole = own(**settings, **solver), own(**settings, **solver).fit(X, y)
        for _ in range(6):
            parts.partial_fit(X, y, **classes)
        np.testing.assert_array_equal(parts.network_.params, whole.network_.params)
        np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_)
        assert (parts.t_, parts.n_iter_) == (whole.t_, 1)
        assert len(parts.history_) == 6
    assert not hasattr(own(solver="lbfgs"), "partial_fit")


def test_warm_start_goes_on_with_the_same_network_only():
    fitted = MLPClassifier(max_iter=5, warm_start=True, random_state=0).fit(X_IRIS, Y_IRIS)
    network, first = fitted.network_, fitted.loss_
    fitted.fit(X_IRIS, Y_IRIS)
    assert fitted.network_ is network
    assert fitted.loss_ < first
    assert len(fitted.loss_curve_) == 10
    with pytest.raises(
        ValueError, match=r"hidden_layer_sizes is \(7,\), and the network that goes on training has \(100,\)"
    ):
        fitted.set_params(hidden_layer_sizes=(7,)).fit(X_IRIS, Y_IRIS)


def test_the_number_of_threads_changes_nothing():
    X, y = make_classification(500, 40, random_state=0)
    fitted = [MLPClassifier((256, 256), max_iter=3, random_state=0, n_jobs=n).fit(X, y) for n in (1, 2, None)]
    for each in fitted[1:]:
        np.testing.assert_array_equal(each.network_.params, fitted[0].network_.params)
        np.testing.assert_array_equal(each.predict_proba(X), fitted[0].predict_proba(X))


def test_what_goes_beyond_scikit_learn():
    X, y = make_classification(400, 20, flip_y=0.3, random_state=0)
    settings = [
        {},
        {"dropout": 0.5},
        {"averaging": 0.9},
        {"schedule": "cosine"},
        {"label_smoothing": 0.3},
        {"activation": "gelu"},
    ]
    fitted = [MLPClassifier(max_iter=30, random_state=0, **each).fit(X, y) for each in settings]
    assert len({tuple(each.network_.params.tolist()) for each in fitted}) == len(settings)
    assert fitted[3].history_[-1].learning_rate < 1e-5


def state_of(estimator):
    return {name: each for name, each in vars(estimator).items() if name != "network_"}


@pytest.mark.parametrize(("own", "X", "y"), [(pair[0], *pair[2:]) for pair in PAIRS])
def test_a_fit_that_fails_leaves_the_estimator_as_it_was(own, X, y):
    fitted = own(max_iter=3, random_state=0).fit(X, y)
    before, predicted = state_of(fitted), fitted.predict(X)
    wide = np.ones((len(X), 10_000))
    with pytest.raises(ValueError, match=r"inconsistent numbers|sample_weight"):
        fitted.fit(wide, y[::-1], sample_weight=np.ones(3))
    assert state_of(fitted) == before
    np.testing.assert_array_equal(fitted.predict(X), predicted)
    with pytest.raises(ValueError, match="10000 features"):
        fitted.predict(wide)
    new = own(solver="sgd", learning_rate_init=1e30)
    with pytest.raises(ValueError, match="loss became NaN"):
        new.fit(X, y)
    with pytest.raises(NotFittedError):
        new.predict(X)


def test_partial_fit_takes_chunks_of_any_size_and_parameters_as_they_are_now():
    """A small first chunk decides neither the batches nor the penalty of the later ones."""
    settings = {"random_state": 0, "dtype": "float64", "solver": "sgd", "momentum": 0.0, "alpha": 10.0}
    parts = MLPClassifier(**settings)
    parts.partial_fit(X_IRIS[:5], Y_IRIS[:5], classes=[0, 1, 2])
    whole = MLPClassifier(**settings, warm_start=True, max_iter=1, shuffle=False)
    whole.fit(X_IRIS, Y_IRIS)
    whole.network_.params[:] = parts.network_.params
    parts.set_params(shuffle=False, learning_rate_init=0.5).partial_fit(X_IRIS, Y_IRIS)
    whole.set_params(learning_rate_init=0.5).fit(X_IRIS, Y_IRIS)
    np.testing.assert_allclose(parts.network_.params, whole.network_.params, rtol=1e-10)
    assert parts.history_[-1].learning_rate == 0.5
    assert len(parts.history_) == 2


def test_partial_fit_continues_the_averages_of_adam():
    """Two calls are two steps of one Adam, not two first steps."""
    step = []
    for calls in (1, 2):
        parts = MLPClassifier(random_state=0, dtype="float64", alpha=0.0)
        for _ in range(calls):
            parts.partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])
        step.append(parts.network_.params.copy())
    start = MLPClassifier(random_state=0, dtype="float64", max_iter=1).fit(X_IRIS, Y_IRIS)
    assert np.abs(step[1] - step[0]).max() < 1.9 * 0.001
    assert not np.allclose(np.abs(step[1] - step[0]), 0.001, rtol=1e-3)
    np.testing.assert_allclose(step[0], start.network_.params, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"schedule": "cosine"}, "partial_fit does not support schedule='cosine'"),
        ({"class_weight": "balanced"}, "partial_fit does not support class_weight='balanced'"),
        ({"early_stopping": True}, "partial_fit does not support early_stopping=True"),
    ],
    ids=str,
)
def test_what_does_not_go_with_partial_fit(settings, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**settings).partial_fit(X_IRIS, Y_IRIS, classes=[0, 1, 2])


def test_weights_of_classes_in_chunks_without_some_of_them():
    parts = MLPClassifier(class_weight={2: 50.0}, random_state=0, learning_rate_init=0.01)
    for _ in range(3):
        parts.partial_fit(X_IRIS[:80], Y_IRIS[:80], classes=[0, 1, 2])
        parts.partial_fit(X_IRIS[80:], Y_IRIS[80:])
    assert (parts.predict(X_IRIS) == 2).mean() > 0.5


def test_n_jobs_counts_as_in_scikit_learn():
    for n in (-1, -2, -99):
        MLPClassifier(n_jobs=n, max_iter=2).fit(X_IRIS, Y_IRIS).predict(X_IRIS)
    with pytest.raises(ValueError, match="'n_jobs' parameter"):
        MLPClassifier(n_jobs=0).fit(X_IRIS, Y_IRIS)


def test_warnings_point_at_the_users_line():
    for fit in (
        MLPClassifier(max_iter=2).fit,
        MLPClassifier(max_iter=2, batch_size=999, n_iter_no_change=1, tol=9).fit,
    ):
        with pytest.warns(UserWarning, match=r"Maximum iterations|is clipped") as caught:
            fit(X_IRIS, Y_IRIS)
        assert {each.filename for each in caught} == {__file__}
