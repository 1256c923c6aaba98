"""The options of a training run, and their form in a checkpoint."""

import json

import numpy as np
import pytest

from fastmlp import InputError
from fastmlp.cli.run_options import RunOptions
from fastmlp.datasets.assemble import assemble
from fastmlp.presets.presets import find_preset


def test_the_hyperparameters_are_the_presets_with_the_changes():
    options = RunOptions(preset="best-99", changes={"hidden": (9,), "weight_decay": None})
    preset = find_preset("best-99").to_dict()
    assert options.hyperparameters.to_dict() == preset | {"hidden": [9], "weight_decay": None}
    assert RunOptions().hyperparameters == find_preset("lecture")
    with pytest.raises(InputError, match="did you mean 'lecture'"):
        _ = RunOptions(preset="lectur").hyperparameters


def test_the_preset_of_those_who_name_none_suits_the_data():
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    table = assemble("a", (X, y), None)
    pictures = assemble("a", (np.zeros((20, 3, 3), np.uint8), y), None)
    assert RunOptions().for_data(table).preset == "table"
    assert RunOptions().for_data(table).stopping().patience == 10
    assert RunOptions(early_stopping=3).for_data(table).stopping().patience == 3
    assert RunOptions(preset="fast-98").for_data(table).preset == "fast-98"
    assert RunOptions().for_data(pictures).preset == "lecture"
    assert RunOptions().for_data(pictures).stopping() is None


def test_class_weights_by_name():
    classes = ("cat", "dog", "a=b")
    assert RunOptions().class_factors(classes) is None
    assert RunOptions(class_weights="balanced").class_factors(classes) == "balanced"
    assert RunOptions(class_weights="dog=2, a=b=0.5").class_factors(classes) == {1: 2.0, 2: 0.5}
    for text, words in {
        "dog": "pass balanced, or CLASS=WEIGHT",
        "dgo=1": "Unknown class 'dgo': did you mean 'dog'",
    }.items():
        with pytest.raises(InputError, match=words):
            RunOptions(class_weights=text).class_factors(classes)


def test_options_come_back_from_json():
    options = RunOptions(
        changes={"hidden": (9, 8), "max_norm": None, "learning_rate": 0.1}, validation=0.1, seed=2, label=("a", "b")
    )
    assert RunOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_numbers_out_of_their_range_are_refused():
    for value in (0, -1):
        with pytest.raises(InputError, match=f"early_stopping is {value}: pass a whole number of at least 1"):
            RunOptions(early_stopping=value)
    with pytest.raises(InputError, match="seed is -1"):
        RunOptions(seed=-1)
