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
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from fastmlp.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Figures = dict[Path, "Callable[[], Figure]"]
"""A function for each figure, by the file that the figure is written to."""

SLOW_TO_IMPORT = (
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "fastmlp.plots.curves",
    "fastmlp.plots.mistakes",
    "fastmlp.plots.own_figure",
    "fastmlp.plots.save",
    "concurrent.futures.process",
)
"""Modules that the worker imports while it waits for figures."""


class Undrawn(NamedTuple):
    """The figures that could not be drawn or written, and the reason of the first in one sentence."""

    paths: tuple[Path, ...] = ()
    reason: str = ""


def draw_figures(figures: Figures) -> Undrawn:
    """Make figures and write them, in this process; go on with the others if one can't be drawn or written."""
    from fastmlp.plots.save import drawing, save_figure
    from fastmlp.plots.style import quiet_matplotlib

    quiet_matplotlib()
    reasons: dict[Path, str] = {}
    for path, figure in figures.items():
        try:
            with drawing(path.name):
                save_figure(figure(), path)
        except InputError as error:
            reasons[path] = str(error)
    return Undrawn(tuple(reasons), next(iter(reasons.values()), ""))


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
                    env=os.environ | {"MPLBACKEND": "agg"},  # a notebook's may not exist here
                )

    def draw_figures(self, figures: Figures) -> Undrawn:
        """Make figures and write them in the worker, or in this process if the worker can't.

        The functions in `figures` are pickled.
        """
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self.process.stdin as pipe:
                pickle.dump(figures, pipe)
            if self.process.wait() == 0:
                return Undrawn()
        return draw_figures(figures)

    def __enter__(self) -> "FigureWorker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.kill()
            if hasattr(os, "killpg"):
                with contextlib.suppress(OSError):  # copies of it may wait for what it does not send any more
                    os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


_figures: Figures = {}
"""The figures that the worker has received; its forked copies have them too."""


def _draw_one(path: Path) -> bool:
    return not draw_figures({path: _figures[path]}).paths


def _work() -> bool:
    """Draw the figures that arrive on standard input before it is closed; return whether all could be drawn."""
    from fastmlp.system.machine import cores  # imports NumPy, which the process that trains imports later

    for module in SLOW_TO_IMPORT:
        import_module(module)
    pickled = sys.stdin.buffer.read()
    if not pickled:
        return True
    _figures.update(pickle.loads(pickled))
    if "fork" not in multiprocessing.get_all_start_methods():
        return not draw_figures(_figures).paths
    from concurrent.futures import ProcessPoolExecutor  # it notices a copy that was killed; a Pool would wait for ever

    context = multiprocessing.get_context("fork")  # the copies have everything imported
    with ProcessPoolExecutor(min(cores(), len(_figures)), context) as pool:
        return all(pool.map(_draw_one, _figures))


if __name__ == "__main__":
    all_drawn = _work()
    os._exit(not all_drawn)  # at once: tearing Matplotlib down takes a tenth of a second
