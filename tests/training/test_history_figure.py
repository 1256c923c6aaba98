"""The learning curve of a history."""

import pickle

import numpy as np
import pytest

from fastmlp import Epoch, History, InputError
from fastmlp.plots.save import png
from fastmlp.training.history_figure import history_figure


def history(*validated, accuracy=0.8):
    """A history with an epoch for each argument: whether it was validated."""
    epochs = [Epoch(number, 1 / number, accuracy, 0.1, 100.0) for number in range(1, len(validated) + 1)]
    more = {"validation_loss": 2.0, "validation_accuracy": accuracy and 0.5}
    return History(Epoch(**vars(epoch) | (more if has else {})) for epoch, has in zip(epochs, validated, strict=True))


def lines(figure):
    return [{line.get_label(): list(line.get_ydata()) for line in axes.lines} for axes in figure.axes]


def test_loss_and_accuracy_with_the_validation():
    loss, accuracy = lines(history(True, True).plot())
    assert loss == {"training": [1, 0.5], "validation": [2, 2]}
    assert accuracy == {"training": [80, 80], "validation": [50, 50]}
    assert [list(each) for each in lines(history(False, False).plot())] == [["training"], ["training"]]


def test_epochs_without_validation_leave_a_gap():
    figure = history(False, True, False).plot()
    loss, accuracy = lines(figure)
    np.testing.assert_array_equal(loss["validation"], [np.nan, 2, np.nan])
    np.testing.assert_array_equal(accuracy["validation"], [np.nan, 50, np.nan])
    assert png(figure)


def test_a_regression_has_no_accuracy():
    (loss,) = lines(history(True, True, accuracy=None).plot())
    assert loss == {"training": [1, 0.5], "validation": [2, 2]}
    assert lines(history(False, accuracy=None).plot()) == [{"training": [1.0]}]


def test_no_epochs_are_no_curve():
    with pytest.raises(InputError, match="no epochs to plot: train first"):
        History().plot()


def test_another_process_may_draw_it_with_the_test_accuracy():
    draw = pickle.loads(pickle.dumps(history_figure(history(True, True).to_columns(), 0.9)))
    assert "test, at the end: 90.00 %" in lines(draw())[1]


def test_columns_have_every_field():
    columns = history(True, False).to_columns()
    assert list(columns) == list(vars(history(True)[0]))
    assert columns["validation_loss"] == [2.0, None]
    assert History().to_columns()["epoch"] == []
