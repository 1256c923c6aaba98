"""The figures of a sweep: their content, and the cases in which there is nothing to compare."""

import numpy as np
import pytest
from helpers.figures import hostile

from fastmlp.plots.save import png
from fastmlp.sweep import charts

WIDTHS, DEPTHS, RATES, SEEDS = (8, 16), (1, 2), (0.5, 1e-5), (0, 1)


def combination(width, depth, rate, accuracies):
    return {
        "settings": {"width": width, "depth": depth, "learning_rate": rate},
        "validation_accuracy": float(np.median(accuracies)),
        "validation_accuracy_range": (min(accuracies), max(accuracies)),
        "n_params": 785 * width + (depth - 1) * (width + 1) * width + 11 * width,
        "seconds": width / 100,
        "complete": len(accuracies),
    }


@pytest.fixture(scope="module")
def combinations():
    """A grid of widths, depths and rates whose accuracies are random numbers, the best first."""
    rng = np.random.default_rng(0)
    found = [
        combination(width, depth, rate, rng.uniform(0.5, 0.99, len(SEEDS)).tolist())
        for width in WIDTHS
        for depth in DEPTHS
        for rate in RATES
    ]
    return sorted(found, key=lambda each: -each["validation_accuracy"])


def test_width_and_depth_are_drawn_with_the_best_combination_of_each(combinations):
    axes = charts.accuracy_against_width(combinations).axes[0]
    lines = {line.get_label(): line.get_xydata() for line in axes.lines}
    assert list(lines) == ["1 hidden layer", "2 hidden layers"]
    for depth, points in enumerate(lines.values(), start=1):
        assert points[:, 0].tolist() == list(WIDTHS)
        for width, error in points:
            own = [
                each for each in combinations if each["settings"] | {"width": width, "depth": depth} == each["settings"]
            ]
            assert 1 - error == pytest.approx(max(each["validation_accuracy"] for each in own))


def test_depths_with_one_width_are_no_lines(combinations):
    lone = [each for each in combinations if each["settings"]["width"] == 8 * each["settings"]["depth"]]
    assert len(lone) == 4
    assert charts.accuracy_against_width(lone) is None


def test_a_point_is_a_combination_and_not_a_network(combinations):
    axes = charts.accuracy_against(combinations, "n_params", "parameters").axes[0]
    drawn = {tuple(point) for point in axes.collections[0].get_offsets().tolist()}
    assert drawn == {(each["n_params"], 1 - each["validation_accuracy"]) for each in combinations}
    front = axes.collections[1].get_offsets().tolist()
    assert all(not (other[0] <= x and other[1] < y) for x, y in front for other in drawn)


def test_equal_costs_are_not_compared(combinations):
    same = [each | {"n_params": 5} for each in combinations]
    assert charts.accuracy_against(same, "n_params", "parameters") is None


def test_importances_are_bars_from_the_least_to_the_most_important():
    axes = charts.importance_bars({"learning_rate": 0.7, "width": 0.3}, "fraction").axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["width", "learning rate"]
    assert [bar.get_width() for bar in axes.patches] == [0.3, 0.7]
    assert charts.importance_bars({"width": 1.0}, "fraction") is None


def test_parallel_coordinates_have_a_line_for_each_combination(combinations):
    axes = charts.parallel_coordinates(combinations, ["width", "depth", "learning_rate"]).axes[0]
    (lines,) = axes.collections
    assert len(lines.get_segments()) == len(combinations)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [
        "width", "depth", "learning rate", "held-out\naccuracy"
    ]  # fmt: skip
    texts = [text.get_text() for text in axes.texts]
    assert texts[:6] == ["8", "16", "1", "2", "1e-05", "0.5"]
    accuracies = [each["validation_accuracy"] for each in combinations]
    assert texts[6:] == [f"{min(accuracies):.2%}", f"{max(accuracies):.2%}"]
    heights = sorted(line[-1][1] for line in lines.get_segments())
    assert (heights[0], heights[-1]) == pytest.approx((0, 1))
    assert charts.parallel_coordinates(combinations[:1], ["width"]) is None


def row(number, accuracy, losses):
    return {"setting": number, "validation_accuracy": accuracy, "curve": [[loss, 0.9, 0.9] for loss in losses]}


def test_diverged_networks_do_not_press_the_learning_curves_flat():
    rows = [row(i, 0.9, [0.5, 0.2]) for i in range(charts.MOST_MARKED)] + [row(99, 0.1, [1e30, 1e29])]
    low, high = charts.learning_curves(rows, lambda row: "").axes[0].get_ylim()
    assert (low, high) == pytest.approx((0.16, 5.0))


def test_the_best_networks_are_named_in_the_learning_curves():
    figure = charts.learning_curves([row(0, 0.8, [0.5, 0.3]), row(1, 0.9, [0.5, 0.2])], lambda row: str(row["setting"]))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["90.00%  1", "80.00%  0"]
    assert charts.learning_curves([row(0, 0.8, [0.5])], str) is None  # a single epoch is no curve


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accuracy", "width", "importance", "lines", "curves"])
def test_a_users_settings_change_no_chart(combinations, name):
    draw = {
        "accuracy": lambda: charts.accuracy_against(combinations, "n_params", "parameters"),
        "width": lambda: charts.accuracy_against_width(combinations),
        "importance": lambda: charts.importance_bars({"learning_rate": 0.7, "width": 0.3}, "fraction"),
        "lines": lambda: charts.parallel_coordinates(combinations, ["width", "depth", "learning_rate"]),
        "curves": lambda: charts.learning_curves([row(0, 0.8, [0.5, 0.3]), row(1, 0.9, [0.5, 0.2])], str),
    }[name]
    expected = png(draw())
    with hostile():
        assert png(draw()) == expected
