"""The messages of errors: one short line, whatever they quote."""

import pickle

import pytest

from fastmlp import DivergedError, InputError
from fastmlp.errors import LONGEST_MESSAGE, one_line, printable, reason, shown, unknown_name


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


def test_a_message_is_one_line_of_printable_characters():
    error = InputError("a.csv, line 3: \x1b[2J\n\t\udcff\u202e\x00 is no number.")
    assert str(error) == r"a.csv, line 3: \x1b[2J\n\t\udcff\u202e\x00 is no number."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(InputError("Größe 東 is 3.")) == "Größe 東 is 3."


@pytest.mark.parametrize("quoted", ["x" * 100_000, "\x1b" * 100_000, "a b\n" * 1000])
def test_a_long_message_keeps_its_beginning_and_its_end(quoted):
    message = str(InputError(f"a.csv, line 3: {quoted} is no number: remove it."))
    assert len(message) <= LONGEST_MESSAGE
    assert message.isprintable()
    assert message.startswith("a.csv, line 3: ")
    assert message.endswith(" is no number: remove it.")
    assert " ... " in message


def test_a_message_that_just_fits_is_whole():
    assert str(InputError("x" * LONGEST_MESSAGE)) == "x" * LONGEST_MESSAGE
    assert len(one_line("x" * (LONGEST_MESSAGE + 1))) == LONGEST_MESSAGE


def test_values_are_shown_short():
    assert shown("abc") == "'abc'"
    assert shown("x" * 78) == repr("x" * 78)
    assert shown("x" * 1000) == f"'{'x' * 59}... (1,002 characters)"
    assert shown(10**5000) == "int that is too large to be shown"
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert shown(nested) == "list that is too large to be shown"


def test_reasons_of_other_libraries_are_one_line():
    assert reason(ValueError("odd\nmany lines")) == "odd"
    assert reason(OSError(5, "Input/output error")) == "Input/output error"
    assert reason(MemoryError()) == "MemoryError"
    assert reason(ValueError("\x1b[2J.")) == r"\x1b[2J"
    assert len(reason(ValueError("x" * 1000))) == 100


def test_only_what_does_not_print_is_escaped():
    assert printable("a\\n é") == "a\\n é"
    assert printable("a\n\xa0") == r"a\n\xa0"
