import dataclasses

import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.serve.image_data import ImageData
from fastmlp.serve.shown_image import blank_image, drawn_image, noise_image, picked_image

pytestmark = pytest.mark.page


def test_a_test_image_has_its_place_and_label(image_data):
    image = picked_image(image_data, 7, seq=3)
    assert (image.source, image.index, image.seq) == ("test", 7, 3)
    assert image.label == image_data.labels[7]
    np.testing.assert_array_equal(image.picture.reshape(-1), image_data.seen[7])
    np.testing.assert_allclose(image.x, image_data.seen[7] / 255, rtol=1e-6)


@pytest.mark.parametrize("index", [-1, 300, None, "7", 1.5, [], 10**30])
def test_there_is_no_such_test_image(image_data, index):
    with pytest.raises(InputError, match="no test image"):
        picked_image(image_data, index)


def test_noise_fills_the_whole_range_and_is_new_each_time(image_data):
    rng = np.random.default_rng(0)
    first, second = noise_image(image_data, rng), noise_image(image_data, rng)
    assert first.picture.min() < 5
    assert first.picture.max() > 250
    assert (first.picture != second.picture).any()


def test_an_empty_drawing_is_blank(image_data):
    assert drawn_image(image_data, np.zeros((50, 50), np.uint8), 1).is_blank
    assert blank_image(image_data).is_blank
    drawing = np.zeros((50, 50), np.uint8)
    drawing[10:40, 20:24] = 255
    image = drawn_image(image_data, drawing, 5)
    assert not image.is_blank
    assert (image.source, image.seq) == ("drawing", 5)


def test_clothes_can_not_be_drawn(image_data):
    clothes = ImageData(dataclasses.replace(image_data.dataset, classes=tuple("abcdefghij")))
    with pytest.raises(InputError, match="pick a test image"):
        drawn_image(clothes, np.zeros((50, 50), np.uint8), 1)
