"""Figures drawn by another process: the same as from this one, whatever happens to it."""

import subprocess
import sys
from functools import partial

import pytest

from fastmlp import plots
from fastmlp.plots.worker import FigureWorker, draw_figures

CURVE = partial(plots.learning_curve, (1, 2), (0.5, 0.2), (0.8, 0.9))
PROGRAM = """
import sys
from fastmlp.plots.worker import FigureWorker

with FigureWorker() as worker:
    assert "numpy" not in sys.modules, "the worker starts before anything that takes long to import"
    from functools import partial
    from pathlib import Path
    from fastmlp import plots

    if sys.argv[2] == "killed":
        worker.process.kill()
        worker.process.wait()
    worker.draw_figures({Path(sys.argv[1]): partial(plots.learning_curve, (1, 2), (0.5, 0.2), (0.8, 0.9))})
assert ("matplotlib" in sys.modules) == (sys.argv[2] == "killed")
assert worker.process.poll() is not None
"""


@pytest.mark.parametrize("fate", ["alive", "killed"])
def test_it_draws_the_same_figure_as_this_process(tmp_path, fate):
    draw_figures({tmp_path / "here.png": CURVE})
    subprocess.run([sys.executable, "-c", PROGRAM, tmp_path / "there.png", fate], check=True, timeout=60)
    assert (tmp_path / "there.png").read_bytes() == (tmp_path / "here.png").read_bytes()


def test_a_file_that_cant_be_written_is_named_and_the_others_are_drawn(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib")
    worker = FigureWorker()
    assert worker.process is not None
    lost = tmp_path / "none" / "curve.png"
    with worker:
        undrawn = worker.draw_figures({lost: CURVE, tmp_path / "curve.png": CURVE})
    assert worker.process.poll() is not None
    assert undrawn == ((lost,), f"Can't write {lost}: No such file or directory.")
    assert (tmp_path / "curve.png").exists()


def test_whatever_fails_in_a_figure_is_one_sentence(tmp_path):
    def breaks():
        raise RuntimeError("failed to open\nthe font")

    undrawn = draw_figures({tmp_path / "broken.png": breaks, tmp_path / "curve.png": CURVE})
    assert undrawn.paths == (tmp_path / "broken.png",)
    assert undrawn.reason == (
        "broken.png can't be drawn (RuntimeError: failed to open the font): see that Matplotlib works."
    )
    assert (tmp_path / "curve.png").exists()


def test_nothing_is_imported_from_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("from pathlib import Path\nPath('imported').touch()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "matplotlib")
    with FigureWorker() as worker:
        worker.process.stdin.close()
        worker.process.wait(timeout=60)
        worker.process.stdin = None
    assert not (tmp_path / "imported").exists()


def test_there_is_no_other_process_if_matplotlib_is_imported(tmp_path):
    draw_figures({tmp_path / "curve.png": CURVE})
    assert "matplotlib" in sys.modules
    with FigureWorker() as worker:
        assert worker.process is None
        worker.draw_figures({tmp_path / "curve.png": CURVE})
    assert (tmp_path / "curve.png").exists()
