"""Medians, ratios and times to an accuracy."""

from benchmarks.comparison import best, in_order, ratio, reaches, seconds_to


def test_ratios_are_taken_within_a_round():
    assert ratio([2.0, 40.0, 6.0], [1.0, 10.0, 2.0]) == 3.0


def test_the_best_number_of_threads_has_the_smaller_median_over_all_rounds():
    assert best({"1": [3.0, 3.0, 3.0], "2": [1.0]}) == (1, [3.0, 3.0, 3.0])
    assert best({"1": [3.0, 3.0, 3.0], "2": [1.0, 2.0, 5.0]}) == (2, [1.0, 2.0, 5.0])


def test_seconds_to_an_accuracy():
    assert seconds_to(0.9, [1.0, 2.0, 4.0], [0.8, 0.9, 0.95]) == 3.0
    assert seconds_to(0.96, [1.0, 2.0], [0.8, 0.9]) is None


def test_a_record_needs_ten_seeds_and_the_median():
    ten = {"seeds": list(range(10)), "accuracy": [0.95] * 5 + [0.97] * 5}
    assert reaches(ten, 0.96)
    assert not reaches(ten, 0.961)
    assert not reaches({"seeds": [0], "accuracy": [0.99]}, 0.96)


def test_contestants_come_in_the_order_of_their_table():
    assert in_order({"sklearn", "numpy", "fastmlp"}) == ["fastmlp", "numpy", "sklearn"]
