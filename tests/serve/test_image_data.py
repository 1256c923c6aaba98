import dataclasses
import json

import numpy as np
import pytest

from fastmlp.datasets import load_dataset
from fastmlp.datasets.dataset import Split
from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.serve.controls import make_controls
from fastmlp.serve.image_data import ImageData

pytestmark = pytest.mark.page


def settings_for(data, **changes):
    n = len(data.dataset.train.X)
    return {name: each.default for name, each in make_controls(n, True).items()} | changes


def images(tmp_path, shape, dtype=np.uint8, classes=3, scale=255):
    rng = np.random.default_rng(0)
    X = (rng.random((60, *shape)) * (rng.random((60, *shape)) < 0.3) * scale).astype(dtype)
    np.savez(tmp_path / "images.npz", X=X, y=np.arange(60) % classes)
    return load_dataset(tmp_path / "images.npz")


def test_digits_can_be_drawn(image_data):
    assert image_data.can_draw
    told = json.loads(json.dumps(image_data.to_json()))
    assert told["n_train"] == 2000
    assert told["n_test"] == 300
    assert told["image_shape"] == [28, 28]


def test_other_classes_and_other_shapes_can_be_picked_only(image_data, tmp_path):
    clothes = dataclasses.replace(image_data.dataset, classes=("coat", *map(str, range(1, 10))))
    assert not ImageData(clothes).can_draw
    small = ImageData(images(tmp_path, (10, 12)))
    assert small.shape == (10, 12)
    assert not small.can_draw
    assert small.pictures(np.array([0, 2])).shape == (2, 10, 12)


def test_coloured_images_are_shown_in_colour_and_their_weights_are_summed(tmp_path):
    data = ImageData(images(tmp_path, (8, 9, 3)))
    assert (data.channels, data.shape, data.n_in) == (3, (8, 9), 216)
    pictures = data.pictures(np.arange(2))
    assert pictures.shape == (2, 8, 9, 3)
    first = data.dataset.test.X[0].reshape(3, 8, 9)
    np.testing.assert_array_equal(pictures[0], first.transpose(1, 2, 0))
    assert data.as_weights(np.ones((5, 216))).shape == (5, 8, 9)
    assert (data.as_weights(np.ones((5, 216))) == 3).all()


def test_light_is_shown_as_bytes(tmp_path):
    data = ImageData(images(tmp_path, (10, 10), np.float32, scale=1))
    pictures = data.pictures(np.arange(3))
    assert pictures.dtype == np.uint8
    np.testing.assert_allclose(pictures.reshape(3, -1) / 255, data.seen[:3], atol=0.5 / 255)


def test_dark_ink_is_shown_as_the_network_sees_it(image_data):
    dataset = image_data.dataset
    inverted = dataclasses.replace(
        dataset,
        train=Split(255 - dataset.train.X, dataset.train.y),
        test=Split(255 - dataset.test.X, dataset.test.y),
        schema=dataclasses.replace(dataset.schema, is_dark_on_light=True),
    )
    np.testing.assert_array_equal(ImageData(inverted).seen, dataset.test.X)


@pytest.mark.parametrize("kind", ["table", "regression"])
def test_what_is_no_set_of_images_is_one_sentence(tmp_path, kind):
    lines = [f"{k},{k * 2},{'ab'[k % 2] if kind == 'table' else k * 1.5}" for k in range(40)]
    (tmp_path / "table.csv").write_text("x,z,y\n" + "\n".join(lines))
    task = "classification" if kind == "table" else "regression"
    with pytest.raises(InputError, match="holds no images"):
        ImageData(load_dataset(tmp_path / "table.csv", label="y", task=task))


def test_fewer_training_samples_and_shuffled_labels_follow_from_the_seed(image_data):
    X, y = image_data.training_samples(settings_for(image_data, train_samples=500, shuffled_labels=0.5, seed=3))
    again = image_data.training_samples(settings_for(image_data, train_samples=500, shuffled_labels=0.5, seed=3))
    np.testing.assert_array_equal(X, again[0])
    np.testing.assert_array_equal(y, again[1])
    clean = image_data.training_samples(settings_for(image_data, train_samples=500, seed=3))
    np.testing.assert_array_equal(X, clean[0])
    assert 0.35 < (y != clean[1]).mean() < 0.55  # a tenth of the half keeps its label by chance
    np.testing.assert_array_equal(np.bincount(y), np.bincount(clean[1]))
    other = image_data.training_samples(settings_for(image_data, train_samples=500, seed=4))
    assert (other[0] != X).any()


def test_all_training_samples_are_not_copied(image_data):
    X, y = image_data.training_samples(settings_for(image_data))
    assert X is image_data.dataset.train.X
    assert y is image_data.dataset.train.y


def test_a_network_of_other_images_is_one_sentence(image_data):
    image_data.check_network(Network((784, 5, 10)), "a.safetensors")
    for network in (Network((64, 5, 10)), Network((784, 5, 9)), Network((784, 5, 10), classes=tuple("abcdefghij"))):
        with pytest.raises(InputError, match=r"^a\.safetensors has"):
            image_data.check_network(network, "a.safetensors")
