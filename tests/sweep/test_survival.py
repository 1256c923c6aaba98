"""Nothing is lost and nothing is trained twice: kill -9, Ctrl-C, several processes, half-written journals."""

import contextlib
import json
import multiprocessing
import os
import random
import signal
import subprocess
import time

import pytest
from sweep_tables import SETTINGS, once_each, table_of

from fastmlp.sweep import Sweep
from fastmlp.sweep.claims import Claims
from fastmlp.sweep.plan import OBJECTIVES
from fastmlp.sweep.store import open_study, quiet, store_at

KILLS = 20


def sweep_on(out, command, *more):
    return subprocess.run(command(out, "--json", *more), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def starts():
    """Start processes at once: forked from one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fastmlp.sweep.run"])
    return context.Process


def run_sweep_on(data, out):
    Sweep(SETTINGS | {"epochs": 8}, data=str(data), seeds=3).run(out, report=False, show=False)


def test_killed_at_random_moments_and_resumed_it_gives_the_table_of_an_undisturbed_sweep(starts, digits, tmp_path):
    run_sweep_on(digits, tmp_path / "whole")
    rng, out = random.Random(0), tmp_path / "killed"
    journal, killed = out / "journal.log", 0
    for _ in range(KILLS):
        process = starts(target=run_sweep_on, args=(digits, out))
        process.start()
        size = journal.stat().st_size if journal.exists() else 0
        while process.is_alive() and (not journal.exists() or journal.stat().st_size == size):
            time.sleep(0.001)  # until it is at work
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    run_sweep_on(digits, out)
    assert table_of(out) == table_of(tmp_path / "whole")
    assert killed >= KILLS // 2
    assert once_each(journal, 12) > 0  # some were begun again


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_keeps_what_is_finished(command, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(command(out, "--jobs", "1", "--epochs", "50"), stderr=subprocess.PIPE, text=True)
    journal = out / "journal.log"
    while process.poll() is None and (not journal.exists() or '"results"' not in journal.read_text()):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    error = process.communicate()[1]
    assert process.returncode == 130, error
    assert "Traceback" not in error
    done = len(table_of(out))
    assert 1 <= done < 12
    result = json.loads(sweep_on(out, command, "--epochs", "50").stdout)
    assert (result["complete"], result["trained"]) == (12, 12 - done)


@pytest.fixture
def claims(tmp_path):
    """Make processes of a sweep of six networks, all of them in this one."""
    made = []

    def make():
        sweep = Sweep({"width": [8, 16], "epochs": 1}, seeds=3)
        storage = stack.enter_context(store_at(tmp_path / "journal.log"))
        study, created = open_study(storage, "sweep", [OBJECTIVES["accuracy"]], sweep.to_json())
        made.append(Claims(sweep, study, storage))
        if created:
            made[-1].fill()
        return made[-1]

    with quiet(), contextlib.ExitStack() as stack:
        yield make
    for each in made:
        each.close()


def entries(trials):
    return sorted(trial.user_attrs["entry"] for trial in trials)


def test_trials_of_a_dead_process_are_begun_again(claims):
    dead, heir = claims(), claims()
    taken = [dead.take(), dead.take()]
    heir.beat()
    assert heir.take().number == 2  # it is alive
    dead._alive.release()  # as the system does when it dies
    heir._last_beat = float("-inf")
    heir.beat()
    rest = []
    while (trial := heir.take()) is not None:
        rest.append(trial)
    assert entries(rest) == [0, 1, 3, 4, 5]
    assert not dead.finish(taken[0], trial_state("COMPLETE"), [0.5])  # it was only asleep: too late


def trial_state(name):
    from optuna.trial import TrialState

    return TrialState[name]


def test_a_process_on_another_machine_is_dead_when_its_heartbeat_stands_still(claims, monkeypatch):
    far, here = claims(), claims()
    far.take()
    monkeypatch.setattr("fastmlp.sweep.claims._lock_file", lambda worker: "/nowhere/lock")
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    waiting = []
    for _ in range(10):
        clock[0] += 15
        here._last_beat = float("-inf")
        here.beat()
        waiting.append(len(here.trials([trial_state("WAITING")])))
    assert waiting[:4] == [5, 5, 5, 5]
    assert waiting[-1] == 6
    monkeypatch.undo()


def test_an_entry_that_is_in_the_store_twice_is_trained_once(claims):
    one, other = claims(), claims()
    lost = one.take()
    one._lose(lost, "test")
    there = one.trials

    one.fill()
    other.trials = lambda states=None: [trial for trial in there(states) if trial.user_attrs["entry"] != 0]
    other.fill()  # as if it had looked before the first one wrote
    del other.trials
    taken = []
    while (trial := one.take() or other.take()) is not None:
        taken.append(trial)
    assert entries(taken) == [0, 1, 2, 3, 4, 5]
    assert len(one.study.trials) == 8


def test_half_a_line_at_the_end_of_a_journal_is_cut_off(claims, tmp_path):
    claims()
    journal = tmp_path / "journal.log"
    whole = journal.read_bytes()
    for garbage in (b'{"op_code": 4, "wor', b"\0" * 5000):
        journal.write_bytes(whole + garbage)
        again = claims()
        assert len(again.study.trials) == 6
        for line in journal.read_text().splitlines():
            json.loads(line)


def test_a_full_disk_leaves_no_half_line(claims, tmp_path, monkeypatch):
    one = claims()
    before = (tmp_path / "journal.log").read_bytes()
    monkeypatch.setattr("fastmlp.sweep.store._write", lambda file, lines: file.write(lines[: len(lines) // 2]))
    with pytest.raises(OSError, match="No space left"):
        one.study.set_user_attr("note", "x" * 100)
    assert (tmp_path / "journal.log").read_bytes() == before
