"""The error for a name that is not known."""

import pytest

from fastmlp import DivergedError, InputError
from fastmlp.errors import unknown_name


@pytest.mark.parametrize("name", ["MNIST", "mnits"])
def test_the_nearest_name_is_proposed(name):
    error = unknown_name("data set", name, ["mnist", "kmnist"])
    assert str(error) == f"Unknown data set {name!r}: did you mean 'mnist'?"


@pytest.mark.parametrize("name", ["x", 3, None])
def test_all_names_are_listed_if_none_is_near(name):
    assert str(unknown_name("loss", name, iter(["abc", "def"]))) == f"Unknown loss {name!r}: known are abc, def."


def test_errors_of_bad_input_are_value_errors():
    assert issubclass(InputError, ValueError)
    assert issubclass(DivergedError, InputError)
