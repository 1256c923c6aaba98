"""Draws pictures in a process of its own, which imports Matplotlib while this one trains, and shares them with copies.

Otherwise the command `train`, its only caller, would be busy with that for longer than with a short training. Calls
`plots`. What that process can't do is done here.
"""

import contextlib
import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from fastmlp.machine import cores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Figures = dict[Path, "Callable[[], Figure]"]
"""What makes each figure, and its file."""


def draw(figures: Figures) -> None:
    """Make figures and write them, in this process.

    Raises
    ------
    InputError
        A file can't be written.
    """
    from fastmlp.plots import save_figure

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its own cache folder is nothing to the reader
    for path, figure in figures.items():
        save_figure(figure(), path)


class Painter:
    """The other process, from here to the end of a `with`; there is none if Matplotlib is imported already."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if "matplotlib" not in sys.modules:
            with contextlib.suppress(OSError):
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "fastmlp.painter"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    process_group=0,  # Ctrl-C is nothing to it
                )

    def draw(self, figures: Figures) -> None:
        """Make figures and write them; what makes them is pickled. Raises what the function `draw` does."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
                pickle.dump(figures, pipe)
            if self._process.wait() == 0:
                return
        draw(figures)

    def __enter__(self) -> "Painter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


_figures: Figures = {}
"""In the other process: its copies have it too."""


def _draw_one(path: Path) -> None:
    draw({path: _figures[path]})


def _work() -> None:
    """Be the other process: draw what comes by standard input, if anything comes before that ends."""
    for module in ("matplotlib.figure", "matplotlib.backends.backend_agg", "fastmlp.plots", "multiprocessing.pool"):
        import_module(module)  # what takes long
    pickled = sys.stdin.buffer.read()
    if not pickled:
        return
    _figures.update(pickle.loads(pickled))
    if "fork" not in multiprocessing.get_all_start_methods():
        draw(_figures)
        return
    with multiprocessing.get_context("fork").Pool(cores()) as pool:  # a copy has all that is imported
        pool.map(_draw_one, _figures, chunksize=1)


if __name__ == "__main__":
    _work()
    os._exit(0)  # at once: to take Matplotlib down would take a tenth of a second
