"""The search space: ranges, random samples, and the values that a user may write."""

import pytest

from fastmlp.errors import InputError
from fastmlp.sweep.space import Range, distribution, from_optuna, grid, read_space, sample, to_optuna


def test_ranges_reach_both_ends_and_nothing_beyond():
    space = {"width": Range(1, 3, log=True, whole=True), "depth": Range(1, 2, log=False, whole=True)}
    sampled = [sample(space, 0, number) for number in range(200)]
    assert {each["width"] for each in sampled} == {1, 2, 3}
    assert {each["depth"] for each in sampled} == {1, 2}


def test_a_logarithmic_range_has_as_many_samples_in_each_order_of_magnitude():
    space = {"learning_rate": Range(1e-4, 1, log=True, whole=False)}
    rates = [sample(space, 0, number)["learning_rate"] for number in range(400)]
    assert 60 < sum(rate < 1e-3 for rate in rates) < 140  # a quarter of the orders of magnitude


def test_none_is_a_value_only_of_optional_hyperparameters():
    assert read_space({"max_norm": ["none", "3"]}) == {"max_norm": (None, 3.0)}
    with pytest.raises(InputError, match="l2 is 'none'"):
        read_space({"l2": "none"})


def test_ranges_are_read_from_flags_too():
    space = read_space({"learning_rate": ["0.1:1:log"], "epochs": ["3"]})
    assert space == {"learning_rate": Range(0.1, 1.0, log=True, whole=False), "epochs": (3,)}


def test_the_message_for_a_wrong_number_reminds_of_ranges():
    with pytest.raises(InputError) as refusal:
        read_space({"learning_rate": "0.1-1"})
    assert str(refusal.value) == ("learning_rate is '0.1-1': pass a positive number, or a range such as '0.1:1:log'.")


def test_a_grid_changes_the_last_setting_fastest():
    space = read_space({"epochs": [1, 2], "width": [8, 16]})
    assert list(grid(space)) == [{"width": width, "epochs": n} for width in (8, 16) for n in (1, 2)]


def test_hidden_layers_are_texts_in_optuna():
    space = read_space({"hidden": ["none", [16, 16]]})
    assert distribution(space["hidden"]).choices == ("none", "16,16")
    assert from_optuna(to_optuna({"hidden": (16, 16), "momentum": 0.5})) == {"hidden": (16, 16), "momentum": 0.5}
