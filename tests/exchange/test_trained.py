"""The description of a trained network."""

import json

import numpy as np
import pytest

from fastmlp.errors import InputError
from fastmlp.exchange.trained import Trained
from fastmlp.inputs.schema import Column, Schema


def trained(*shapes, dtype="float32", schema=None, **more):
    weights = tuple(np.ones(shape, dtype) for shape in shapes)
    biases = tuple(np.zeros(shape[1], dtype) for shape in shapes)
    settings = {"activation": "relu", "loss": "squared_error", "classes": tuple("abc")} | more
    return Trained(weights=weights, biases=biases, schema=schema, **settings)


def test_words_and_sizes():
    network = trained((5, 4), (4, 3))
    assert network.sizes == (5, 4, 3)
    assert network.title == "5-4-3, relu, squared error"
    assert network.dtype == "float32"
    assert network.has_labels
    assert not trained((5, 3), loss="regression").has_labels


def test_names_of_inputs():
    columns = (Column("age"), Column("city", ("Bern", "Rome")), Column("", ("x",)))
    table = trained((4, 3), schema=Schema(scale="as it is", low=0.0, high=1.0, columns=columns))
    assert table.input_names == ("age", "city=Bern", "city=Rome", "column 3=x")
    assert table.has_texts
    assert json.loads(table.facts()["input_names"]) == list(table.input_names)
    plain = trained((4, 3), schema=Schema(scale="as it is", low=0.0, high=1.0, columns=(Column("a"),) * 4))
    assert not plain.has_texts
    assert trained((4, 3)).input_names == ()
    assert "input_names" not in trained((4, 3)).facts()


def test_conversion_to_another_type():
    network = trained((2, 3), (3, 3), dtype="float64")
    network.weights[1][:] = 0.1
    converted = network.converted("float32")
    assert converted.dtype == "float32"
    np.testing.assert_array_equal(converted.weights[1], np.full((3, 3), 0.1, np.float32))
    for value in (1e39, np.nan, np.inf):
        network.biases[1][0] = value
        with pytest.raises(InputError, match="Layer 1 of the network has weights that are NaN, infinite or too large"):
            network.converted("float32")
    network.biases[1][0] = 1e39
    assert network.converted("float64").biases[1][0] == 1e39
