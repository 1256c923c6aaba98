"""The figures of the results."""

import pytest
from helpers.figures import hostile

from benchmarks import figures
from benchmarks.contestants import CONTESTANTS
from fastmlp.plots.save import png, save_figure


@pytest.mark.parametrize("section", ["speed", "busy", "accuracy", "widths", "batches", "roofline"])
def test_a_section_has_a_figure(found, section, tmp_path):
    figure = figures.draw(found[section])
    save_figure(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert all(axes.get_xlabel() for axes in figure.axes[-1:])


@pytest.mark.slow
@pytest.mark.parametrize("section", ["speed", "accuracy", "widths", "roofline"])
def test_a_users_settings_change_no_figure(found, section):
    expected = png(figures.draw(found[section]))
    with hostile():
        assert png(figures.draw(found[section])) == expected


def test_the_presets_have_a_figure(measured):
    (axes,) = figures.draw({"part": "presets", "presets": {"fast-96": measured}}).axes
    (label,) = [text.get_text() for text in axes.get_legend().get_texts()]
    assert label == "fast-96: 96.00% in 2.00 s"


def test_costs_have_no_figure(found):
    assert figures.draw(found["costs"]) is None


def test_every_contestant_has_its_own_color_and_marker():
    assert figures.COLORS.keys() == CONTESTANTS.keys()
    for values in zip(*figures.COLORS.values(), strict=True):
        assert len(set(values)) == len(CONTESTANTS)
