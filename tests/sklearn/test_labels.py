"""Labels of every kind through the classifier: classes, predictions, probabilities and weights are scikit-learn's."""

import numpy as np
import pytest

pytest.importorskip("sklearn.base")
from scipy import sparse
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.preprocessing import scale

from fastmlp.sklearn import MLPClassifier

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]
X, NUMBERS = load_iris(return_X_y=True)
X = scale(X)
NAMES = np.array(["setosa", "versicolor", "virginica"])
SETTINGS = {"max_iter": 30, "random_state": 0, "learning_rate_init": 0.01}


def fitted(y, **settings):
    return MLPClassifier(**SETTINGS | settings).fit(X, y)


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        NAMES.astype(object),
        np.array([3, -1, 7]),
        np.array([1.0, 2.0, 5.0]),
        np.array([False, True, True]),
        np.array([2, 9, 2], np.uint8),
        np.array(["x", "x", "x"]),
    ],
    ids=repr,
)
def test_classes_are_what_the_labels_are(names):
    y = names[NUMBERS]
    own, their = fitted(y), TheirClassifier(**SETTINGS).fit(X, y)
    np.testing.assert_array_equal(own.classes_, their.classes_)
    assert own.predict(X).dtype == names.dtype
    assert own.n_outputs_ == their.n_outputs_
    assert own.score(X, y) > 0.9
    probabilities = own.predict_proba(X)
    assert probabilities.shape == (150, len(own.classes_))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(own.classes_[probabilities.argmax(axis=1)], own.predict(X))
    np.testing.assert_allclose(np.exp(own.predict_log_proba(X)), probabilities, rtol=1e-5)
    assert own.network_.classes == tuple(map(str, own.classes_[-own.n_outputs_ :]))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, lambda y: y.tolist()], ids=["array", "sparse", "list"])
def test_several_labels_for_a_sample(form):
    samples, y = make_multilabel_classification(300, 12, n_classes=4, random_state=0)
    samples = scale(samples)
    own = MLPClassifier(**SETTINGS | {"max_iter": 100}).fit(samples, form(y))
    their = TheirClassifier(**SETTINGS | {"max_iter": 100}).fit(samples, y)
    assert own.predict(samples).shape == y.shape
    assert (own.n_outputs_, own.out_activation_) == (4, "logistic")
    assert abs(own.score(samples, y) - their.score(samples, y)) < 0.1
    assert own.predict_proba(samples).shape == y.shape
    watched = MLPClassifier(**SETTINGS).fit(samples[:200], y[:200], X_val=samples[200:], y_val=form(y[200:]))
    assert watched.validation_scores_[-1] == pytest.approx(watched.score(samples[200:], y[200:]))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.linspace(0, 1, 150), "Unknown label type"),
        (np.arange(300).reshape(150, 2) % 5, "Multioutput target data is not supported"),
        (NUMBERS[1:], "inconsistent numbers of samples"),
        (np.where(NUMBERS == 1, np.nan, NUMBERS), "NaN"),
    ],
    ids=["numbers", "several outputs", "too few", "nan"],
)
def test_what_are_no_labels_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        fitted(y)


def test_other_numbers_than_1_are_labels_too():
    samples, y = make_multilabel_classification(100, 12, n_classes=4, random_state=0)
    fits = [MLPClassifier(**SETTINGS).fit(samples, each) for each in (y, y * 255)]
    np.testing.assert_array_equal(fits[0].network_.params, fits[1].network_.params)


def test_another_number_of_labels_is_refused():
    """A smaller number would be read beside the array."""
    samples, y = make_multilabel_classification(100, 12, n_classes=4, random_state=0)
    for wrong in (y[:, :3], np.hstack((y, y))):
        with pytest.raises(ValueError, match="`y` has classes not in"):
            MLPClassifier(**SETTINGS).fit(samples, y, X_val=samples, y_val=wrong)
        with pytest.raises(ValueError, match="`y` has classes not in"):
            MLPClassifier(**SETTINGS, warm_start=True).fit(samples, y).fit(samples, wrong)


def test_other_classes_later_are_refused():
    own = fitted(NAMES[NUMBERS], warm_start=True)
    with pytest.raises(ValueError, match="`y` has classes not in"):
        own.fit(X, NAMES[NUMBERS].astype("<U20") + "x")
    with pytest.raises(ValueError, match="`y` has classes not in"):
        MLPClassifier().fit(X, NUMBERS, X_val=X, y_val=NUMBERS + 1)
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        MLPClassifier().partial_fit(X, NUMBERS)
    part = MLPClassifier().partial_fit(X[:60], NUMBERS[:60], classes=[0, 1, 2])
    assert part.predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match="is not the same as on last call"):
        part.partial_fit(X, NUMBERS, classes=[0, 1])
    with pytest.raises(ValueError, match="`y` has classes not in"):
        part.partial_fit(X, NUMBERS + 5)


def test_class_weights_move_the_decision():
    """A class that counts more is predicted more often; "balanced" is the weights that it stands for."""
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((600, 2))
    y = np.where(samples[:, 0] + rng.standard_normal(600) > 1.0, "rare", "often")
    counts = {}
    for name, weights in {"none": None, "rare": {"rare": 20.0}, "balanced": "balanced"}.items():
        own = MLPClassifier(**SETTINGS, class_weight=weights).fit(samples, y)
        counts[name] = (own.predict(samples) == "rare").sum()
    assert counts["none"] < counts["balanced"] < counts["rare"]
    share = (y == "rare").mean()
    by_hand = {"rare": 0.5 / share, "often": 0.5 / (1 - share)}
    pair = [MLPClassifier(**SETTINGS, class_weight=each).fit(samples, y) for each in ("balanced", by_hand)]
    np.testing.assert_allclose(pair[0].network_.params, pair[1].network_.params, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="class"):
        MLPClassifier(class_weight={"neither": 2.0}).fit(samples, y)
