"""Pictures from another process: as from this one, whatever happens to it."""

import subprocess
import sys
from functools import partial

import pytest

from fastmlp import InputError, plots
from fastmlp.painter import Painter, draw

CURVE = partial(plots.learning_curve, (1, 2), (0.5, 0.2), (0.8, 0.9))
PROGRAM = """
import sys
from functools import partial
from pathlib import Path
from fastmlp import plots
from fastmlp.painter import Painter

with Painter() as painter:
    if sys.argv[2] == "killed":
        painter._process.kill()
        painter._process.wait()
    painter.draw({Path(sys.argv[1]): partial(plots.learning_curve, (1, 2), (0.5, 0.2), (0.8, 0.9))})
assert ("matplotlib" in sys.modules) == (sys.argv[2] == "killed")
assert painter._process.poll() is not None
"""


@pytest.mark.parametrize("fate", ["alive", "killed"])
def test_it_draws_what_this_process_would(tmp_path, fate):
    draw({tmp_path / "here.png": CURVE})
    subprocess.run([sys.executable, "-c", PROGRAM, tmp_path / "there.png", fate], check=True, timeout=60)
    assert (tmp_path / "there.png").read_bytes() == (tmp_path / "here.png").read_bytes()


def test_where_a_file_cant_be_written_it_is_said(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib")
    painter = Painter()
    assert painter._process is not None
    with painter, pytest.raises(InputError, match="Can't write"):
        painter.draw({tmp_path / "none" / "curve.png": CURVE})
    assert painter._process.poll() is not None


def test_there_is_no_other_process_where_matplotlib_is_imported(tmp_path):
    assert "matplotlib" in sys.modules
    with Painter() as painter:
        assert painter._process is None
        painter.draw({tmp_path / "curve.png": CURVE})
    assert (tmp_path / "curve.png").exists()
