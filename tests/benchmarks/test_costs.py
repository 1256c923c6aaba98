"""The costs of a process that trains."""

import pytest
from helpers.results import LECTURE

from benchmarks import costs
from benchmarks.contestants import CONTESTANTS


def test_the_costs_of_a_training_add_up(folder, tmp_path):
    measured, versions = costs.training(CONTESTANTS["numpy"], LECTURE, folder, str(tmp_path))
    assert measured.keys() == {"start", "prepare", "first", "epoch", "compile", "total", "memory"}
    assert measured["start"] + measured["first"] < measured["total"]
    assert measured["compile"] < measured["first"]
    assert versions.keys() == {"numpy"}


def test_commands_are_timed_without_their_first_run(monkeypatch):
    runs = []
    monkeypatch.setattr(costs.subprocess, "run", lambda command, **_: runs.append(command[1:]))
    seconds = costs.commands({"numpy", "fastmlp"}, repeats=2)
    assert {name: len(times) for name, times in seconds.items()} == {"fastmlp train --epochs 1": 2, "import numpy": 2}
    assert len(runs) == 6
    assert runs[1] == ["-c", "import numpy"]
    assert max(max(times) for times in seconds.values()) == pytest.approx(0, abs=0.1)
