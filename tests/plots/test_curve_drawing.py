"""The line chart of a history in a notebook."""

import re

import numpy as np
import pytest
from helpers.pages import checked, words_of

from fastmlp.plots.curve_drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    MOST_POINTS,
    RIGHT,
    TOP,
    WIDTH,
    Line,
    curve_drawing,
    extremes,
    round_numbers,
)
from fastmlp.plots.markup import to_html
from fastmlp.plots.style import BLUE, GREEN


def drawn(values, *more, epochs=None, low=None):
    values = np.array(values, float)
    epochs = epochs or list(range(1, len(values) + 1))
    lines = [Line("training", BLUE, values), *(Line("validation", GREEN, np.array(each, float)) for each in more)]
    return checked(to_html(curve_drawing("loss", epochs, lines, low)))


def points(tree, color=BLUE):
    """Return the points of each piece of a line, and those of its dots."""
    paths = [each.get("d") for each in tree.iter("path") if each.get("stroke") == color and "H" not in each.get("d")]
    pieces = [piece for path in paths for piece in path.split("M")[1:]]
    pairs = [[tuple(map(float, point.split())) for point in piece.split("L")] for piece in pieces]
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in tree.iter("circle") if c.get("fill") == color]
    return [piece for piece in pairs if len(piece) > 1], dots


def marks(tree):
    return [word for word in words_of(tree) if re.fullmatch(r"-?[\d.,]+(e[+-]\d+)?", word)]


def test_a_line_goes_through_the_values():
    tree = drawn([0.4, 0.2, 0.1], [0.4, 0.3, 0.3], low=0.0)
    (line,), dots = points(tree)
    assert dots == []
    assert line[0] == (LEFT, TOP)  # 0.4 is the last mark
    assert line[1] == ((LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2)
    assert line[2][0] == WIDTH - RIGHT
    (other,), _ = points(tree, GREEN)
    assert other[1][1] == other[2][1] < line[1][1]
    assert marks(tree) == ["0", "0.1", "0.2", "0.3", "0.4", "1", "2", "3"]
    assert {"loss", "epoch", "training", "validation"} <= set(words_of(tree))


def test_values_that_are_not_finite_leave_a_gap_and_a_lone_value_is_a_dot():
    pieces, dots = points(drawn([1, 2, np.nan, 3, np.inf, 2, 1]))
    assert [len(piece) for piece in pieces] == [2, 2]
    assert len(dots) == 1
    pieces, dots = points(drawn([0.5]))
    assert (pieces, len(dots)) == ([], 1)
    assert points(drawn([np.nan, np.nan])) == ([], [])


@pytest.mark.parametrize("values", [[0.5, 0.5], [0.0, 0.0], [1e30, 1.0], [1e-320, 0], [97.501, 97.502], [1e-7, 3e-7]])
def test_marks_are_different_and_around_the_values(values):
    shown = marks(drawn(values))[:-2]  # without the epochs
    assert len(shown) == len(set(shown)) >= 2
    numbers = [float(each) for each in shown]
    assert numbers == sorted(numbers)
    assert numbers[0] <= min(values) * (1 + 1e-9)
    assert numbers[-1] >= max(values) * (1 - 1e-9)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 0.37), (53.1, 99.7), (1, 1), (-5, 3), (0, 6e5), (1, 40)])
def test_marks_are_round_and_few(low, high):
    found = round_numbers(low, high)
    assert 2 <= len(found) <= 6
    assert found[0] <= low <= high <= found[-1]
    step = found[1] - found[0]
    np.testing.assert_allclose(np.diff(found), step)
    assert f"{step:.0e}"[0] in "125"


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [
        ([7], ["7"]),
        ([1, 2], ["1", "2"]),
        ([1, 2, 3], ["1", "2", "3"]),
        (list(range(1, 6001)), ["2,000", "4,000", "6,000"]),
    ],
)
def test_marks_of_epochs_are_whole_numbers(epochs, shown):
    assert marks(drawn(np.linspace(0, 1, len(epochs)), epochs=epochs))[-len(shown) :] == shown


def test_texts_stay_inside():
    for values in ([1e-5, 2e-5], [123456.0, 1.0], [1e30, 1.0]):
        for text in drawn(values, values).iter("text"):
            width = 7 * len(text.text)
            x = float(text.get("x")) - {"end": width, "middle": width / 2}.get(text.get("text-anchor"), 0)
            assert 0 <= x <= x + width <= WIDTH + 1


def test_long_histories_keep_their_extremes():
    values = np.sin(np.arange(100_000) / 1000)
    values[777], values[5555], values[4000:4010] = 9, -9, np.nan
    kept = extremes(values, MOST_POINTS)
    assert len(kept) <= MOST_POINTS
    assert kept == sorted(set(kept))
    assert {0, 777, 5555, 99_999} <= set(kept)
    assert np.isnan(values[kept]).any()
    assert extremes(values[:MOST_POINTS], MOST_POINTS) == list(range(MOST_POINTS))
    assert len(to_html(curve_drawing("loss", range(1, 100_001), [Line("training", BLUE, values)]))) < 12_000
