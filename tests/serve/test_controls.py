import json
import math

import pytest

from fastmlp.errors import InputError
from fastmlp.network.network import Network
from fastmlp.presets.presets import find_preset
from fastmlp.serve.controls import (
    HEARD_AT_ONCE,
    MOST_PARAMETERS,
    changed,
    hyperparameters,
    make_controls,
    memory_of,
    settings_of_network,
    suitable_rate,
)


@pytest.fixture
def controls():
    return make_controls(60000, True)


@pytest.fixture
def settings(controls):
    return {name: control.default for name, control in controls.items()}


def test_the_defaults_are_the_lecture_s_network(settings):
    lecture = find_preset("lecture").to_dict()
    made = hyperparameters(settings).to_dict()
    assert {name for name in lecture if lecture[name] != made[name]} == {"epochs", "weight_decay"}
    assert not made["weight_decay"]


def test_each_default_is_in_its_range_and_all_of_it_is_json(controls):
    for control in controls.values():
        assert control.checked(control.default) == control.default
    told = json.loads(json.dumps([control.to_json() for control in controls.values()], allow_nan=False))
    assert [each["name"] for each in told if not each["restarts"]] == list(HEARD_AT_ONCE)
    assert all({"name", "label", "help", "kind", "default", "restarts"} <= each.keys() for each in told)
    assert next(each for each in told if each["name"] == "hidden")["most"] == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", [16, 16, 16, 16]),
        ("hidden", [0]),
        ("hidden", [513]),
        ("hidden", [2.5]),
        ("hidden", ["16"]),
        ("hidden", [True]),
        ("hidden", 16),
        ("hidden", None),
        ("activation", "relo"),
        ("activation", ["relu"]),
        ("activation", {}),
        ("loss", "regression"),
        ("optimizer", "lbfgs"),
        ("learning_rate", 0),
        ("learning_rate", -1),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", "1"),
        ("learning_rate", True),
        ("learning_rate", None),
        ("learning_rate", 10**400),
        ("batch_size", 0),
        ("batch_size", 1.5),
        ("batch_size", 10**30),
        ("weight_decay", 0.5),
        ("dropout", 0.9),
        ("augmentation", "shift=5"),
        ("shuffled_labels", 1.1),
        ("train_samples", 99),
        ("train_samples", 60001),
        ("epochs", 0),
        ("seed", -1),
        ("colour", "red"),
    ],
)
def test_a_value_out_of_its_range_is_one_sentence_and_changes_nothing(controls, settings, name, value):
    before = dict(settings)
    with pytest.raises(InputError) as error:
        changed(controls, settings, {"batch_size": 64, name: value} if name != "batch_size" else {name: value})
    assert str(error.value).endswith((".", "?"))
    assert settings == before


@pytest.mark.parametrize("changes", [None, 3, [], "hidden"])
def test_settings_are_an_object(controls, settings, changes):
    with pytest.raises(InputError, match="settings"):
        changed(controls, settings, changes)


def test_what_decides_the_rate_brings_a_suitable_one_unless_one_comes_with_it(controls, settings):
    assert changed(controls, settings, {"optimizer": "adam"})["learning_rate"] == 0.003
    assert changed(controls, settings, {"optimizer": "adam", "learning_rate": 0.5})["learning_rate"] == 0.5
    assert changed(controls, settings | {"learning_rate": 2.0}, {"batch_size": 8})["learning_rate"] == 2.0
    assert changed(controls, settings | {"learning_rate": 2.0}, {"activation": "sigmoid"})["learning_rate"] == 2.0
    relu = changed(controls, settings, {"activation": "relu", "loss": "cross_entropy"})
    assert relu["learning_rate"] == 0.1


def test_a_whole_number_may_come_as_a_float(controls, settings):
    new = changed(controls, settings, {"hidden": [32.0], "batch_size": 8.0, "weight_decay": 0})
    assert json.dumps([new["hidden"], new["batch_size"], new["weight_decay"]]) == "[[32], 8, 0.0]"


def test_without_a_hidden_layer_there_is_no_dropout(settings):
    assert hyperparameters(settings | {"hidden": [], "dropout": 0.5}).dropout == 0
    assert hyperparameters(settings | {"dropout": 0.5}).dropout == 0.5


def test_few_and_coloured_images_have_controls_too():
    controls = make_controls(50, False)
    assert controls["train_samples"].checked(50) == 50
    with pytest.raises(InputError, match="augmentation"):
        controls["augmentation"].checked("shift=1")


def test_memory_is_said_before_it_is_taken():
    assert memory_of((784, 16, 16, 10))[0] == Network((784, 16, 16, 10)).n_params
    largest = (MOST_PARAMETERS - 10) // 11
    assert memory_of((10, largest // 10 * 10 // 1, 1)[:2])[0] <= MOST_PARAMETERS
    with pytest.raises(InputError, match=r"6,\d+,\d+ parameters .* 1\d\d MB"):
        memory_of((12288, 512, 10))


def test_settings_of_a_given_network(controls):
    network = Network((784, 30, 10), "tanh", "cross_entropy")
    settings = settings_of_network(controls, network)
    assert settings["hidden"] == [30]
    assert settings["activation"] == "tanh"
    assert settings["learning_rate"] == suitable_rate(settings)
