"""scikit-learn's own checks of estimators, all of them."""

import pytest

pytest.importorskip("sklearn.base")
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastmlp.sklearn import MLPClassifier, MLPRegressor

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")]

ROUNDING = "float32: sums in another order differ by 1e-7"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": ROUNDING,
    "check_sample_weight_equivalence_on_sparse_data": ROUNDING,
}


def expected_failures(estimator):
    return EXPECTED if estimator.dtype == "float32" else {}


@parametrize_with_checks(
    [kind(dtype=dtype, max_iter=100) for kind in (MLPClassifier, MLPRegressor) for dtype in ("float64", "float32")],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
