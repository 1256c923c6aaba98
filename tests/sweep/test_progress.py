"""The progress of a sweep on a terminal and in a file."""

import io
import re
import time

import pytest

from fastmlp import Epoch
from fastmlp.sweep import SweepConfig
from fastmlp.sweep.progress import ELSEWHERE, ON_A_TERMINAL, Progress

CONFIG = SweepConfig({"width": [8, 16], "epochs": 2}, seeds=2)


@pytest.fixture
def clock(monkeypatch):
    """The time in a list, which a test can change."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return clock


def terminal(monkeypatch):
    """Put a terminal in place of standard error. Not a fixture: pytest sets standard error anew for each test."""
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", screen)
    return screen


def test_the_table_of_a_terminal_is_drawn_over_itself(monkeypatch, clock):
    screen = terminal(monkeypatch)
    progress = Progress(CONFIG, shown=True)
    watch = progress.watch(3, {"width": 16, "epochs": 2}, 1)
    progress.update(["complete", "running", "failed"], 2.0)
    progress.show()
    first = screen.getvalue()
    assert "2 of 4 trials done, 1 running, 1 failed" in first
    assert "#3 width 16, seed 1: starting" in first
    watch.on_epoch_end(Epoch(1, 0.5, 0.75, 1.0, 100.0))
    progress.show()
    assert screen.getvalue() == first  # it is too early to draw again
    clock[0] += ON_A_TERMINAL
    progress.show()
    second = screen.getvalue()[len(first) :]
    assert second.startswith(f"\x1b[{first.count(chr(10))}A\x1b[J")
    assert "#3 width 16, seed 1: epoch 1 of 2, accuracy 75.00%" in second
    clock[0] += ON_A_TERMINAL
    progress.finished(3, [{"validation_accuracy": 0.5, "seed": 1}], {"width": 16, "epochs": 2})
    progress.update(["complete"] * 2, CONFIG.work({"width": 16}))
    progress.show()
    third = screen.getvalue()[len(first) + len(second) :]
    assert "best so far 50.00%: width 16, seed 1" in third
    assert re.search(r"1\.00 networks/s  1\.0 s left", third)
    progress.close()
    assert screen.getvalue().endswith("\x1b[J")


def test_a_file_gets_a_line_now_and_then(capsys, clock):
    progress = Progress(CONFIG, shown=True)
    progress.show()
    assert capsys.readouterr().err == ""
    clock[0] += ELSEWHERE
    progress.show()
    assert capsys.readouterr().err == "0 of 4 trials done, 0 running  starting\n"
    progress.close()
    assert capsys.readouterr().err == ""


def test_nothing_is_shown_if_it_is_not_wanted(monkeypatch, clock):
    screen = terminal(monkeypatch)
    progress = Progress(CONFIG, shown=False)
    progress.show()
    progress.close()
    assert screen.getvalue() == ""
