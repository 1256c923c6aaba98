"""Options that several commands have, and the flags of the hyperparameters."""

import json

import pytest

from fastmlp import InputError
from fastmlp.cli.options import HeldOut, print_result, read_hyperparameters
from fastmlp.cli.train import train
from fastmlp.datasets import Unreachable, load
from fastmlp.training.hyperparameters import SETTINGS

ABSENT = dict.fromkeys(SETTINGS)


def test_every_hyperparameter_has_a_flag():
    flags = {option.name: (option.opts, option.metavar) for option in train.params}
    assert [name for name in flags if name in SETTINGS] == list(SETTINGS)
    assert flags["hidden"] == (["--hidden"], "16,16")
    assert flags["learning_rate"] == (["--learning-rate"], "F")
    assert flags["batch_size"] == (["--batch-size"], "N")
    assert flags["optimizer"] == (["--optimizer"], "NAME")
    assert flags["augmentation"] == (["--augment"], "SETTINGS")


def test_flags_that_were_given_are_read_in_their_types():
    assert read_hyperparameters(ABSENT) == {}
    texts = {"hidden": "9,8", "epochs": "3", "learning_rate": "1e-2", "max_norm": "none", "augmentation": "shift=1"}
    wanted = {"hidden": (9, 8), "epochs": 3, "learning_rate": 0.01, "max_norm": None, "augmentation": "shift=1"}
    assert read_hyperparameters(ABSENT | texts | {"seed": 3}) == wanted
    with pytest.raises(InputError, match=r"batch_size is '1\.5': pass a whole number"):
        read_hyperparameters(ABSENT | {"batch_size": "1.5"})


def test_held_out_samples_are_a_number_or_a_fraction():
    number, fraction = (HeldOut().convert(text, None, None) for text in ("500", "0.1"))
    assert (number, type(number)) == (500, int)
    assert fraction == 0.1


def test_json_is_on_standard_output_and_the_text_beside_it(capsys):
    print_result({"a": 1}, "a is 1", as_json=True)
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"a": 1}, "a is 1\n")
    print_result({"a": 1}, "a is 1", as_json=False)
    assert capsys.readouterr() == ("a is 1\n", "")


def test_no_data_named_and_none_to_be_had_ends_with_the_drawn_digits_and_says_so(fastmlp, monkeypatch, digits):
    read = load.read_dataset

    def load_or_fail(name, reading):
        if name == "mnist":
            raise Unreachable("no network")
        return read(digits if name == "drawn" else name, reading)

    monkeypatch.setattr(load, "read_dataset", load_or_fail)
    status, _, err = fastmlp("train", "--epochs", 1)
    assert status == 0
    assert "NOT MNIST" in err
    status, _, err = fastmlp("train", "--epochs", 1, "--data", "mnist")  # named: never replaced
    assert (status, err) == (2, "fastmlp: no network\n")
