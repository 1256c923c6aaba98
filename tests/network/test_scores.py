"""Scores of a regression."""

import numpy as np
import pytest

from fastmlp import InputError
from fastmlp.network.scores import regression_scores

Y = np.array([[1.0, 10.0], [2.0, 10.0], [3.0, 10.0]])


def test_each_target_has_its_scores():
    scores = regression_scores(Y, Y + np.array([[1.0, 3.0], [-1.0, 0.0], [1.0, 3.0]]))
    assert scores.r2[0] == pytest.approx(1 - 1 / (2 / 3))
    assert np.isnan(scores.r2[1])
    assert scores.rmse == pytest.approx((1.0, np.sqrt(6)))


def test_perfect_predictions_and_the_mean():
    assert regression_scores(Y[:, :1], Y[:, :1]) == ((1.0,), (0.0,))
    assert regression_scores(Y[:, :1], np.full((3, 1), 2.0)).r2 == (0.0,)


@pytest.mark.parametrize("shape", [(3,), (2, 2), (3, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(InputError, match="can't be compared"):
        regression_scores(Y, np.zeros(shape))
