"""A process that imports Matplotlib and draws figures while this one trains.

Importing Matplotlib and drawing take longer than a short training. The command `train` therefore starts the worker
before anything else and sends it the figures at the end. If the worker fails, the figures are drawn in this process.
The worker forks a copy of itself for each core, so that the figures are drawn in parallel.

It is a Popen with a pipe because a `concurrent.futures.ProcessPoolExecutor` keeps this process busy twice as long at
the start: 128 ms against 65 ms (spawn; medians of 3 on a busy machine with two cores).
"""

import contextlib
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

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Figures = dict[Path, "Callable[[], Figure]"]
"""A function for each figure, by the file that the figure is written to."""

SLOW_TO_IMPORT = (
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "fastmlp.plots.curves",
    "fastmlp.plots.mistakes",
    "fastmlp.plots.save",
    "multiprocessing.pool",
)
"""Modules that the worker imports while it waits for figures."""


def draw_figures(figures: Figures) -> None:
    """Make figures and write them, in this process.

    Raises
    ------
    InputError
        A file can't be written.
    """
    from fastmlp.plots.save import save_figure
    from fastmlp.plots.style import quiet_matplotlib

    quiet_matplotlib()
    for path, figure in figures.items():
        save_figure(figure(), path)


class FigureWorker:
    """The other process, from its creation to the end of a `with` block.

    Attributes
    ----------
    process : subprocess.Popen or None
        None if Matplotlib is imported already, so that another process would save nothing, or if none can be started.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        if "matplotlib" not in sys.modules:
            with contextlib.suppress(OSError):
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "fastmlp.plots.worker"],  # -P: no modules of the current folder
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    process_group=0,  # Ctrl-C does not reach it
                )

    def draw_figures(self, figures: Figures) -> None:
        """Make figures and write them in the worker, or in this process if the worker can't.

        The functions in `figures` are pickled. Raises what the function `draw_figures` raises.
        """
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self.process.stdin as pipe:
                pickle.dump(figures, pipe)
            if self.process.wait() == 0:
                return
        draw_figures(figures)

    def __enter__(self) -> "FigureWorker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


_figures: Figures = {}
"""The figures that the worker has received; its forked copies have them too."""


def _draw_one(path: Path) -> None:
    draw_figures({path: _figures[path]})


def _work() -> None:
    """Draw the figures that arrive on standard input, if any arrive before it is closed."""
    from fastmlp.system.machine import cores  # imports NumPy, which the process that trains imports later

    for module in SLOW_TO_IMPORT:
        import_module(module)
    pickled = sys.stdin.buffer.read()
    if not pickled:
        return
    _figures.update(pickle.loads(pickled))
    if "fork" not in multiprocessing.get_all_start_methods():
        draw_figures(_figures)
        return
    with multiprocessing.get_context("fork").Pool(cores()) as pool:  # the copies have everything imported
        pool.map(_draw_one, _figures, chunksize=1)


if __name__ == "__main__":
    _work()
    os._exit(0)  # at once: tearing Matplotlib down takes a tenth of a second
