"""SweepConfig: the plan of its trials, and the text by which a store recognizes a sweep."""

import json

import pytest

from fastmlp.errors import InputError
from fastmlp.sweep import SweepConfig


def test_a_grid_is_every_combination_with_every_seed():
    config = SweepConfig({"hidden": ["none", [16, 16], "64"], "learning_rate": [0.5, 2]}, seeds=2)
    assert config.sampler == "grid"
    trials = config.planned_trials
    pairs = {(trial.settings["hidden"], trial.settings["learning_rate"], *trial.seeds) for trial in trials}
    assert pairs == {(h, rate, seed) for h in [(), (16, 16), (64,)] for rate in [0.5, 2.0] for seed in [0, 1]}
    assert len(trials) == 12
    assert trials[0].settings["hidden"] == (64,)  # the longest first


def test_the_preset_gives_what_is_not_swept():
    config = SweepConfig({"width": [8, 16]})
    assert config.fixed["epochs"] == 40
    assert "hidden" not in config.fixed
    assert SweepConfig({"epochs": 3}).fixed["hidden"] == (16, 16)


def test_random_samples_depend_on_seed_and_number_alone():
    settings = {"learning_rate": "0.01:1:log", "width": "8:64", "activation": ["relu", "tanh"]}

    def combinations(**options):
        config = SweepConfig(settings, sampler="random", **options)
        return {trial.combination: trial.settings for trial in config.planned_trials}

    found = combinations(trials=20)
    assert found == {number: each for number, each in combinations(trials=40).items() if number < 20}
    assert found != combinations(trials=20, seed=1)
    rates = [each["learning_rate"] for each in found.values()]
    assert len(set(rates)) == 20
    assert all(0.01 <= rate <= 1 for rate in rates)


def test_a_sampler_waits_for_all_seeds_of_a_combination():
    config = SweepConfig({"width": "8:16"}, trials=2, seeds=[3, 5])
    assert [(trial.settings, trial.seeds) for trial in config.planned_trials] == [(None, (3, 5))] * 2


def test_every_difference_shows_in_the_store():
    changes = ({}, {"seeds": 2}, {"seed": 1}, {"held_out": 0.2}, {"prune": True}, {"preset": "fast-96"})
    configs = [SweepConfig({"width": [8, 16]}, **each) for each in changes]
    configs += [SweepConfig({"width": [8, 17]}), SweepConfig({"width": [8, 16], "epochs": 3})]
    assert len({json.dumps(config.to_json()) for config in configs}) == len(configs)


STORED = {
    "grid": (
        SweepConfig(
            {"max_norm": ["none", "3"], "averaging": [0, 0.99], "augmentation": ["shift=1, rotation=10", "none"]},
            preset="fast-96",
            seeds=2,
        ),
        {
            "settings": {
                "averaging": [0.0, 0.99],
                "augmentation": ["shift=1, rotation=10", "none"],
                "max_norm": [None, 3.0],
            },
            "preset": {
                "hidden": ["64"], "activation": ["relu"], "loss": ["cross_entropy"], "optimizer": ["sgd"],
                "learning_rate": [0.2], "batch_size": [8], "epochs": [1], "schedule": ["cosine"], "momentum": [0.9],
                "weight_decay": [None], "l1": [0.0], "l2": [0.0], "dropout": [0.0], "input_dropout": [0.0],
                "label_smoothing": [0.05], "clip_norm": [None],
            },
            "sampler": "grid", "trials": 8, "seeds": [0, 1], "seed": 0, "held_out": 0.1, "objectives": ["accuracy"],
            "prune": False, "plan": "dd5a29bd",
        },
    ),
    "random": (
        SweepConfig({"learning_rate": "0.01:1:log", "width": "8:64"}, sampler="random", trials=20, seed=3),
        {
            "settings": {"width": "8:64", "learning_rate": "0.01:1:log"},
            "preset": {
                "activation": ["sigmoid"], "loss": ["squared_error"], "optimizer": ["sgd"], "batch_size": [32],
                "epochs": [40], "schedule": ["constant"], "momentum": [0.9], "weight_decay": [None],
                "averaging": [None], "augmentation": ["none"], "l1": [0.0], "l2": [0.0], "dropout": [0.0],
                "input_dropout": [0.0], "label_smoothing": [0.0], "max_norm": [None], "clip_norm": [None],
            },
            "sampler": "random", "trials": 20, "seeds": [0], "seed": 3, "held_out": 0.1, "objectives": ["accuracy"],
            "prune": False, "plan": "dab18cd4",
        },
    ),
}  # fmt: skip
"""Sweeps, and the text that the stores of version 0.1 hold of them."""


@pytest.mark.parametrize("name", STORED)
def test_sweeps_that_were_begun_with_earlier_versions_go_on(name):
    config, stored = STORED[name]
    assert config.to_json() == stored


def test_it_is_frozen():
    with pytest.raises(AttributeError):
        SweepConfig({"width": 8}).seeds = 3


def test_too_many_trainings_are_refused():
    with pytest.raises(InputError, match="1,500,000 trainings are too many"):
        SweepConfig({"width": [8, 16, 32]}, seeds=500_000)
