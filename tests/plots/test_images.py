"""Contact sheets: every image in its place, on one scale, with titles that do not overlap."""

import dataclasses

import numpy as np
import pytest
from helpers.figures import check_no_overlap, drawn, framed, tiles

from fastmlp.datasets import Dataset, Split
from fastmlp.errors import InputError
from fastmlp.inputs.augmentation import Augmentation
from fastmlp.plots.images import first_layer, sample_sheet, tile
from fastmlp.plots.style import titled_figure


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
    axes, color_bar = figure.axes
    scale = np.abs(weights[:, :64]).max()
    assert axes.images[0].get_clim() == (-scale, scale)
    shown = tiles(figure)
    assert list(shown) == [f"neuron {neuron}" for neuron in range(min(n_neurons, 64))]
    for neuron, pixels in enumerate(shown.values()):
        np.testing.assert_array_equal(pixels, weights[:, neuron].reshape(image_shape))
    assert np.isfinite(axes.images[0].get_array().filled(np.nan)).sum() == len(shown) * weights.shape[0]
    assert color_bar.get_ylabel() == "weight"
    ticks = [tick for tick in color_bar.get_yticklabels() if abs(tick.get_position()[1]) <= scale]
    texts = [*figure.texts, color_bar.yaxis.label, *ticks, *axes.texts]
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


# ---- sheets of samples -----------------------------------------------------------------------------------------------


@pytest.fixture
def letters():
    """Eleven classes of 2x3 pixels; class 3 has no samples, the others have 9 each, told apart by their first pixel."""
    y = np.repeat([label for label in range(11) if label != 3], 9)
    X = np.zeros((len(y), 6), np.uint8)
    X[:, 0], X[:, 5] = y + 1, np.arange(len(y))
    return Dataset("letters", Split(X, y), Split(X, y), tuple("abcdefghijk"), (2, 3))


def test_a_sheet_shows_eight_samples_of_ten_classes(letters, tmp_path):
    figure = sample_sheet(letters, Augmentation(shape=(2, 3)), seed=0)()
    assert figure.get_suptitle() == "letters"
    titles = [text.get_text() for text in figure.axes[0].texts]
    assert titles == [name for name in "abcefghijk" for _ in range(8)]
    y = letters.train.y
    rows = np.concatenate([np.flatnonzero(y == label)[:8] for label in range(11) if label != 3])
    for shown, row in zip(framed(figure), rows, strict=True):
        np.testing.assert_array_equal(shown, letters.train.X[row].reshape(2, 3))
    drawn(figure, tmp_path / "sheet.png")


def test_a_sheet_with_augmentation_shows_a_sample_and_seven_epochs(letters):
    augmentation = Augmentation(shift=1, shape=(2, 3))
    figure = sample_sheet(letters, augmentation, seed=5)()
    assert figure.get_suptitle() == f"letters: {augmentation}"
    titles = [text.get_text() for text in figure.axes[0].texts]
    assert titles == [text for name in "abcefghijk" for text in (name, *(f"epoch {n}" for n in range(1, 8)))]
    X = letters.train.X[[np.argmax(letters.train.y == label) for label in range(11) if label != 3]]
    expected = np.stack([X, *(augmentation.images(X, 5, epoch) for epoch in range(1, 8))], axis=1).reshape(-1, 2, 3)
    for shown, image in zip(framed(figure), expected, strict=True):
        np.testing.assert_array_equal(shown, image)


def test_samples_that_are_not_images_have_no_sheet(letters):
    flat = dataclasses.replace(letters, image_shape=None)
    with pytest.raises(InputError, match="The samples of letters are not images"):
        sample_sheet(flat, Augmentation(), 0)


# ---- tiles in one Axes -----------------------------------------------------------------------------------------------


def test_tiles_are_in_rows_with_names_above_and_nothing_between():
    images = np.arange(1.0, 31).reshape(5, 2, 3)
    axes = titled_figure("", 4, 4).subplots()
    shown = tile(axes, images, "five", columns=3, names=list("abcde"))
    sheet = shown.get_array()
    assert shown.get_clim() == (1, 30)
    assert [text.get_text() for text in axes.texts] == list("abcde")
    for image, text in zip(images, axes.texts, strict=True):
        x, y = text.get_position()
        left, top = round(x - 1.5), round(y + 1.5)
        np.testing.assert_array_equal(sheet[top : top + 2, left : left + 3], image)
    assert np.isfinite(sheet.filled(np.nan)).sum() == images.size


def test_signed_tiles_have_a_scale_around_0():
    images = np.array([[[-1.0, 3.0]]])
    assert tile(titled_figure("", 4, 4).subplots(), images, "", scale=2.0).get_clim() == (-2, 2)
    with pytest.raises(ValueError, match="zip"):
        tile(titled_figure("", 4, 4).subplots(), images, "", names=["a", "b"])
