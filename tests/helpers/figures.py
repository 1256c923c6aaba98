"""Checks of figures, and what they are checked with."""

import contextlib
import itertools

import matplotlib.style
import numpy as np
from PIL import Image

from fastmlp.plots.save import save_figure

FASHION = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
DIGITS = [str(digit) for digit in range(10)]
HOSTILE = {
    "image.origin": "lower",
    "image.cmap": "jet",
    "image.interpolation": "bicubic",
    "text.usetex": True,
    "font.size": 30,
    "font.family": ["cursive"],
    "font.sans-serif": ["DejaVu Serif"],
    "figure.dpi": 31,
    "figure.autolayout": True,
    "figure.facecolor": "black",
    "axes.grid": True,
    "axes.facecolor": "black",
    "axes.prop_cycle": matplotlib.cycler(color=["red"]),
    "lines.linewidth": 9,
    "legend.fontsize": 30,
    "xtick.color": "red",
    "ytick.labelsize": 30,
    "savefig.bbox": "tight",
    "savefig.dpi": 17,
    "savefig.facecolor": "green",
    "savefig.transparent": True,
    "path.simplify": False,
    "axes.formatter.use_locale": True,
}
"""Settings of a user that would change every figure, or end it where there is no TeX."""
STYLES = ("dark_background", "grayscale")
"""Style sheets that a user may have chosen."""
EMNIST = list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")


@contextlib.contextmanager
def hostile(style=None):
    """Draw with a user's settings in a `with` block: HOSTILE, or those of a style sheet."""
    with matplotlib.rc_context(HOSTILE) if style is None else matplotlib.style.context(style):
        yield


def drawn(figure, path):
    """Save a figure (warnings are errors), check the size of its file, and return the pixels."""
    save_figure(figure, path)
    assert path.stat().st_size < 500_000
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def check_no_overlap(figure, texts):
    """Check that no two of these texts overlap, and that none leaves the figure."""
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]
    width, height = figure.get_size_inches() * figure.dpi
    for box in boxes:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1
    for a, b in itertools.combinations(boxes, 2):
        assert not a.overlaps(b)


def framed(figure):
    """Return the images on a contact sheet in the order of their titles; check their frames."""
    axes = figure.axes[0]
    sheet = axes.images[0].get_array()
    shown = []
    for text, path in zip(axes.texts, axes.collections[0].get_paths(), strict=True):
        (left, top), (right, bottom) = path.vertices.min(axis=0), path.vertices.max(axis=0)
        x, y = text.get_position()
        assert x == (left + right) / 2
        assert y < top
        shown.append(sheet[int(top + 0.5) : int(bottom + 0.5), int(left + 0.5) : int(right + 0.5)])
        assert shown[-1].shape == (bottom - top, right - left)
    corners = [path.vertices.min(axis=0)[::-1].tolist() for path in axes.collections[0].get_paths()]
    assert corners == sorted(corners), "the images are in reading order"
    return shown


def tiles(figure):
    """Return the images on a contact sheet by the title above each, which stands near its image."""
    axes = figure.axes[0]
    for text, path in zip(axes.texts, axes.collections[0].get_paths(), strict=True):
        top, bottom = path.vertices[:, 1].min(), path.vertices[:, 1].max()
        assert text.get_position()[1] > bottom - 2 * (bottom - top)
    return dict(zip((text.get_text() for text in axes.texts), framed(figure), strict=True))


def labels(n_classes, n=4000, wrong=0.1):
    """Return random labels, and answers of which about a tenth are wrong."""
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, n_classes, n)
    return y_true, np.where(rng.random(n) < wrong, rng.integers(0, n_classes, n), y_true)
