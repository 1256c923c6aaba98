"""Both estimators: trainings and predictions as scikit-learn's, through its tools, and what is refused."""

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn.base")
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
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
        np.testing.assert_allclose(mine, its, rtol=1e-2, atol=1e-3)  # their epsilon of Adam is not corrected


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


def test_a_converged_training_ends_and_another_one_warns():
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        MLPClassifier(max_iter=3).fit(X_IRIS, Y_IRIS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = MLPClassifier(max_iter=10_000, learning_rate_init=0.1, random_state=0).fit(X_IRIS, Y_IRIS)
    assert done.n_iter_ < 10_000
    with pytest.warns(UserWarning, match="batch_size is 1000 and there are 150 samples: it is clipped to 150"):
        MLPClassifier(max_iter=2, batch_size=1000).fit(X_IRIS, Y_IRIS)


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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("own", "X", "y"), [(pair[0], *pair[2:]) for pair in PAIRS])
def test_predictions_are_the_same_by_every_way_in(own, X, y, dtype):
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    fitted = own(max_iter=20, random_state=0, dtype=dtype).fit(X, y)
    expected = fitted.predict(X)
    assert fitted.network_.dtype == dtype
    for other in (
        X.tolist(),
        np.asfortranarray(X),
        X.astype(dtype),
        sparse.csr_matrix(X),
        sparse.csc_array(X),
        np.repeat(X, 2, 0)[::2],
    ):
        np.testing.assert_allclose(fitted.predict(other), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(np.concatenate([fitted.predict(row[None]) for row in X]), expected)
    names = [f"column {k}" for k in range(X.shape[1])]
    for frame in (pd.DataFrame(X, columns=names), pl.DataFrame(X, schema=names)):
        again = own(max_iter=20, random_state=0, dtype=dtype).fit(frame, y)
        np.testing.assert_array_equal(again.predict(frame), expected)
        assert again.feature_names_in_.tolist() == names
        with pytest.warns(UserWarning, match="X does not have valid feature names"):
            again.predict(X)


@pytest.mark.parametrize("bad", ["nan", "inf", "text", "columns", "rows", "dimensions", "huge"])
@pytest.mark.parametrize(("own", "X", "y"), [(pair[0], *pair[2:]) for pair in PAIRS])
def test_bad_samples_raise_scikit_learns_errors(own, X, y, bad):
    wrong = {
        "nan": (np.where(X == X.max(), np.nan, X), ValueError, "contains NaN"),
        "inf": (np.where(X == X.max(), np.inf, X), ValueError, "contains infinity"),
        "huge": (np.where(X == X.max(), 1e300, X), ValueError, "infinity or a value too large"),
        "text": (np.full(X.shape, "a"), ValueError, "could not convert string"),
        "columns": (X[:, 1:], ValueError, "features, but MLP.* is expecting"),
        "rows": (X[:0], ValueError, "Found array with 0 sample"),
        "dimensions": (X[0], ValueError, "Expected 2D array"),
    }
    samples, error, message = wrong[bad]
    fitted = own(max_iter=2).fit(X, y)
    with pytest.raises(error, match=message):
        fitted.predict(samples)
    if bad not in {"columns"}:
        with pytest.raises(ValueError):
            own().fit(samples, y)


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


def test_weights_count_as_repetitions():
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 4, len(X_IRIS))
    common = {"dtype": "float64", "batch_size": 600, "random_state": 0, "max_iter": 20, "alpha": 1.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weighted = MLPClassifier(**common).fit(X_IRIS, Y_IRIS, sample_weight=weights)
        repeated = MLPClassifier(**common).fit(np.repeat(X_IRIS, weights, 0), np.repeat(Y_IRIS, weights))
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(weighted.coefs_[0], repeated.coefs_[0], rtol=1e-6)
    with pytest.raises(ValueError, match="Negative values"):
        MLPClassifier().fit(X_IRIS, Y_IRIS, sample_weight=-np.ones(150))
    with pytest.raises(ValueError, match=r"[Ss]ample weights must contain|are zero"):
        MLPClassifier().fit(X_IRIS, Y_IRIS, sample_weight=np.zeros(150))


def test_validation_samples_of_ones_own():
    X, y = X_DIABETES[:300], Y_DIABETES[:300]
    X_val, y_val = X_DIABETES[300:], Y_DIABETES[300:]
    fitted = MLPRegressor(early_stopping=True, random_state=0, max_iter=300).fit(X, y, X_val=X_val, y_val=y_val)
    assert fitted.best_validation_score_ == pytest.approx(fitted.score(X_val, y_val), abs=1e-6)
    assert fitted.best_validation_score_ == max(fitted.validation_scores_)
    assert all(epoch.validation_loss is not None for epoch in fitted.history_)
    watched = MLPRegressor(random_state=0, max_iter=5).fit(X, y, X_val=X_val, y_val=y_val)
    plain = MLPRegressor(random_state=0, max_iter=5).fit(X, y)
    np.testing.assert_array_equal(watched.network_.params, plain.network_.params)
    for wrong, message in (
        ({"X_val": X_val}, "X_val and y_val belong together"),
        ({"X_val": X_val, "y_val": y_val[1:]}, "X_val has 142 samples and y_val has 141"),
        ({"X_val": X_val[:, 1:], "y_val": y_val}, "9 features"),
    ):
        with pytest.raises(ValueError, match=message):
            MLPRegressor().fit(X, y, **wrong)


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


def test_validation_samples_go_through_a_pipeline():
    import sklearn

    X, y = load_breast_cancer(return_X_y=True)
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = MLPClassifier(max_iter=20, random_state=0).set_fit_request(
            X_val=True, y_val=True, sample_weight=True
        )
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), classifier)
        pipeline.set_params(transform_input=["X_val"])
        pipeline.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:], sample_weight=np.ones(400))
    assert pipeline[-1].validation_scores_[-1] == pytest.approx(pipeline.score(X[400:], y[400:]))


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
    for settings in ({"solver": "lbfgs"},):
        assert not hasattr(own(**settings), "partial_fit")
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        own(early_stopping=True).partial_fit(X, y, **classes)


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


def test_bytes_are_numbers():
    """The same bytes as floats are the same samples, in fit and in predict."""
    X, y = make_classification(200, 80, random_state=0)
    X = np.clip(X * 40 + 128, 0, 255).astype(np.uint8)
    as_bytes, as_floats = (MLPClassifier(max_iter=5, random_state=0).fit(each, y) for each in (X, X.astype(float)))
    np.testing.assert_array_equal(as_bytes.network_.params, as_floats.network_.params)
    np.testing.assert_array_equal(as_bytes.predict_proba(X), as_bytes.predict_proba(X.astype(np.float32)))


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


def test_verbose_prints_each_iteration(capsys):
    MLPClassifier(max_iter=3, verbose=True, early_stopping=True, random_state=0).fit(X_IRIS, Y_IRIS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[::2]] == ["Iteration 1", "Iteration 2", "Iteration 3"]
    assert all(line.startswith("Validation score: ") for line in lines[1::2])


def test_max_fun_ends_lbfgs():
    few, many = (
        MLPClassifier(solver="lbfgs", max_fun=n, max_iter=50, random_state=0).fit(X_IRIS, Y_IRIS) for n in (5, 1000)
    )
    assert 1 <= few.n_iter_ <= 5 < many.n_iter_
