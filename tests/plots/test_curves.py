"""Learning curves: their lines and labels, and edge cases."""

import numpy as np
import pytest
from helpers.figures import check_no_overlap, drawn

from fastmlp.errors import InputError
from fastmlp.plots.curves import learning_curve


def test_learning_curve_shows_loss_and_accuracy(tmp_path):
    epochs = np.arange(1, 31)
    figure = learning_curve(epochs, 1 / epochs, 1 - 0.1 / epochs, test_accuracy=0.9623)
    upper, lower = figure.axes
    assert figure.get_suptitle() == "Learning curve"
    assert (upper.get_ylabel(), lower.get_ylabel(), lower.get_xlabel()) == ("loss", "accuracy (%)", "epoch")
    np.testing.assert_allclose(upper.lines[0].get_ydata(), 1 / epochs)
    np.testing.assert_allclose(lower.lines[0].get_ydata(), 100 - 10 / epochs)
    assert [text.get_text() for text in lower.get_legend().get_texts()] == ["training", "test, at the end: 96.23 %"]
    assert lower.lines[0].get_color() != lower.lines[1].get_color()
    assert upper.get_shared_x_axes().joined(upper, lower)
    drawn(figure, tmp_path / "curve.png")


def test_learning_curve_shows_validation(tmp_path):
    figure = learning_curve([1, 2], [0.5, 0.4], [0.8, 0.9], 0.85, ([0.6, 0.55], [0.75, 0.7]))
    upper, lower = figure.axes
    np.testing.assert_allclose(upper.lines[1].get_ydata(), [0.6, 0.55])
    np.testing.assert_allclose(lower.lines[1].get_ydata(), [75, 70])
    assert upper.lines[1].get_color() == lower.lines[1].get_color() != upper.lines[0].get_color()
    names = [text.get_text() for text in lower.get_legend().get_texts()]
    assert names == ["training", "validation", "test, at the end: 85.00 %"]
    drawn(figure, tmp_path / "curve.png")
    with pytest.raises(InputError, match=r"not \[2, 2, 2, 1, 1\] numbers"):
        learning_curve([1, 2], [0.5, 0.4], [0.8, 0.9], validation=([0.6], [0.7]))


@pytest.mark.parametrize(("loss", "accuracy"), [(0.3, 0.6), (1.7e-4, 0.99991), (2.3e5, 0.1), (1e-6, 1.0)])
def test_labels_of_a_learning_curve_do_not_overlap(loss, accuracy):
    figure = learning_curve([1, 2], [loss, loss / 2], [accuracy - 1e-5, accuracy], test_accuracy=accuracy - 2e-5)
    upper, lower = figure.axes
    for axes in (upper, lower):
        figure.draw_without_rendering()
        (low, high), ticks = axes.get_ylim(), axes.get_yticklabels()
        shown = [tick for tick in ticks if low <= tick.get_position()[1] <= high]
        check_no_overlap(figure, [*figure.texts, upper.yaxis.label, lower.yaxis.label, lower.xaxis.label, *shown])


def test_learning_curve_of_one_epoch_is_a_visible_marker(tmp_path):
    figure = learning_curve([1], [0.3], [0.91])
    for axes in figure.axes:
        assert axes.lines[0].get_marker() == "o"
        assert axes.lines[0].get_markersize() > 3
        assert axes.get_legend() is None
    pixels = drawn(figure, tmp_path / "curve.png")
    blue = (pixels.astype(int) - [0, 114, 178]).__abs__().max(axis=2) < 30
    assert blue.sum() > 100


def test_learning_curve_of_a_run_that_diverged(tmp_path):
    drawn(learning_curve([1, 2, 3], [0.5, np.inf, np.nan], [0.5, 0.1, 0.1], 0.1), tmp_path / "some.png")
    drawn(learning_curve([1, 2], [np.nan, np.nan], [0.1, 0.1]), tmp_path / "all.png")


@pytest.mark.parametrize("arguments", [([], [], []), ([1, 2], [0.5], [0.9, 0.9]), ([1], [0.5], [0.9, 0.9])])
def test_learning_curve_needs_equal_lengths(arguments):
    with pytest.raises(InputError, match="one loss and one accuracy for each epoch"):
        learning_curve(*arguments)
