"""Preparations: the same inputs as the schema's own, for each type of samples."""

import numpy as np
import pytest
from helpers.exchange import CASES, TABLE, images

from fastmlp.errors import InputError
from fastmlp.exchange.preparation import make_preparation
from fastmlp.inputs.arrays import as_inputs
from fastmlp.inputs.schema import Schema


@pytest.mark.parametrize("name", CASES)
def test_an_input_is_what_the_schema_makes_of_it(name):
    network, X, inputs = CASES[name]
    scale, offset = make_preparation(network.schema, X.shape[1], inputs, "float64").affine(X.shape[1])
    wanted = as_inputs(X, X.shape[1], np.dtype("float64"), schema=network.schema)
    wanted = wanted / 255 if wanted.dtype == np.uint8 else wanted
    np.testing.assert_allclose(scale * X + offset, wanted, rtol=1e-6, atol=1e-6)


LIGHT = Schema(scale="pixels", low=0.0, high=1.0, image_shape=(3, 5, 5))
BYTES = Schema(scale="pixels", low=0.0, high=255.0, image_shape=(5, 5), is_dark_on_light=True)
PLAIN = Schema(scale="as it is", low=0.0, high=255.0)
STANDARDIZED = Schema(scale="standardized", low=0.0, high=9.0, mean=(1.0,), deviation=(2.0,), is_dark_on_light=True)


@pytest.mark.parametrize(
    ("schema", "n_in", "inputs", "dtype", "taken", "words"),
    [
        (None, 63, None, "float32", "float32", "numbers, taken as they are"),
        (None, 64, None, "float32", "uint8", "pixels from 0 to 255, divided by 255 inside"),
        (None, 64, "float64", "float32", "float64", "numbers, taken as they are"),
        (None, 3, "uint8", "float32", "uint8", "pixels from 0 to 255, divided by 255 inside"),
        (None, 3, None, "float64", "float64", "numbers, taken as they are"),
        (LIGHT, 75, None, "float32", "float32", "pixels from 0 to 1 (3x5x5, planes of red, green and blue), taken as"),
        (LIGHT, 75, "uint8", "float32", "uint8", "pixels from 0 to 255 (3x5x5, planes of red, green and blue), divid"),
        (BYTES, 25, None, "float64", "uint8", "divided by 255 and inverted (dark ink on light paper) inside"),
        (BYTES, 25, "float32", "float32", "float32", "pixels from 0 to 1 (5x5, row by row), inverted (dark ink on lig"),
        (PLAIN, 64, None, "float32", "float32", "numbers, taken as they are"),
        (PLAIN, 64, "uint8", "float32", "uint8", "numbers, taken as they are"),
        (STANDARDIZED, 1, None, "float64", "float64", "numbers in the units of the training, standardized inside"),
    ],
)
def test_the_type_that_is_chosen_and_the_words(schema, n_in, inputs, dtype, taken, words):
    preparation = make_preparation(schema, n_in, inputs, dtype)
    assert preparation.dtype == taken
    assert words in str(preparation)


def test_an_unknown_type_is_refused():
    with pytest.raises(InputError, match="Unknown inputs 'int8': did you mean 'uint8'"):
        make_preparation(None, 3, "int8", "float32")


def test_columns_far_from_zero_are_noticed():
    def loses_digits(mean, deviation):
        schema = Schema(scale="standardized", low=0.0, high=9.0, mean=mean, deviation=deviation)
        return make_preparation(schema, 2, None, "float32").loses_digits

    assert loses_digits((0.0, 1.7e9), (1.0, 3600.0))
    assert not loses_digits((0.0, 2000.0), (1.0, 10.0))
    assert not make_preparation(None, 2, None, "float32").loses_digits


def test_bytes_that_are_no_pixels_are_numbers():
    X = images(5)
    scale, offset = make_preparation(PLAIN, 784, "uint8", "float32").affine(784)
    np.testing.assert_array_equal(scale * X + offset, X)
    assert TABLE.dtype == np.float64
