"""Matplotlib's own settings, the palette, and texts that the font can draw."""

import ast
import logging
import os
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from helpers.figures import HOSTILE, STYLES, check_no_overlap, hostile
from helpers.imports import ROOT

from fastmlp import plots
from fastmlp.plots.save import png
from fastmlp.plots.style import (
    COLORS,
    GREY,
    MARKERS,
    add_axes,
    class_names,
    label_axes,
    line_style,
    own_settings,
    quiet_matplotlib,
    text_width,
    titled_figure,
)

PUBLIC = {
    "first_layer": lambda: plots.first_layer(np.linspace(-1, 1, 18).reshape(9, 2), (3, 3)),
    "sheet": lambda: plots.sheet(np.arange(18).reshape(2, 9), ["a", "b"], "two", (3, 3), 2),
    "learning_curve": lambda: plots.learning_curve([1, 2], [0.5, 0.4], [0.8, 0.9], 0.7),
    "loss_curve": lambda: plots.loss_curve([1, 2], [0.5, 0.4], [0.6, 0.5]),
    "predictions": lambda: plots.predictions(np.eye(3), np.eye(3) + 0.1, ["a", "b", "c"]),
    "confusion_matrix": lambda: plots.confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), ["a", "b"]),
    "worst_mistakes": lambda: plots.worst_mistakes(
        np.arange(18).reshape(2, 9), np.array([0, 1]), np.array([[0.2, 0.9], [0.1, 0.8]]), ["a", "b"], (3, 3)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("draw", PUBLIC.values(), ids=PUBLIC)
def test_a_users_settings_change_no_figure_and_stay_as_they_are(draw):
    expected = png(draw())
    with matplotlib.rc_context(HOSTILE):
        assert png(draw()) == expected
        assert {name: matplotlib.rcParams[name] for name in HOSTILE} == HOSTILE
    for style in STYLES:
        with hostile(style):
            assert png(draw()) == expected


def test_a_heading_may_hold_anything():
    assert png(plots.sheet(np.eye(9), list("abcdefghi"), "my $x_{1$ data", (3, 3), 3))


def test_every_public_function_that_draws_does_so_with_the_own_settings():
    assert set(PUBLIC) == {name for name in plots.__all__ if name != "save_figure"}
    without = {
        "new_figure": "style.py",
        "titled_figure": "style.py",
        "draw": "benchmarks/figures.py",
    }  # called by those, or calls those
    drawing = {}
    for path in [*(ROOT / "fastmlp").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            returns = node.returns if isinstance(node, ast.FunctionDef) else None
            if isinstance(returns, ast.Constant) and str(returns.value) in ("Figure", "Figure | None"):
                decorators = [ast.unparse(each) for each in node.decorator_list]
                drawing[path.relative_to(ROOT).as_posix(), node.name] = "own_settings()" in decorators
    assert len(drawing) > 25
    lacking = {
        (path, name)
        for (path, name), own in drawing.items()
        if not own and not name.startswith("_") and not path.endswith(without.get(name, "nowhere"))
    }
    assert lacking == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "kept"), [("nonsense", "agg"), ("module://nowhere.backend", "module://nowhere.backend")]
)
def test_an_unknown_backend_ends_nothing_and_another_stays_the_users(tmp_path, named, kept):
    program = (
        "import os, sys; from fastmlp import plots; assert 'matplotlib' not in sys.modules; "
        "plots.save_figure(plots.learning_curve([1], [0.5], [0.8]), sys.argv[1]); import matplotlib; "
        "print(matplotlib.get_backend(auto_select=False), os.environ['MPLBACKEND'])"
    )
    command = [sys.executable, "-W", "error", "-c", program, tmp_path / "a.png"]
    end = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | {"MPLBACKEND": named})
    assert end.stdout.split() == [kept, named]
    assert (tmp_path / "a.png").exists()


def test_settings_come_back_after_an_error():
    @own_settings()
    def fails():
        assert matplotlib.rcParams["font.size"] != 31
        raise ZeroDivisionError

    with matplotlib.rc_context({"font.size": 31}):
        with pytest.raises(ZeroDivisionError):
            fails()
        assert matplotlib.rcParams["font.size"] == 31


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
