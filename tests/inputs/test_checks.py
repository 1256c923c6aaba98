"""Checks of single values: what they accept, what they return, and the sentence for what they refuse."""

import math
import re

import numpy as np
import pytest

from fastmlp.errors import InputError, shown
from fastmlp.inputs.checks import (
    as_layers,
    as_seed,
    below_one,
    between_zero_and_one,
    known_name,
    not_negative,
    parse_options,
    positive_float,
    positive_int,
)

NO_NUMBERS = (None, True, "", "x", [], [1], math.nan, 1j, 10**400)


def refused(check, *arguments):
    """Return the message with which a check refuses its arguments."""
    with pytest.raises(InputError) as error:
        check(*arguments)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("value", [1, 7, np.int64(7), np.uint8(7), 10**30])
def test_positive_int(value):
    assert positive_int("epochs", value) == value
    assert type(positive_int("epochs", value)) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, "3", True, None, np.float64(3)])
def test_positive_int_refuses(value):
    assert refused(positive_int, "epochs", value) == f"epochs is {value!r}: pass a whole number of at least 1."


RANGES = [  # check, accepted, refused, what to pass
    (positive_float, (1e-300, 1, 3.5, 1e300), (0, -1, math.inf), "a positive number"),
    (not_negative, (0, 1e-300, 1, 1e300), (-1e-300, -1, math.inf), "a number of at least 0"),
    (below_one, (0, 0.5, math.nextafter(1, 0)), (-1e-300, 1, 2, math.inf), "a number from 0 to below 1"),
    (between_zero_and_one, (1e-300, 0.5, math.nextafter(1, 0)), (0, 1, -1), "a number above 0 and below 1"),
]


@pytest.mark.parametrize(("check", "value"), [(check, value) for check, good, *_ in RANGES for value in good])
def test_numbers_in_a_range(check, value):
    for given in (value, np.float64(value), str(value)):
        assert check("rate", given) == value
        assert type(check("rate", given)) is float


@pytest.mark.parametrize(
    ("check", "value", "words"),
    [(check, value, words) for check, _, bad, words in RANGES for value in (*bad, *NO_NUMBERS)],
)
def test_numbers_out_of_a_range_are_refused(check, value, words):
    assert refused(check, "rate", value) == f"rate is {shown(value)}: pass {words}."


def test_a_seed_is_a_whole_number_from_0():
    assert as_seed(0) == 0
    assert as_seed(np.uint32(2**32 - 1)) == 2**32 - 1
    for value in (-1, 1.0, "1", None, False):
        assert refused(as_seed, value) == f"seed is {value!r}: pass a whole number of at least 0."


def test_a_known_name_is_returned_and_the_nearest_is_proposed():
    assert known_name("loss", "mse", {"mse": 1, "mae": 2}) == "mse"
    with pytest.raises(InputError, match="Unknown loss 'msee': did you mean 'mse'"):
        known_name("loss", "msee", ["mse", "other"])
    with pytest.raises(InputError, match="Unknown loss 3: known are mse, other"):
        known_name("loss", 3, ["mse", "other"])


@pytest.mark.parametrize(
    ("value", "layers"),
    [
        ("none", ()),
        (" None ", ()),
        ("16", (16,)),
        (" 256 , 128 ", (256, 128)),
        ([], ()),
        ([16, 16], (16, 16)),
        ((16,), (16,)),
    ],
)
def test_layers(value, layers):
    assert as_layers("hidden", value) == layers


@pytest.mark.parametrize("value", ["", "16,", "16;16", "0", "-1", "1.5", "9" * 19, [0], [1.0], [True], 16, None, [[1]]])
def test_wrong_layers_are_refused(value):
    wanted = f"hidden is {value!r}: pass positive widths between commas, such as 16,16, or none."
    assert refused(as_layers, "hidden", value) == wanted


def test_a_long_value_is_shortened_in_the_message():
    message = refused(as_layers, "hidden", "1" * 100_000)
    assert "... (100,002 characters): pass positive widths" in message
    assert len(message) < 200


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        (" , ", {}),
        ("shift=1", {"shift": "1"}),
        (" shift = 1 , scale=0.1,", {"shift": "1", "scale": "0.1"}),
        ("shift=a=b", {"shift": "a=b"}),
        ("shift=", {"shift": ""}),
    ],
)
def test_options(text, options):
    assert parse_options(text, "augmentation", ("shift", "scale")) == options


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shift", "The augmentation has 'shift': pass settings such as shift=1, between commas."),
        ("shift=1,2", "The augmentation has '2': pass settings such as shift=1, between commas."),
        ("shfit=1", "Unknown setting of the augmentation 'shfit': did you mean 'shift'?"),
        ("shift=1,shift=1", "The augmentation has shift twice: pass each setting once."),
    ],
)
def test_wrong_options_are_refused(text, message):
    with pytest.raises(InputError, match=re.escape(message) + "$"):
        parse_options(text, "augmentation", ("shift", "scale"))
