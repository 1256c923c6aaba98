"""The shape of the pictures that a network's inputs are, and the sheet of its weights."""

import numpy as np
import pytest
from helpers.figures import tiles

from fastmlp import InputError, Network
from fastmlp.inputs.schema import Column, Schema
from fastmlp.network.picture_shape import picture_shape


def schema(**fields):
    return Schema(**{"scale": "as it is", "low": 0, "high": 1} | fields)


@pytest.mark.parametrize(
    ("n_in", "known", "shape"),
    [
        (784, None, (28, 28)),
        (64, None, (8, 8)),
        (64, schema(), (8, 8)),
        (12, schema(image_shape=(3, 4)), (3, 4)),
        (60, schema(image_shape=(3, 4, 5)), (12, 5)),
    ],
)
def test_the_schema_knows_the_shape_and_else_it_is_a_square(n_in, known, shape):
    assert picture_shape(n_in, known) == shape


TABLE = schema(columns=tuple(Column(f"c{number}") for number in range(100)))


@pytest.mark.parametrize(("n_in", "known"), [(783, None), (49, None), (100, TABLE)])
def test_other_inputs_are_no_picture(n_in, known):
    with pytest.raises(InputError, match=rf"^The network's {n_in} inputs are no picture: see network.weights\[0\], or"):
        Network((n_in, 4), schema=known).plot_weights()


def test_plot_weights_draws_each_neuron_of_the_first_layer():
    network = Network((12, 5, 2), schema=schema(image_shape=(3, 4)))
    shown = tiles(network.plot_weights())
    assert list(shown) == [f"neuron {number}" for number in range(5)]
    for number, image in enumerate(shown.values()):
        np.testing.assert_array_equal(image, network.weights[0][:, number].reshape(3, 4))
    network.params[0] = np.nan
    with pytest.raises(InputError, match="not finite"):
        network.plot_weights()


def test_colors_lie_below_each_other():
    network = Network((27, 2), schema=schema(image_shape=(3, 3, 3)))
    image = tiles(network.plot_weights())["neuron 1"]
    np.testing.assert_array_equal(image[3:6], network.weights[0][9:18, 1].reshape(3, 3))
