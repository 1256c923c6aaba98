"""Claims: each trial is trained once, whichever processes die."""

import contextlib
import time

import pytest
from optuna.trial import TrialState

from fastmlp.sweep import SweepConfig
from fastmlp.sweep import claims as module
from fastmlp.sweep.claims import Claims
from fastmlp.sweep.config import OBJECTIVES
from fastmlp.sweep.store import open_study, quiet, store_at


@pytest.fixture
def claims(tmp_path):
    """Make processes of a sweep of six networks, all of them in this one."""
    made = []

    def make():
        config = SweepConfig({"width": [8, 16], "epochs": 1}, seeds=3)
        storage = stack.enter_context(store_at(tmp_path / "journal.log"))
        study, created = open_study(storage, "sweep", [OBJECTIVES["accuracy"]], config.to_json())
        made.append(Claims(config, study, storage))
        if created:
            made[-1].fill()
        return made[-1]

    with quiet(), contextlib.ExitStack() as stack:
        yield make
    for each in made:
        each.close()


@pytest.fixture
def no_pause(monkeypatch):
    """Let every call of beat write a heartbeat and look for dead processes."""
    monkeypatch.setattr(module, "HEARTBEAT", 0.0)


def entries(trials):
    return sorted(trial.user_attrs["entry"] for trial in trials)


def take_all(*claims):
    """Return the trials that these processes take, the first one as long as it finds any."""
    taken = []
    while (trial := next(filter(None, (each.take() for each in claims)), None)) is not None:
        taken.append(trial)
    return taken


def test_the_plan_is_in_the_store_from_the_start(claims):
    one, other = claims(), claims()
    assert entries(one.trials()) == entries(other.trials()) == [0, 1, 2, 3, 4, 5]
    assert one.anything_waits()
    assert entries(take_all(one)) == [0, 1, 2, 3, 4, 5]
    assert other.take() is None
    assert not other.anything_waits()


@pytest.mark.usefixtures("no_pause")
def test_trials_of_a_dead_process_are_begun_again(claims):
    dead, heir = claims(), claims()
    taken = [dead.take(), dead.take()]
    heir.beat()
    assert heir.take().number == 2  # it is alive
    dead.presence.lock.release()  # as the system does when it dies
    heir.beat()
    assert entries(take_all(heir)) == [0, 1, 3, 4, 5]
    assert not dead.finish(taken[0], TrialState.COMPLETE, [0.5])  # it was only asleep: too late


def test_heartbeats_are_written_now_and_then(claims, monkeypatch):
    one, clock = claims(), [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    wrote = []
    for _ in range(5):
        wrote.append(one.presence.beat())
        clock[0] += module.HEARTBEAT / 2
    assert wrote == [True, False, True, False, True]
    monkeypatch.undo()


@pytest.mark.usefixtures("no_pause")
def test_a_process_on_another_machine_is_dead_when_its_heartbeat_stands_still(claims, monkeypatch, tmp_path):
    far, here = claims(), claims()
    far.take()
    monkeypatch.setattr(module, "lock_file", lambda worker: tmp_path / "nowhere" / "lock")
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    waiting = []
    for _ in range(10):
        clock[0] += 15
        here.beat()
        waiting.append(len(here.trials([TrialState.WAITING])))
    assert waiting[:4] == [5, 5, 5, 5]
    assert waiting[-1] == 6
    monkeypatch.undo()


@pytest.mark.usefixtures("no_pause")
def test_the_plan_of_a_process_that_died_while_it_wrote_it_is_completed(claims, monkeypatch):
    planner = claims()
    planner.study.set_user_attr("planned", False)
    other = claims()
    monkeypatch.setattr(Claims, "fill", lambda self: filled.append(self))
    filled = []
    other.beat()
    assert filled == []  # the planner is alive
    planner.presence.lock.release()
    other.beat()
    assert filled == [other]


def test_an_entry_that_is_in_the_store_twice_is_trained_once(claims):
    one, other = claims(), claims()
    lost = one.take()
    one.lose(lost, "test")
    there = one.trials

    one.fill()
    other.trials = lambda states=None: [trial for trial in there(states) if trial.user_attrs["entry"] != 0]
    other.fill()  # as if it had looked before the first one wrote
    del other.trials
    assert entries(take_all(one, other)) == [0, 1, 2, 3, 4, 5]
    assert len(one.study.trials) == 8


def test_interrupted_trials_wait_again(claims):
    one, other = claims(), claims()
    one.take()
    one.give_back()
    assert entries(take_all(other)) == [0, 1, 2, 3, 4, 5]


def test_names_of_processes_in_a_store_are_no_paths(claims, monkeypatch):
    one, asked = claims(), []
    lock_file = module.lock_file
    monkeypatch.setattr(module, "lock_file", lambda worker: asked.append(worker) or lock_file(worker))
    one.study.set_user_attr(module.WORKER + "../../etc/important", 3)
    assert one.presence.living() == {one.presence.id}
    assert asked == []
