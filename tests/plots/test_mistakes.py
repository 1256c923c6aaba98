"""Confusion matrices and worst mistakes: counts, order, names, and refused input."""

import numpy as np
import pytest
from helpers.figures import DIGITS, EMNIST, FASHION, check_no_overlap, drawn, labels, tiles

from fastmlp.errors import InputError
from fastmlp.plots.mistakes import confusion_matrix, worst_mistakes
from fastmlp.plots.style import class_names


def test_confusion_matrix_has_truth_in_rows_and_answers_in_columns(tmp_path):
    figure = confusion_matrix(np.array([0, 0, 0, 1, 2, 2]), np.array([0, 2, 2, 1, 2, 1]), ["a", "b", "c"])
    axes, color_bar = figure.axes
    assert axes.get_title() == "Confusion matrix: 50.00 % of 6 right"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("the network's answer", "true class")
    assert color_bar.get_ylabel() == "mistakes (images)"
    numbers = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}
    assert numbers == {(0, 0): "1", (0, 2): "2", (1, 1): "1", (2, 2): "1", (2, 1): "1"}
    drawn(figure, tmp_path / "matrix.png")


def test_the_diagonal_does_not_drown_the_mistakes():
    figure = confusion_matrix(np.array([0] * 1000 + [1]), np.array([0] * 998 + [1, 1, 1]), ["a", "b"])
    cells = figure.axes[0].images[0]
    assert cells.get_clim() == (0, 2)
    assert cells.get_array().mask.tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    "classes",
    [
        FASHION,
        [f"{letter} of a long name" for letter in "ABCDEFGHIJ"],
        [chr(65 + i) for i in range(26)],
        EMNIST,
        [f"class {letter}, also long" for letter in EMNIST],
        ["only"],
    ],
    ids=["fashion", "long", "letters", "emnist", "emnist-long", "one"],
)
def test_confusion_matrix_of_many_and_long_names_has_no_overlapping_text(tmp_path, classes):
    figure = confusion_matrix(*labels(len(classes)), classes)
    axes = figure.axes[0]
    texts = [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
    assert [label.get_text() for label in axes.get_yticklabels()] == class_names(classes)
    check_no_overlap(figure, texts)
    check_no_overlap(figure, axes.texts[:100])
    drawn(figure, tmp_path / "matrix.png")


@pytest.mark.parametrize("classes", [DIGITS, EMNIST])
def test_large_counts_fit_into_their_cells(classes):
    figure = confusion_matrix(*labels(len(classes), 1_500_000, wrong=0.5), classes)
    assert max(len(text.get_text()) for text in figure.axes[0].texts) >= 5
    check_no_overlap(figure, figure.axes[0].texts[:200])


def test_confusion_matrix_without_mistakes(tmp_path):
    y, _ = labels(10)
    figure = confusion_matrix(y, y, DIGITS)
    assert "100.00 %" in figure.axes[0].get_title()
    drawn(figure, tmp_path / "matrix.png")


def test_confusion_matrix_refuses_labels_that_do_not_fit():
    with pytest.raises(InputError, match="Labels run from 0 to 3: 3 classes"):
        confusion_matrix(np.array([0, 3]), np.array([0, 1]), ["a", "b", "c"])
    with pytest.raises(InputError, match="Labels run from -1"):
        confusion_matrix(np.array([0, 1]), np.array([0, -1]), ["a", "b", "c"])
    with pytest.raises(InputError, match="2 labels but 1 answers"):
        confusion_matrix(np.array([0, 1]), np.array([0]), ["a", "b"])
    for labels_ in (np.array([], dtype=int), np.array([0.0, 1.0]), np.zeros((2, 2), dtype=int)):
        with pytest.raises(InputError, match="1-D array of integers"):
            confusion_matrix(labels_, labels_, ["a", "b"])


def four_images():
    """Images 1 and 3 are wrong, 3 with more certainty than 1; 2 is wrong by a hair."""
    X = np.arange(1, 5, dtype=np.uint8)[:, None] * np.array([[1, 1, 2, 3, 4, 60]], dtype=np.uint8)
    X[:, 1:5] = np.random.default_rng(0).integers(5, 60, (4, 4))
    outputs = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.82, 0.81, 0.01], [0.02, 0.0, 0.98]])
    return X, np.array([0, 0, 1, 0]), outputs


def test_worst_mistakes_are_in_order_of_certainty(tmp_path):
    X, y_true, outputs = four_images()
    figure = worst_mistakes(X, y_true, outputs, ["4", "7", "9"], (2, 3))
    shown = tiles(figure)
    assert list(shown) == ["4, said 9 (0.98)", "4, said 7 (0.70)", "7, said 4 (0.82)"]
    for pixels, i in zip(shown.values(), (3, 1, 2), strict=True):
        np.testing.assert_allclose(pixels, (X[i].reshape(2, 3) - X[i].min()) / np.ptp(X[i]))
    assert figure.get_suptitle().startswith("Worst mistakes: the surest 3 of 3")
    drawn(figure, tmp_path / "worst.png")
    two = worst_mistakes(X, y_true, outputs, ["4", "7", "9"], (2, 3), n=2)
    assert list(tiles(two)) == list(shown)[:2]
    assert two.get_suptitle().startswith("Worst mistakes: the surest 2 of 3")


@pytest.mark.parametrize("classes", [DIGITS, FASHION, ["a name far longer than all of these"] * 10])
@pytest.mark.parametrize("n", [1, 7, 25])
def test_titles_of_worst_mistakes_do_not_overlap(tmp_path, classes, n):
    rng = np.random.default_rng(0)
    figure = worst_mistakes(
        rng.integers(0, 256, (50, 784)), rng.integers(0, 10, 50), rng.random((50, 10)), classes, (28, 28), n
    )
    check_no_overlap(figure, [*figure.texts, *figure.axes[0].texts])
    drawn(figure, tmp_path / "worst.png")


def test_worst_mistakes_when_there_are_none(tmp_path):
    figure = worst_mistakes(np.zeros((3, 4)), np.array([0, 1, 0]), np.eye(2)[[0, 1, 0]], ["a", "b"], (2, 2))
    assert "no mistakes: all 3 images are right" in [text.get_text() for text in figure.texts]
    assert len(figure.axes) == 1  # Jupyter does not show a figure that has none
    drawn(figure, tmp_path / "none.png")


def test_worst_mistakes_refuses_what_does_not_fit():
    X, y_true, outputs = four_images()
    with pytest.raises(InputError, match="do not fit 3 classes"):
        worst_mistakes(X[:3], y_true, outputs, ["4", "7", "9"], (2, 3))
    with pytest.raises(InputError, match="do not fit 4 classes"):
        worst_mistakes(X, y_true, outputs, ["4", "7", "9", "1"], (2, 3))
    with pytest.raises(InputError, match="6 inputs do not make an image of 2 x 2"):
        worst_mistakes(X, y_true, outputs, ["4", "7", "9"], (2, 2))
    with pytest.raises(InputError, match="at least 1"):
        worst_mistakes(X, y_true, outputs, ["4", "7", "9"], (2, 3), n=0)


def test_class_names_may_be_any_text(tmp_path):
    classes = ["$x^2$", r"\frac{$", "お", "two\nlines", "", "cost: $5 and $6", "Ä"]
    assert class_names(classes)[2:5] == ["class 2", "two lines", "class 4"]
    y_true, y_pred = labels(len(classes))
    figure = confusion_matrix(y_true, y_pred, classes)
    assert figure.axes[0].get_xticklabels()[0].get_text() == "$x^2$"
    assert not figure.axes[0].get_xticklabels()[0].get_parse_math()
    drawn(figure, tmp_path / "matrix.png")
    outputs = np.random.default_rng(0).random((len(y_true), len(classes)))
    figure = worst_mistakes(np.zeros((len(y_true), 4)), y_true, outputs, classes, (2, 2))
    assert not any(text.get_parse_math() for text in figure.axes[0].texts)
    drawn(figure, tmp_path / "worst.png")
