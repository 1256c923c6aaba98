"""The contestants' processes."""

from dataclasses import replace

import pytest
from helpers.results import LECTURE

from benchmarks import agreement, arena
from benchmarks.contestants import CONTESTANTS
from benchmarks.speed import rounds
from fastmlp.system.machine import cores


@pytest.mark.slow
def test_processes_train_the_same_network_and_are_timed(drawn, folder):
    contestants = [CONTESTANTS[name] for name in ("fastmlp", "numpy", "nielsen")]
    with arena.processes(contestants, folder) as field:
        judge = next(process for process in field if process.contestant.name == "numpy")
        losses = agreement.check(field, judge, LECTURE, *drawn.train)
        assert losses["nielsen-1"]["reported"] is None
        assert len(losses) == len(field) == 1 + 2 * len({1, cores()})
        seconds = rounds(field, LECTURE, 2)
        memory = judge.ask("memory")["peak"]
    assert all(max(len(times) for times in each.values()) == 2 for each in seconds.values())
    assert all(min(times) > 0 for each in seconds.values() for times in each.values())
    assert seconds["nielsen"].keys() == {"1"}
    assert min(seconds["nielsen"]["1"]) > min(seconds["numpy"]["1"])
    assert memory is None or 30e6 < memory < 1e9


def test_a_process_that_ends_gives_the_reason(folder):
    process = arena.Process(CONTESTANTS["numpy"], 1, folder)
    with pytest.raises(arena.ContestantError, match=r"NumPy on 1 threads ended: AttributeError: .*train_epoch"):
        process.ask("epoch", number=1)
    process.close()


def test_rivals_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setitem(CONTESTANTS, "torch", replace(CONTESTANTS["torch"], needs="no_such_package"))
    here, skipped = arena.installed(("torch", "numpy"))
    assert [each.name for each in here] == ["numpy"]
    assert skipped == {"torch": "no_such_package is not installed"}
