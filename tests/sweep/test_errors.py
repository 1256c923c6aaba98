"""ConfigError: the message names the entry, or the place where the user wrote it."""

import pickle

import pytest

from fastmlp.errors import InputError
from fastmlp.inputs.checks import known_name, positive_int
from fastmlp.sweep.errors import ConfigError, check, located


def test_the_key_is_named_once():
    with pytest.raises(ConfigError) as refusal:
        check("trials", lambda value: positive_int("trials", value), 0)
    assert str(refusal.value) == "trials is 0: pass a whole number of at least 1."
    with pytest.raises(ConfigError) as refusal:
        check("sampler", lambda value: known_name("sampler", value, ["grid", "tpe"]), "gird")
    assert str(refusal.value) == "sampler: Unknown sampler 'gird': did you mean 'grid'?"


def test_a_place_replaces_the_key():
    with pytest.raises(InputError) as refusal, located(lambda key: f"a.toml, line 3: {key}"):
        raise ConfigError("trials", " is 0: pass more.")
    assert str(refusal.value) == "a.toml, line 3: trials is 0: pass more."


def test_other_errors_pass_through():
    with pytest.raises(InputError, match=r"^as it is$"), located(str.upper):
        raise InputError("as it is")


def test_it_survives_the_way_from_another_process():
    error = pickle.loads(pickle.dumps(ConfigError("trials", " is 0.")))
    assert (str(error), error.key) == ("trials is 0.", "trials")
