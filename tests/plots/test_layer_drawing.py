"""The drawing of a network's layers."""

import itertools

import pytest
from helpers.pages import checked, words_of

from fastmlp.plots.layer_drawing import MOST_LAYERS, MOST_UNITS, RADIUS, Layer, layer_drawing
from fastmlp.plots.markup import to_html


def drawn(layers):
    tree = checked(to_html(layer_drawing(layers)))
    width, height = float(tree.get("width")), float(tree.get("height"))
    assert tree.get("viewBox") == f"0 0 {width:g} {height:g}"
    for circle in tree.iter("circle"):
        assert RADIUS <= float(circle.get("cx")) <= width - RADIUS
        assert RADIUS <= float(circle.get("cy")) <= height - 40
    return tree


def columns(tree):
    """Return the heights of the units in each column, from left to right."""
    units = [each for each in tree.iter("circle") if float(each.get("r")) == RADIUS]
    places = sorted({float(each.get("cx")) for each in units})
    return [sorted(float(each.get("cy")) for each in units if float(each.get("cx")) == x) for x in places]


@pytest.mark.parametrize("sizes", [(1, 1), (4, 3), (10, 11), (784, 16, 16, 10)])
def test_each_layer_is_a_column_with_its_size(sizes):
    tree = drawn([Layer(size, f"layer {number}") for number, size in enumerate(sizes)])
    shown = [size if size <= MOST_UNITS else MOST_UNITS - 2 for size in sizes]
    assert [len(column) for column in columns(tree)] == shown
    words = words_of(tree)
    assert words == [word for number, size in enumerate(sizes) for word in (f"{size:,}", f"layer {number}")]
    middles = {round(sum(column) / len(column), 6) for column in columns(tree)}
    assert len(middles) == 1
    dots = [each for each in tree.iter("circle") if float(each.get("r")) < RADIUS]
    assert len(dots) == 3 * sum(size > MOST_UNITS for size in sizes)


def test_every_unit_is_joined_with_every_unit_of_the_next_layer():
    (path,) = drawn([Layer(3, ""), Layer(2, "")]).iter("path")
    assert path.get("d").count("M") == path.get("d").count("L") == 6
    left, right = columns(drawn([Layer(3, ""), Layer(2, "")]))
    for y, to_y in itertools.product(left, right):
        assert f"M48 {y:g}L158 {to_y:g}" in path.get("d")


def test_of_many_layers_those_in_the_middle_are_left_out():
    tree = drawn([Layer(5, f"layer {number}") for number in range(30)])
    words = [word for word in words_of(tree) if word.startswith("layer")]
    assert words == [f"layer {number}" for number in (0, 1, 2, 3, 27, 28, 29)]
    assert len(columns(tree)) == MOST_LAYERS - 1
    assert "23 more" in words_of(tree)
    assert len(list(tree.iter("path"))) == 3 + 2  # no lines over the gap
    assert len(columns(drawn([Layer(5, "")] * MOST_LAYERS))) == MOST_LAYERS


def test_outputs_have_their_names():
    names = ["<script>alert(1)</script>", "a name of twenty-two!", *"abcdefghij"]
    tree = drawn([Layer(2, ""), Layer(12, "", names)])
    shown = words_of(tree)[4:]
    assert shown == ["<script>alert(1)<…", "a name of twenty-…", "a", "b", "g", "h", "i", "j"]
    below = [each for each in tree.iter("text") if each.text in shown]
    assert [float(each.get("y")) - 4 for each in below] == columns(tree)[1]
    assert float(tree.get("width")) > float(drawn([Layer(2, ""), Layer(12, "")]).get("width")) + 100
