"""The table of hyperparameters that can be swept, and the values that it reads."""

import subprocess
import sys

import pytest

from fastmlp.errors import InputError
from fastmlp.presets.presets import find_preset
from fastmlp.sweep import SETTINGS
from fastmlp.sweep.settings import as_hyperparameters, flag, hidden_layers, read_value, value_text
from fastmlp.training.hyperparameters import SETTINGS as TRAINING_SETTINGS

VALUES = {
    "hidden": (5, 4),
    "width": 7,
    "depth": 3,
    "activation": "tanh",
    "loss": "cross_entropy",
    "weight_init": "normal",
    "optimizer": "adam",
    "schedule": "cosine",
    "augmentation": "shift=1",
    "batch_size": 7,
    "epochs": 9,
}
"""A value of each hyperparameter that is not the preset's; all others are numbers."""


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_reaches_the_hyperparameters(name):
    value = VALUES.get(name, 0.25)
    preset = find_preset("lecture").to_dict() | {"hidden": (3,)}
    got = as_hyperparameters(preset | {name: value})
    if name in ("width", "depth"):
        assert got.hidden == {"width": (7,), "depth": (16, 16, 16)}[name]
    else:
        assert getattr(got, name) == value
    others = [each for each in TRAINING_SETTINGS if each not in (name, "hidden")]
    assert [getattr(got, each) for each in others] == [preset[each] for each in others]


def test_every_hyperparameter_of_a_training_can_be_swept():
    assert set(SETTINGS) == {*TRAINING_SETTINGS, "width", "depth"}


def test_the_order_that_numbers_the_combinations_is_that_of_stored_sweeps():
    assert list(SETTINGS) == [
        "hidden", "width", "depth", "activation", "loss", "weight_init", "optimizer", "learning_rate", "schedule",
        "batch_size", "momentum", "weight_decay", "averaging", "augmentation", "l1", "l2", "dropout", "input_dropout",
        "label_smoothing", "max_norm", "clip_norm", "epochs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("hidden", "none", ()),
        ("hidden", [16, 16], (16, 16)),
        ("width", "64", 64),
        ("learning_rate", 2, 2.0),
        ("l2", "1e-3", 0.001),
        ("max_norm", "none", None),
        ("weight_decay", None, None),
        ("averaging", 0, 0.0),
        ("augmentation", "shift=1, rotation=10", "shift=1, rotation=10"),
        ("schedule", "cosine:warm_up=2", "cosine:warm_up=2"),
    ],
)
def test_values_are_kept_as_the_stores_have_them(name, written, value):
    read = read_value(name, written)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("l2", "none", "l2 is 'none': pass a number of at least 0"),
        ("width", True, "width is True: pass a whole number"),
        ("depth", 0, "depth is 0: pass a whole number of at least 1"),
        ("activation", 3, "activation is 3: pass a name"),
        ("schedule", None, "schedule is None: pass a name"),
        ("loss", "regression", "A sweep judges networks by their accuracy"),
    ],
)
def test_wrong_values_are_refused(name, value, message):
    with pytest.raises(InputError, match=message):
        read_value(name, value)


def test_width_and_depth_stand_for_hidden_layers():
    assert hidden_layers({"width": 8, "depth": 2}) == (8, 8)
    assert hidden_layers({"width": 8}) == (8,)
    assert hidden_layers({"depth": 2}) == (16, 16)
    assert hidden_layers({"hidden": (4, 5)}) == (4, 5)
    assert hidden_layers({}) == ()


def test_values_are_written_as_people_write_them():
    texts = [value_text(value) for value in ((256, 128), (), None, 0.123456, 1e-5, 1000000, "relu")]
    assert texts == ["256,128", "none", "none", "0.1235", "1e-05", "1000000", "relu"]


def test_flags_are_those_of_train():
    flags = [flag(name) for name in ("augmentation", "learning_rate", "objectives", "held_out")]
    assert flags == ["--augment", "--learning-rate", "--objective", "--held-out"]


def test_the_command_lists_its_flags_without_numba_and_optuna():
    program = (
        "import sys; from fastmlp.cli.sweep import sweep; "
        "print([name for name in ('numba', 'optuna', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
