"""A sweep as it is written down: what is in it, and what is refused before anything is trained."""

import dataclasses
import json

import pytest

from fastmlp import Augmentation
from fastmlp.errors import InputError
from fastmlp.presets import Recipe
from fastmlp.schedules import Cosine
from fastmlp.sweep import SETTINGS, Sweep
from fastmlp.sweep.settings import build
from fastmlp.sweep.space import Range, draw, read_space


def test_a_grid_is_every_combination_with_every_seed():
    sweep = Sweep({"hidden": ["none", [16, 16], "64"], "learning_rate": [0.5, 2]}, seeds=2)
    assert sweep.sampler == "grid"
    pairs = {(trial.settings["hidden"], trial.settings["learning_rate"], *trial.seeds) for trial in sweep.plan}
    assert pairs == {(h, rate, seed) for h in [(), (16, 16), (64,)] for rate in [0.5, 2.0] for seed in [0, 1]}
    assert len(sweep.plan) == 12
    assert sweep.plan[0].settings["hidden"] == (64,)  # the longest first


def test_what_is_not_swept_is_as_the_preset_has_it():
    sweep = Sweep({"width": [8, 16]})
    assert sweep.base["epochs"] == 40
    assert "hidden" not in sweep.base
    assert Sweep({"epochs": 3}).base["hidden"] == (16, 16)


def test_random_draws_depend_on_seed_and_number_alone():
    settings = {"learning_rate": "0.01:1:log", "width": "8:64", "activation": ["relu", "tanh"]}
    sweep, longer = (Sweep(settings, sampler="random", trials=n) for n in (20, 40))
    by_number = {trial.setting: trial.settings for trial in sweep.plan}
    assert by_number == {trial.setting: trial.settings for trial in longer.plan if trial.setting < 20}
    assert by_number != {t.setting: t.settings for t in Sweep(settings, sampler="random", trials=20, seed=1).plan}
    rates = [settings["learning_rate"] for settings in by_number.values()]
    assert len(set(rates)) == 20
    assert all(0.01 <= rate <= 1 for rate in rates)


def test_ranges_reach_both_ends_and_nothing_beyond():
    space = {"width": Range(1, 3, log=True, whole=True), "depth": Range(1, 2, log=False, whole=True)}
    drawn = [draw(space, 0, number) for number in range(200)]
    assert {each["width"] for each in drawn} == {1, 2, 3}
    assert {each["depth"] for each in drawn} == {1, 2}
    logs = [draw({"learning_rate": Range(1e-4, 1, log=True, whole=False)}, 0, n)["learning_rate"] for n in range(400)]
    assert 60 < sum(value < 1e-3 for value in logs) < 140  # a quarter of the orders of magnitude


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_reaches_what_is_trained(name):
    value = {"hidden": (5, 4), "width": 7, "depth": 3, "activation": "tanh", "loss": "cross_entropy"}.get(name)
    value = value or {"weight_init": "normal", "optimizer": "adam"}.get(name)
    value = value or {"schedule": "cosine", "augmentation": "shift=1", "batch_size": 7, "epochs": 9}.get(name, 0.25)
    network, trainer, epochs = build({"hidden": (3,), name: value}, 16, ("a", "b"), 3, 1, (2, 8))
    sizes = {"hidden": (16, 5, 4, 2), "width": (16, 7, 2), "depth": (16, 16, 16, 16, 2)}
    if name in sizes:
        assert network.sizes == sizes[name]
    elif name == "epochs":
        assert epochs == 9
    elif name == "schedule":
        assert trainer.schedule == Cosine()
    elif name == "augmentation":
        assert trainer.augmentation == Augmentation(shift=1, shape=(2, 8))
    else:
        assert value in [getattr(owner, name, None) for owner in (network, trainer, trainer.regularisation)]


def test_every_setting_of_a_recipe_can_be_swept():
    assert {field.name for field in dataclasses.fields(Recipe)} <= set(SETTINGS)


def test_none_is_a_value_where_it_means_something():
    assert read_space({"max_norm": ["none", "3"]}) == {"max_norm": (None, 3.0)}
    with pytest.raises(InputError, match="'none' is not a number"):
        read_space({"l2": "none"})


WRONG = {
    "loss": ("[settings]\nloss = 'regression'\n", 2, "not for labels"),
    "schedule": ("[settings]\nschedule = 'cosinus'\n", 2, "cosine"),
    "augmentation": ("[settings]\naugmentation = 'shift=much'\n", 2, "shift"),
    "dropout": ("[settings]\ndropout = [0.1, 1.0]\n", 2, "dropout"),
    "colour": ('data = "few"\ncolour = 3\n[settings]\nhidden = "16"\n', 2, "Unknown key 'colour'"),
    "misplaced": ("epochs = 3\n[settings]\nhidden = '16'\n", 1, "belongs below [settings]"),
    "setting": ("[settings]\nhiden = '16'\n", 2, "did you mean 'hidden'"),
    "type": ("[settings]\nepochs = 3\nlearning_rate = [0.1,\n  'fast']\n", 3, "'fast' is not a number"),
    "whole": ("[settings]\n\nbatch_size = 2.5\n", 3, "2.5 is not a whole number"),
    "range": ("trials = 5\n[settings]\nlearning_rate = '1:0.1'\n", 3, "is empty"),
    "log": ("trials = 5\n[settings]\nmomentum = '0:0.9:log'\n", 3, "no logarithm"),
    "list": ("[settings]\nactivation = []\n", 2, "no values"),
    "twice": ("[settings]\nwidth = [8, 8]\n", 2, "8 is there twice"),
    "name": ("[settings]\nactivation = ['relu', 'rellu']\n", 2, "did you mean 'relu'"),
    "rate": ("[settings]\nlearning_rate = -1\n", 2, "positive"),
    "layers": ("[settings]\nhidden = [16, 16]\n", 2, "one network or several"),
    "both": ("[settings]\nhidden = '16'\ndepth = 3\n", 3, "either hidden, or width and depth"),
    "grid": ("sampler = 'grid'\n[settings]\nwidth = '8:16'\n", 3, "a grid has no ranges"),
    "trials": ("trials = 0\n[settings]\nwidth = '8:16'\n", 1, "at least 1"),
    "trials of a grid": ("trials = 4\n[settings]\nwidth = 8\n", 1, "leave `trials` out"),
    "seeds": ("seeds = 'many'\n[settings]\nwidth = 8\n", 1, "whole number"),
    "objective": ("objectives = ['speed']\n[settings]\nwidth = 8\n", 1, "Unknown objective"),
    "sampler": ("sampler = 'gird'\n[settings]\nwidth = 8\n", 1, "did you mean 'grid'"),
    "prune": ("objectives = ['accuracy', 'seconds']\nprune = true\n[settings]\nwidth = 8\n", 2, "for accuracy alone"),
    "held out": ("held_out = 1.5\n[settings]\nwidth = 8\n", 1, "between 0 and 1"),
    "settings": ("settings = 3\n", 1, "[settings]"),
    "preset": ("preset = 'lecturer'\n[settings]\nwidth = 8\n", 1, "did you mean 'lecture'"),
    "objectives": ("objectives = 5\n[settings]\nwidth = 8\n", 1, "Unknown objective 5"),
    "objective of a list": (
        "objectives = [['accuracy']]\n[settings]\nwidth = 8\n",
        1,
        "Unknown objective ['accuracy']",
    ),
    "objective of a table": ("objectives = [{a = 1}]\n[settings]\nwidth = 8\n", 1, "Unknown objective {'a': 1}"),
    "no accuracy": ("objectives = ['parameters']\n[settings]\nwidth = 8\n", 1, "accuracy must be one of them"),
    "none in a range": ("trials = 2\n[settings]\nweight_decay = 'none:1'\n", 3, "none is no number"),
    "none as a range's end": ("trials = 2\n[settings]\nmax_norm = '1:none'\n", 3, "none is no number"),
    "range in a list": (
        "trials = 2\n[settings]\nlearning_rate = ['0.1:1', 2]\n",
        3,
        "'0.1:1' is a range: give it alone",
    ),
    "underscore": ("[settings]\nbatch_size = '_'\n", 2, "'_' is not a whole number"),
    "underscores": ("[settings]\nwidth = '1__0'\n", 2, "'1__0' is not a whole number"),
    "digits": (f"[settings]\nbatch_size = '{'9' * 5000}'\n", 2, "(5,002 characters) is not a whole number"),
    "digits of layers": (f"[settings]\nhidden = '{'9' * 5000}'\n", 2, "(5,002 characters) is not the widths"),
    "many seeds": ("seeds = 10000000000000\n[settings]\nwidth = 8\n", 1, "at most 1,000,000"),
    "seeds that are true": ("seeds = [true]\n[settings]\nwidth = 8\n", 1, "seed is True"),
    "seed that is true": ("seed = true\n[settings]\nwidth = 8\n", 1, "seed is True"),
    "sampler that is false": ("sampler = false\n[settings]\nwidth = 8\n", 1, "Unknown sampler False"),
    "no sampler": ("sampler = ''\n[settings]\nwidth = 8\n", 1, "Unknown sampler ''"),
    "tables": ("[[settings]]\nwidth = 8\n", 1, "settings is no table"),
    "folder": ("name = 'a/../c'\n[settings]\nwidth = 8\n", 1, "without slashes"),
    "data": ("data = 3\n[settings]\nwidth = 8\n", 1, "pass a text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_with_its_line(case, tmp_path):
    content, line, message = WRONG[case]
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(InputError) as refusal:
        Sweep.from_toml(path)
    assert f"{path}, line {line}: " in str(refusal.value)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_no_file_and_no_toml_are_refused(tmp_path):
    with pytest.raises(InputError, match="There is no sweep file"):
        Sweep.from_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("seeds = \n")
    with pytest.raises(InputError, match="line 1"):
        Sweep.from_toml(tmp_path / "bad.toml")
    (tmp_path / "empty.toml").touch()
    with pytest.raises(InputError, match="nothing to sweep"):
        Sweep.from_toml(tmp_path / "empty.toml")
    assert Sweep.from_toml(tmp_path / "empty.toml", settings={"width": ["8"]}).fixed == {"width": 8}


def test_flags_replace_what_the_file_says(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("seeds = 5\n[settings]\nwidth = [8, 16]\nepochs = 3\n")
    sweep = Sweep.from_toml(path, settings={"epochs": ["7"]}, seeds=2)
    assert (sweep.name, len(sweep.plan), sweep.fixed["epochs"]) == ("study", 4, 7)
    with pytest.raises(InputError, match=r"^--epochs: 'x' is not a whole number"):
        Sweep.from_toml(path, settings={"epochs": ["x"]})


def test_every_difference_shows_in_what_the_store_keeps():
    sweeps = [Sweep({"width": [8, 16]}, **changes) for changes in ({}, {"seeds": 2}, {"seed": 1}, {"held_out": 0.2})]
    sweeps += [Sweep({"width": [8, 17]}), Sweep({"width": [8, 16], "epochs": 3}), Sweep({"width": [8, 16]}, prune=True)]
    assert len({json.dumps(sweep.to_json()) for sweep in sweeps}) == len(sweeps)


def test_ranges_are_read_from_flags_too():
    space = read_space({"learning_rate": ["0.1:1:log"], "epochs": ["3"]})
    assert space == {"learning_rate": Range(0.1, 1.0, log=True, whole=False), "epochs": (3,)}
