"""Figures drawn from plain arrays, free of the user's own Matplotlib settings.

Each function returns a Matplotlib Figure, and `save_figure` writes it. Figures are made without pyplot: no window, no
global state, nothing to close. Axes are placed in inches, because a layout engine would draw each figure twice.

The public names stand in `__init__.pyi` and are imported when they are first used: `fastmlp train` starts the process
that draws before anything that takes long to import.
"""

from fastmlp.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
