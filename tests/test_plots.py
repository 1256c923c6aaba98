"""Figures: what they show, the edge cases, and that a file is written whole or not at all."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp import plots
from fastmlp.errors import InputError
from fastmlp.plots import confusion_matrix, first_layer, learning_curve, save_figure, worst_mistakes

FASHION = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
DIGITS = [str(digit) for digit in range(10)]
EMNIST = list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")


def drawn(figure, path):
    """Save the figure (warnings are errors), check its size, and return the pixels."""
    save_figure(figure, path)
    assert path.stat().st_size < 500_000
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def check_no_overlap(figure, texts):
    """No two of these texts cover each other, and none leaves the figure."""
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]
    width, height = figure.get_size_inches() * figure.dpi
    for box in boxes:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1
    for a, b in itertools.combinations(boxes, 2):
        assert not a.overlaps(b)


def tiles(figure):
    """Return what the frames on a sheet of images enclose, by the title above each, in the order of reading."""
    axes = figure.axes[0]
    sheet = axes.images[0].get_array()
    shown = {}
    for text, path in zip(axes.texts, axes.collections[0].get_paths(), strict=True):
        (left, top), (right, bottom) = path.vertices.min(axis=0), path.vertices.max(axis=0)
        x, y = text.get_position()
        assert x == (left + right) / 2
        assert bottom - 2 * (bottom - top) < y < top
        shown[text.get_text()] = sheet[int(top + 0.5) : int(bottom + 0.5), int(left + 0.5) : int(right + 0.5)]
        assert shown[text.get_text()].shape == (bottom - top, right - left)
    corners = [path.vertices.min(axis=0)[::-1].tolist() for path in axes.collections[0].get_paths()]
    assert corners == sorted(corners)
    return shown


def labels(n_classes, n=4000, wrong=0.1):
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, n_classes, n)
    return y_true, np.where(rng.random(n) < wrong, rng.integers(0, n_classes, n), y_true)


# ---- learning curve --------------------------------------------------------------------------------------------------


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
        check_no_overlap(figure, [figure._suptitle, upper.yaxis.label, lower.yaxis.label, lower.xaxis.label, *shown])


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


# ---- first layer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_neurons", "image_shape", "title"),
    [
        (1, (28, 28), "1 neuron"),
        (16, (28, 28), "16 neurons"),
        (100, (28, 28), "64 of 100 neurons"),
        (5, (4, 50), "5 neurons"),
        (3, (30, 1), "3 neurons"),
    ],
)
def test_first_layer_draws_every_neuron_on_one_scale(tmp_path, n_neurons, image_shape, title):
    weights = 0.02 * np.random.default_rng(0).normal(size=(image_shape[0] * image_shape[1], n_neurons))
    figure = first_layer(weights, image_shape)
    assert figure.get_suptitle() == f"Weights of the first layer: {title}"
    axes, colour_bar = figure.axes
    scale = np.abs(weights[:, :64]).max()
    assert axes.images[0].get_clim() == (-scale, scale)
    shown = tiles(figure)
    assert list(shown) == [f"neuron {neuron}" for neuron in range(min(n_neurons, 64))]
    for neuron, pixels in enumerate(shown.values()):
        np.testing.assert_array_equal(pixels, weights[:, neuron].reshape(image_shape))
    assert np.isfinite(axes.images[0].get_array().filled(np.nan)).sum() == len(shown) * weights.shape[0]
    assert colour_bar.get_ylabel() == "weight"
    ticks = [tick for tick in colour_bar.get_yticklabels() if abs(tick.get_position()[1]) <= scale]
    texts = [figure._suptitle, colour_bar.yaxis.label, *ticks, *axes.texts]
    check_no_overlap(figure, texts)
    drawn(figure, tmp_path / "layer.png")


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_first_layer_with_constant_weights(tmp_path, value):
    figure = first_layer(np.full((784, 4), value, dtype=np.float32), (28, 28))
    low, high = figure.axes[0].images[0].get_clim()
    assert low == -high < 0
    drawn(figure, tmp_path / "layer.png")


def test_first_layer_refuses_what_it_can_not_draw():
    with pytest.raises(InputError, match="784 inputs do not make an image of 28 x 27"):
        first_layer(np.zeros((784, 4)), (28, 27))
    with pytest.raises(InputError, match=r"shape \(n_in, n_out\)"):
        first_layer(np.zeros(784), (28, 28))
    with pytest.raises(InputError, match="not finite"):
        first_layer(np.full((784, 4), np.nan), (28, 28))


# ---- confusion matrix ------------------------------------------------------------------------------------------------


def test_confusion_matrix_has_truth_in_rows_and_answers_in_columns(tmp_path):
    figure = confusion_matrix(np.array([0, 0, 0, 1, 2, 2]), np.array([0, 2, 2, 1, 2, 1]), ["a", "b", "c"])
    axes, colour_bar = figure.axes
    assert axes.get_title() == "Confusion matrix: 50.00 % of 6 right"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("the network's answer", "true class")
    assert colour_bar.get_ylabel() == "mistakes (images)"
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
    assert [label.get_text() for label in axes.get_yticklabels()] == plots._names(classes)
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


# ---- worst mistakes --------------------------------------------------------------------------------------------------


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
    check_no_overlap(figure, [figure._suptitle, *figure.axes[0].texts])
    drawn(figure, tmp_path / "worst.png")


def test_worst_mistakes_when_there_are_none(tmp_path):
    figure = worst_mistakes(np.zeros((3, 4)), np.array([0, 1, 0]), np.eye(2)[[0, 1, 0]], ["a", "b"], (2, 2))
    assert "no mistakes: all 3 images are right" in [text.get_text() for text in figure.texts]
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


# ---- names and files -------------------------------------------------------------------------------------------------


def test_class_names_may_be_any_text(tmp_path):
    classes = ["$x^2$", r"\frac{$", "お", "two\nlines", "", "cost: $5 and $6", "Ä"]
    assert plots._names(classes)[2:5] == ["class 2", "two lines", "class 4"]
    y_true, y_pred = labels(len(classes))
    figure = confusion_matrix(y_true, y_pred, classes)
    assert figure.axes[0].get_xticklabels()[0].get_text() == "$x^2$"
    assert not figure.axes[0].get_xticklabels()[0].get_parse_math()
    drawn(figure, tmp_path / "matrix.png")
    outputs = np.random.default_rng(0).random((len(y_true), len(classes)))
    figure = worst_mistakes(np.zeros((len(y_true), 4)), y_true, outputs, classes, (2, 2))
    assert not any(text.get_parse_math() for text in figure.axes[0].texts)
    drawn(figure, tmp_path / "worst.png")


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        save_figure(learning_curve([1, 2], [0.5, 0.4], [0.8, 0.9]), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_figure_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "curve.png"
    path.write_bytes(b"the old one")
    figure = learning_curve([1], [0.5], [0.8])

    def fails(_image, file, **_options):
        Path(file).write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", fails)
    with pytest.raises(InputError, match="No space left"):
        save_figure(figure, path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_save_figure_refuses_other_names_and_folders_that_are_not_there(tmp_path):
    figure = learning_curve([1], [0.5], [0.8])
    with pytest.raises(InputError, match=r"ends in \.png"):
        save_figure(figure, tmp_path / "curve.pdf")
    with pytest.raises(InputError, match="No such file or directory"):
        save_figure(figure, tmp_path / "nowhere" / "curve.png")
    assert list(tmp_path.iterdir()) == []
