"""Samples by every way in: types, weights, those to validate with, and what is refused."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn.base")
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_classification
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from fastmlp.sklearn import MLPClassifier, MLPRegressor

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]
X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = scale(X_IRIS)
X_DIABETES, Y_DIABETES = load_diabetes(return_X_y=True)
X_DIABETES, Y_DIABETES = scale(X_DIABETES), scale(Y_DIABETES)
PAIRS = [(MLPClassifier, TheirClassifier, X_IRIS, Y_IRIS), (MLPRegressor, TheirRegressor, X_DIABETES, Y_DIABETES)]


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


def test_bytes_are_numbers():
    """The same bytes as floats are the same samples, in fit and in predict."""
    X, y = make_classification(200, 80, random_state=0)
    X = np.clip(X * 40 + 128, 0, 255).astype(np.uint8)
    as_bytes, as_floats = (MLPClassifier(max_iter=5, random_state=0).fit(each, y) for each in (X, X.astype(float)))
    np.testing.assert_array_equal(as_bytes.network_.params, as_floats.network_.params)
    np.testing.assert_array_equal(as_bytes.predict_proba(X), as_bytes.predict_proba(X.astype(np.float32)))


def test_targets_too_large_for_the_dtype_are_refused():
    with pytest.raises(ValueError, match="Input y contains infinity or a value too large"):
        MLPRegressor().fit(X_DIABETES, Y_DIABETES * 1e39)


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
