"""Figures that keep the settings they were made with, and show themselves in a notebook."""

import io
import os
import pickle
import subprocess
import sys

import matplotlib
import numpy as np
from helpers.figures import HOSTILE, hostile
from PIL import Image

from fastmlp import plots
from fastmlp.plots.style import new_figure, own_settings, titled_figure

FILE = {name: value for name, value in HOSTILE.items() if name.startswith("savefig.")}
"""Settings that belong to the user's file."""


def saved(figure, **options):
    """Return the pixels of a figure that a user saves."""
    content = io.BytesIO()
    figure.savefig(content, format="png", **options)
    with Image.open(content) as image:
        return np.asarray(image.convert("RGBA"))


def curve():
    return plots.learning_curve([1, 2, 3], [0.5, 0.4, 0.3], [0.8, 0.9, 0.95], 0.7)


def test_a_user_who_saves_a_figure_gets_it_as_it_was_drawn():
    """Also the numbers of the ticks, which Matplotlib makes when the figure is saved."""
    file = {"dpi": 50, "bbox_inches": "tight", "transparent": False, "facecolor": "white"}
    expected = saved(curve(), **file)
    with hostile():
        np.testing.assert_array_equal(saved(curve(), **file), expected)
        figure = curve()
    np.testing.assert_array_equal(saved(figure, **file), expected)


def test_the_users_settings_for_files_hold():
    with matplotlib.rc_context({"savefig.dpi": 20}):
        assert saved(curve()).shape[:2] == (6 * 20, 7 * 20)
    with matplotlib.rc_context({"savefig.transparent": True}):
        assert saved(curve())[0, 0, 3] == 0


def test_an_image_is_not_upside_down_whoever_saves_it():
    """The upper half of the picture is ink."""
    X = np.zeros((1, 64))
    X[:, :32] = 1
    with hostile():
        pixels = saved(plots.sheet(X, ["half"], "", (8, 8), 1), dpi=50, transparent=False, facecolor="white")
    light = pixels[..., :3].sum(axis=2)
    ink, frame = (np.flatnonzero((light < bound).mean(axis=1) > 0.1) for bound in (90, 500))
    assert len(ink) > 20
    assert ink.max() < frame.max() - 20


def test_a_notebook_shows_a_figure_with_its_own_settings():
    expected = curve()._repr_png_()
    with Image.open(io.BytesIO(expected)) as image:
        assert image.size == (700, 600)
    with hostile():
        assert curve()._repr_png_() == expected


def test_notebooks_need_no_pyplot():
    program = (
        "import sys; from fastmlp import History, Epoch\n"
        "figure = History([Epoch(1, 0.5, 0.8, 1.0, 10.0)]).plot()\n"
        "assert figure._repr_png_().startswith(b'\\x89PNG')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    environment = os.environ | {"MPLBACKEND": "module://nowhere.backend"}
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, env=environment)


def test_each_figure_has_its_own_settings():
    with matplotlib.rc_context({"font.size": 30}):
        large = titled_figure("the user's own", 4, 3)
    with own_settings():
        small = titled_figure("the user's own", 4, 3)
    assert not np.array_equal(saved(large), saved(small))
    assert len(new_figure(4, 3).axes) == 0


def test_a_figure_can_be_pickled():
    figure = curve()
    np.testing.assert_array_equal(saved(pickle.loads(pickle.dumps(figure))), saved(figure))
