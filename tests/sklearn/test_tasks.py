"""scikit-learn's callbacks hear of each epoch, may look at the network, and may end the training."""

import numpy as np
import pytest

pytest.importorskip("sklearn.callback")
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from fastmlp.sklearn import MLPClassifier, MLPRegressor

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]
X, Y = load_iris(return_X_y=True)
X = scale(X)


class Hears:
    """A callback that keeps what it hears."""

    def __init__(self, end_after=None):
        self.end_after, self.begun, self.ended, self.open, self.scores = end_after, 0, 0, False, []

    def setup(self, estimator, context):
        self.open = True

    def teardown(self, estimator, context):
        self.open = False

    def on_fit_task_begin(self, estimator, context):
        self.begun += 1

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.ended += 1
        self.scores.append(fitted_estimator.score(X, y))
        return self.ended == self.end_after


@pytest.mark.parametrize(
    "settings",
    [{"max_iter": 7}, {"max_iter": 500, "tol": 0.05}, {"solver": "lbfgs", "max_iter": 9}, {"early_stopping": True}],
    ids=str,
)
def test_each_epoch_is_a_task(settings):
    hears = Hears()
    own = MLPClassifier(random_state=0, learning_rate_init=0.01, **settings).set_callbacks(hears).fit(X, Y)
    assert hears.begun == hears.ended == own.n_iter_ + 1  # and the fit itself
    assert not hears.open
    assert hears.scores[-1] == own.score(X, Y)
    assert len(set(hears.scores)) > 2
    plain = MLPClassifier(random_state=0, learning_rate_init=0.01, **settings).fit(X, Y)
    np.testing.assert_array_equal(own.network_.params, plain.network_.params)


def test_a_callback_ends_the_training():
    assert MLPClassifier(random_state=0).set_callbacks(Hears(end_after=4)).fit(X, Y).n_iter_ == 4
    assert MLPRegressor(random_state=0, solver="lbfgs").set_callbacks(Hears(end_after=4)).fit(X, Y).n_iter_ == 4


class HearsAlone(Hears):
    def on_fit_task_end(self, estimator, context):
        self.ended += 1


def test_a_training_that_fails_closes_the_callbacks():
    hears = HearsAlone()
    with pytest.raises(ValueError, match="loss became NaN"):
        MLPRegressor(solver="sgd", learning_rate_init=1e30).set_callbacks(hears).fit(X, Y)
    assert not hears.open


def test_scikit_learns_own_callbacks():
    monitor = ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5, random_state=0).set_callbacks(monitor))
    pipeline.fit(X, Y)
    scores = [row["accuracy"] for row in monitor.get_logs(select="most_recent").data if row["task_name"] == "epoch"]
    assert len(scores) == 5
    assert scores[-1] == pipeline.score(X, Y)


def test_a_progress_bar_over_a_search(capfd):
    pytest.importorskip("rich")
    search = GridSearchCV(MLPClassifier(max_iter=3), {"alpha": [0.1, 0.2]}, cv=2).set_callbacks(ProgressBar())
    search.fit(X, Y)
    assert "MLPClassifier" in "".join(capfd.readouterr())
