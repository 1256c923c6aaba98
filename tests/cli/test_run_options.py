"""The options of a training run, and their form in a checkpoint."""

import json

import pytest

from fastmlp import InputError
from fastmlp.cli.run_options import RunOptions
from fastmlp.presets.presets import find_preset


def test_the_hyperparameters_are_the_presets_with_the_changes():
    options = RunOptions(preset="best-99", changes={"hidden": (9,), "weight_decay": None})
    preset = find_preset("best-99").to_dict()
    assert options.hyperparameters.to_dict() == preset | {"hidden": [9], "weight_decay": None}
    assert RunOptions().hyperparameters == find_preset("lecture")
    with pytest.raises(InputError, match="did you mean 'lecture'"):
        _ = RunOptions(preset="lectur").hyperparameters


def test_options_come_back_from_json():
    options = RunOptions(changes={"hidden": (9, 8), "max_norm": None, "learning_rate": 0.1}, validation=0.1, seed=2)
    assert RunOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_numbers_out_of_their_range_are_refused():
    for value in (0, -1):
        with pytest.raises(InputError, match=f"early_stopping is {value}: pass a whole number of at least 1"):
            RunOptions(early_stopping=value)
    with pytest.raises(InputError, match="seed is -1"):
        RunOptions(seed=-1)
