"""Importance of hyperparameters, computed where it is known."""

import itertools

import numpy as np
import optuna
import pytest

from fastmlp.sweep import SweepConfig
from fastmlp.sweep.importance import importances
from fastmlp.sweep.results import combinations_of
from fastmlp.sweep.space import distribution
from fastmlp.sweep.store import quiet


def grid(accuracy, seeds=3):
    """Return the importances of a grid whose networks have the accuracy that a function gives."""
    config = SweepConfig({"width": [8, 16], "learning_rate": [0.5, 1.0, 2.0]}, seeds=seeds)
    rows = [
        {"setting": trial.combination, "seed": trial.seeds[0], "state": "complete", **config.fixed, **trial.settings}
        | {"validation_accuracy": accuracy(**trial.settings, seed=trial.seeds[0])}
        | {"test_accuracy": 0.5, "seconds": 1.0, "n_params": 1}
        for trial in config.planned_trials
    ]
    return importances(config, None, combinations_of(rows))


def test_main_effects_are_fractions_of_the_variance():
    rate = {0.5: 0.0, 1.0: 0.03, 2.0: 0.06}  # variance 0.0006
    found = grid(lambda width, learning_rate, seed: 0.8 + rate[learning_rate] + 0.02 * (width == 16) + 0.01 * seed)
    assert found == pytest.approx({"learning_rate": 6 / 7, "width": 1 / 7})  # 0.0001; the seeds are not in it


def test_interactions_are_in_no_main_effect():
    sign = {0.5: -1, 1.0: 0, 2.0: 1}
    found = grid(lambda width, learning_rate, seed: 0.8 + 0.05 * sign[learning_rate] * (1 if width == 16 else -1))
    assert found == pytest.approx({"learning_rate": 0.0, "width": 0.0})
    assert grid(lambda **_: 0.5) == {}


@pytest.mark.parametrize("objectives", [["accuracy"], ["parameters", "accuracy"]])
def test_a_search_tells_which_hyperparameter_makes_networks_good(objectives):
    config = SweepConfig({"width": "8:64", "learning_rate": "0.1:1", "depth": [1, 2]}, trials=60, objectives=objectives)
    rng = np.random.default_rng(0)
    with quiet():
        study = optuna.create_study(
            directions=["maximize" if each == "accuracy" else "minimize" for each in objectives]
        )
        known = {name: distribution(values) for name, values in config.searched.items()}
        for number, depth in zip(range(60), itertools.cycle([1, 2])):
            params = {"width": int(rng.integers(8, 65)), "learning_rate": float(rng.uniform(0.1, 1)), "depth": depth}
            # the rate decides among the good ones, the width among the bad ones
            accuracy = 0.9 + 0.05 * params["learning_rate"] if params["learning_rate"] > 0.6 else params["width"] / 100
            values = [accuracy if each == "accuracy" else float(number) for each in objectives]
            study.add_trial(optuna.trial.create_trial(params=params, distributions=known, values=values))
            if number == 40:
                assert importances(config, study, []) == {}  # too few to say
        found = importances(config, study, [])
    assert next(iter(found)) == "learning_rate"
    assert found["learning_rate"] > 0.6
