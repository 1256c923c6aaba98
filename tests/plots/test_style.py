"""The palette, and texts that the font can draw."""

import logging

import pytest
from helpers.figures import check_no_overlap

from fastmlp.plots.style import (
    COLORS,
    GREY,
    MARKERS,
    add_axes,
    class_names,
    label_axes,
    line_style,
    quiet_matplotlib,
    text_width,
    titled_figure,
)


def test_lines_differ_in_color_and_marker():
    styles = [line_style(number) for number in range(len(COLORS))]
    assert len({style["color"] for style in styles}) == len({style["marker"] for style in styles}) == 7
    assert len(MARKERS) == len(COLORS)
    assert GREY not in COLORS
    assert line_style(7) == line_style(0)


def test_axes_get_title_labels_and_limits():
    axes = titled_figure("all", 4, 3).subplots()
    assert label_axes(axes, "title", "x", "y", percent=True) is axes
    assert axes.figure.get_suptitle() == "all"
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("title", "x", "y")
    assert axes.get_ylim() == (-2, 102)


def test_axes_are_placed_in_inches():
    figure = titled_figure("", 8, 4)
    figure.set_layout_engine("none")
    place = add_axes(figure, 2, 1, 4, 2).get_position()
    assert (place.x0, place.y0, place.width, place.height) == (0.25, 0.25, 0.5, 0.5)


def test_long_names_are_cut_and_names_without_glyphs_get_a_number():
    assert class_names(["Coat", "a name of twenty-two!", "お", "two\nlines", ""]) == [
        "Coat",
        "a name of twenty-…",
        "class 2",
        "two lines",
        "class 4",
    ]


def test_the_width_of_a_text_is_that_of_its_longest_line():
    assert text_width("a\nlonger", 8) == text_width("longer", 8) > text_width("a", 8)
    assert text_width("longer", 16) == pytest.approx(2 * text_width("longer", 8), rel=0.05)
    figure = titled_figure("", 4, 3)
    text = figure.text(0.1, 0.1, "some words", fontsize=9)
    check_no_overlap(figure, [text])
    drawn = text.get_window_extent().width / figure.dpi
    assert text_width("some words", 9) == pytest.approx(drawn, rel=0.12)


def test_warnings_of_matplotlib_are_hidden(caplog):
    logger = logging.getLogger("matplotlib")
    before = logger.level
    try:
        quiet_matplotlib()
        logger.warning("its own cache folder")
        assert not caplog.records
    finally:
        logger.setLevel(before)
