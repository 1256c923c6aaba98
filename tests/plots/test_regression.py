"""The figure of a regression's predictions."""

import numpy as np
import pytest

from fastmlp import InputError
from fastmlp.plots.curves import loss_curve
from fastmlp.plots.regression import MOST_POINTS, MOST_TARGETS, predictions

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n_targets", [1, 2, 4, 12])
def test_a_field_for_each_target(n_targets):
    y = RNG.normal(size=(50, n_targets))
    figure = predictions(y, y + 0.1, [f"target {k}" for k in range(n_targets)])
    assert len(figure.axes) == min(n_targets, MOST_TARGETS)
    assert figure.axes[0].get_title() == "target 0"
    np.testing.assert_allclose(figure.axes[0].collections[0].get_offsets()[:, 0], y[:, 0])
    figure.canvas.draw()


def test_some_of_many_samples_are_drawn():
    y = RNG.normal(size=(3 * MOST_POINTS, 1))
    assert len(predictions(y, y, ["a"]).axes[0].collections[0].get_offsets()) == MOST_POINTS


def test_a_name_may_hold_anything():
    predictions(RNG.normal(size=(5, 1)), RNG.normal(size=(5, 1)), ["$x_{1$"]).canvas.draw()


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match="There are 2 targets, values of shape"):
        predictions(np.zeros((3, 1)), np.zeros((3, 1)), ["a", "b"])


def test_a_learning_curve_without_accuracy():
    figure = loss_curve([1, 2], [0.5, 0.25], [0.6, 0.3])
    assert [line.get_label() for line in figure.axes[0].lines] == ["training", "validation"]
    assert {float(tick) % 1 for tick in figure.axes[0].get_xticks()} == {0}
    assert loss_curve([1], [0.5]).axes[0].get_legend() is None
    with pytest.raises(InputError, match="one loss for each epoch"):
        loss_curve([1, 2], [0.5])
