"""OwnFigure: a Matplotlib figure that keeps the settings it was made with, and shows itself in a notebook."""

import io
from typing import Any

import matplotlib
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure


class OwnFigure(Figure):
    """A figure that is always drawn with the settings that held when it was made.

    Matplotlib makes the labels of ticks, and looks at many settings, only when a figure is drawn: when its user saves
    it, perhaps with `text.usetex` where there is no TeX. Their `savefig` settings, such as the resolution, hold.

    A notebook shows a figure of Matplotlib's own only after pyplot has been imported there; this one always.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        settings = matplotlib.rcParams.copy()
        self._own_settings: dict[Any, Any] = {name: settings[name] for name in settings if name != "backend"}

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure."""
        with matplotlib.rc_context(self._own_settings):
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        """Return the figure as a PNG with the figure's dots per inch, 100 by default."""
        content = io.BytesIO()
        with matplotlib.rc_context(self._own_settings):
            self.savefig(content, format="png")
        return content.getvalue()
