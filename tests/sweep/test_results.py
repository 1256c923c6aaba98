"""Rows and combinations of a sweep, and the Pareto front."""

import csv

import pytest
from optuna.trial import TrialState, create_trial

from fastmlp.errors import InputError
from fastmlp.sweep import SweepConfig
from fastmlp.sweep.results import check_stored, combinations_of, describe, pareto_front, write_csv

ROW = {"seed": 0, "test_accuracy": 0.9, "seconds": 1.0, "n_params": 1, "learning_rate": 0.1}


def test_a_pruned_combination_hides_no_best_one():
    pruned = ROW | {"setting": 0, "state": "pruned", "validation_accuracy": 0.95}
    complete = ROW | {"setting": 1, "state": "complete", "validation_accuracy": 0.94}
    failed = {"setting": 2, "seed": 0, "state": "failed", "learning_rate": 0.1}
    ranked = combinations_of([pruned, complete, failed])
    assert [each["setting"] for each in ranked] == [1, 0, 2]
    assert (ranked[2]["n_params"], ranked[2]["seconds"]) == (None, None)  # not known


def test_combinations_have_the_medians_of_their_seeds():
    accuracies = [0.5, 0.9, 0.8]
    rows = [
        ROW | {"setting": 0, "seed": seed, "state": "complete", "validation_accuracy": value}
        for seed, value in enumerate(accuracies)
    ]
    (only,) = combinations_of(rows)
    assert (only["validation_accuracy"], only["validation_accuracy_range"]) == (0.8, (0.5, 0.9))
    assert (only["seed"], only["networks"], only["complete"]) == (1, 3, 3)
    (with_failure,) = combinations_of([*rows, {"setting": 0, "seed": 3, "state": "failed", "learning_rate": 0.1}])
    assert with_failure["validation_accuracy"] == (0.5 + 0.8) / 2
    assert (with_failure["networks"], with_failure["complete"]) == (4, 3)


def test_the_front_has_the_points_that_no_other_beats_in_both():
    points = [(1, 0.5), (2, 0.4), (2, 0.7), (3, 0.7), (4, 0.9), (1, 0.45)]
    assert pareto_front(points) == [0, 2, 4]


def test_missing_values_are_empty_cells(tmp_path):
    rows = [
        {"trial": 0, "setting": 0, "seed": 0, "hidden": (16, 8), "state": "complete", "n_params": 5, "reason": ""},
        {"trial": 1, "setting": 1, "seed": 0, "hidden": (), "state": "failed", "reason": "diverged", "curve": []},
    ]
    write_csv(rows, tmp_path / "results.csv")
    with (tmp_path / "results.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["hidden"], first["n_params"], second["hidden"], second["n_params"]) == ("16,8", "5", "none", "")
    assert "curve" not in first


def test_a_combination_is_described_by_what_varies():
    config = SweepConfig({"hidden": ["16", "8,8"], "learning_rate": [0.5, 1], "epochs": 3})
    assert describe(config, {"hidden": (8, 8), "learning_rate": 0.5, "epochs": 3}) == "hidden 8,8, learning rate 0.5"
    assert describe(SweepConfig({"epochs": 3}), {"hidden": (16,), "epochs": 3}) == "hidden 16"


def trial(**about):
    """A finished trial with these attributes."""
    return create_trial(state=TrialState.COMPLETE, value=0.5, user_attrs=about)


RESULT = {"seed": 0, "validation_accuracy": 0.5, "test_accuracy": 0.5, "seconds": 1.0, "n_params": 100}


@pytest.mark.parametrize(
    "about",
    [
        {"entry": -1},
        {"entry": 2},
        {"entry": "first"},
        {"entry": 0, "results": 3},
        {"entry": 0, "results": ["good"]},
        {"entry": 0, "results": [{}]},
        {"entry": 0, "results": [RESULT | {"seed": "a"}]},
        {"entry": 0, "results": [RESULT | {"seconds": None}]},
        {"entry": 0, "results": [RESULT | {"test_accuracy": 10**400}]},
        {"entry": 0, "results": [RESULT | {"train_loss": "low"}]},
        {"entry": 0, "results": [RESULT | {"curve": [0.5]}]},
        {"entry": 0, "results": [RESULT | {"curve": [[0.5, "high", None]]}]},
        {"entry": 0, "failures": [{"seed": None}]},
    ],
)
def test_a_store_whose_results_are_damaged_is_refused(about):
    config = SweepConfig({"width": [8, 16]})
    check_stored(config, [trial(), trial(entry=1, results=[RESULT], failures=[])])
    with pytest.raises(InputError, match=r"The store is damaged: trial -?\d+ is none of this sweep's"):
        check_stored(config, [trial(**about)])
