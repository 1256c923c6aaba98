"""Checks of every experiment: its entry, its finding and its figures."""

import json
from importlib import import_module

import pytest
from helpers.figures import hostile

from fastmlp.errors import InputError
from fastmlp.explore import EXPERIMENTS, find_experiment
from fastmlp.plots.save import png

QUICK = {
    "data-size": {"sizes": (50, 400), "steps": 50},
    "dream": {"steps": 5},
    "edges": {"width": 9, "epochs": 1},
    "label-noise": {"fractions": (0.0, 0.5), "width": 8, "epochs": 1},
    "landscape": {"points": 7},
    "minima": {"widths": (2, 3), "seeds": 2, "n": 100, "epochs": 1, "points": 3},
    "noise": {"n": 50, "epochs": 1},
    "none-of-these": {"n_test": 10, "epochs": 1},
    "shuffled-labels": {"n": 100, "width": 8, "epochs": 2},
}
"""Arguments with which an experiment takes less than a second or so."""
LINES = {"data-size": 4, "label-noise": 4, "minima": 4, "mistakes": 4, "noise": 6, "shuffled-labels": 5, "gradient": 2}
"""Lines and markers that the figures of an experiment have at least."""


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_has_a_module_a_question_and_a_source(name):
    module = import_module(f"fastmlp.explore.experiments.{name.replace('-', '_')}")
    experiment = find_experiment(name)
    assert experiment.run is module.run
    assert experiment.question.endswith("?")
    assert experiment.source


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(InputError, match="did you mean 'noise'"):
        find_experiment("nois")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_figure_has_a_title_and_labels_what_it_draws(lab, name):
    """Axes with lines, bars or dots have labels, and a legend where there are colors to be told apart."""
    finding = EXPERIMENTS[name].run(lab, **QUICK.get(name, {}))
    assert json.loads(json.dumps(finding.facts, allow_nan=False))
    assert finding.text.endswith(".")
    lines = drawn = 0
    for figure in finding.figures:
        assert figure.get_suptitle() or any(axes.get_title() for axes in figure.axes)
        for axes in figure.axes:
            lines += len(axes.lines)
            drawn += len(axes.lines) + len(axes.images) + len(axes.collections) + len(axes.patches)
            if axes.lines:
                assert axes.get_xlabel(), axes.get_title()
                assert axes.get_ylabel(), axes.get_title()
            if len({line.get_color() for line in axes.lines}) > 1:
                assert axes.get_legend() or figure.legends, axes.get_title()
    assert drawn > 0
    assert lines >= LINES.get(name, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_users_settings_change_no_figure(lab, name):
    finding = EXPERIMENTS[name].run(lab, **QUICK.get(name, {}))
    for draw, figure in zip(finding.drawings, finding.figures, strict=True):
        expected = png(figure)
        with hostile():
            assert png(draw()) == expected
