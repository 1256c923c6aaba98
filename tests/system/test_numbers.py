"""A number of a file is one that a float can hold."""

import json

import pytest

from fastmlp.system.numbers import is_number


@pytest.mark.parametrize("text", ["0", "-3", "0.5", "1e308", "1e400", "NaN", "-Infinity", "1" + 308 * "0"])
def test_a_number(text):
    assert is_number(json.loads(text))


@pytest.mark.parametrize("text", ['"1"', "null", "[1]", "{}", "1" + 400 * "0", "-1" + 400 * "0"])
def test_no_number(text):
    assert not is_number(json.loads(text))
