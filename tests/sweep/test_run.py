"""run_sweep: the table, what is found again, what is refused."""

import dataclasses
import threading

import numpy as np
import pytest
from helpers.sweep_tables import table_of
from optuna.storages import JournalStorage
from optuna.trial import TrialState

from fastmlp import load_network
from fastmlp.errors import InputError
from fastmlp.sweep import SweepConfig
from fastmlp.sweep import run as module
from fastmlp.sweep.progress import Progress
from fastmlp.sweep.worker import Worker

SMALL = {"width": [16, 8], "learning_rate": [0.5, 2.0], "epochs": 3, "batch_size": 20}


def test_a_grid_gives_a_row_for_each_network_whatever_the_number_of_jobs(run, tmp_path):
    tables = []
    for jobs in (1, 3):
        result = run(SweepConfig(SMALL, seeds=2), tmp_path / str(jobs), jobs=jobs)
        assert result.trained == result.count("complete") == 8
        tables.append(table_of(result.folder))
    assert tables[0] == tables[1]
    assert [(row["width"], row["learning_rate"], row["seed"]) for row in tables[0][:3]] == [
        ("16", "0.5", "0"), ("16", "0.5", "1"), ("16", "2.0", "0"),
    ]  # fmt: skip
    assert tables[0][0] != tables[0][1]


def test_a_random_search_gives_the_same_table_for_any_number_of_jobs(run, tmp_path):
    config = SweepConfig({"learning_rate": "0.1:3:log", "width": "4:20", "epochs": 1}, sampler="random", trials=6)
    tables = [table_of(run(config, tmp_path / str(jobs), jobs=jobs).folder) for jobs in (1, 2)]
    assert tables[0] == tables[1]
    assert len({row["learning_rate"] for row in tables[0]}) == 6


def test_waiting_trials_are_not_read_from_the_store_again_for_each_network(run, tmp_path, monkeypatch):
    read, waiting = JournalStorage.get_all_trials, []

    def counted(storage, study_id, deepcopy=True, states=None):
        found = read(storage, study_id, deepcopy, states)
        waiting.extend(trial.number for trial in found if trial.state is TrialState.WAITING)
        return found

    monkeypatch.setattr(JournalStorage, "get_all_trials", counted)
    config = SweepConfig({"width": [4, 5], "learning_rate": [rate / 10 for rate in range(1, 11)], "epochs": 1})
    assert run(config, tmp_path, jobs=1).trained == 20
    assert 0 < len(waiting) < 3 * 20


def test_the_best_network_is_trained_again_bit_for_bit(few_digits, run, tmp_path):
    result = run(SweepConfig(SMALL, seeds=3), tmp_path, report=True)
    network = load_network(tmp_path / "best.safetensors")
    best = next(
        row for row in result.rows if row["setting"] == result.best["setting"] and row["seed"] == result.best["seed"]
    )
    assert network.sizes == (784, best["width"], 10)
    assert network.accuracy(*few_digits.test) == best["test_accuracy"]
    assert network.evaluate(*few_digits.test).loss == pytest.approx(best["test_loss"], rel=1e-5)
    medians = [each["validation_accuracy"] for each in result.combinations]
    assert medians == sorted(medians, reverse=True)
    own = [row["validation_accuracy"] for row in result.rows if row["setting"] == result.best["setting"]]
    assert result.best["validation_accuracy"] == np.median(own)


def test_a_finished_sweep_trains_nothing_again(run, tmp_path):
    config = SweepConfig(SMALL)
    first = run(config, tmp_path)
    before = (tmp_path / "results.csv").read_text()
    again = run(config, tmp_path)
    assert (first.trained, again.trained) == (4, 0)
    assert (tmp_path / "results.csv").read_text() == before


def test_the_order_of_the_settings_changes_nothing(run, tmp_path):
    settings = {"learning_rate": [0.5, 1e-3], "activation": ["sigmoid", "relu"], "hidden": "16", "epochs": 1}
    run(SweepConfig(settings), tmp_path)
    before = table_of(tmp_path)
    assert run(SweepConfig(dict(reversed(settings.items()))), tmp_path).trained == 0
    assert table_of(tmp_path) == before


def test_the_store_of_another_sweep_is_refused(run, few_digits, tmp_path):
    run(SweepConfig(SMALL), tmp_path)
    with pytest.raises(InputError, match=r"another sweep called 'sweep' \(it differs in seeds\)"):
        run(SweepConfig(SMALL, seeds=2), tmp_path)
    with pytest.raises(InputError, match=r"differs in data"):
        run(SweepConfig(SMALL), tmp_path, data=dataclasses.replace(few_digits, test=few_digits.train))
    run(SweepConfig(SMALL, seeds=2, name="other"), tmp_path)


def test_a_plan_that_is_computed_differently_is_refused(run, tmp_path, monkeypatch):
    run(SweepConfig(SMALL), tmp_path)
    monkeypatch.setattr(SweepConfig, "work", lambda self, settings: settings["width"] == 8)
    with pytest.raises(InputError, match=r"differs in plan"):
        run(SweepConfig(SMALL), tmp_path)


def test_a_folder_that_cant_be_written_is_refused(run, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="can't be written"):
        run(SweepConfig(SMALL), tmp_path / "file")


def test_the_drawn_digits_never_stand_in_silently(few_digits, run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "load_named_or_default", lambda name: (few_digits, "MNIST can't be reached."))
    run(SweepConfig({"width": 8, "epochs": 1}), tmp_path, data=None)
    assert "are NOT those of MNIST" in capsys.readouterr().err


def test_fewer_jobs_are_used_if_the_networks_need_much_memory(run, tmp_path, monkeypatch):
    n_params = 785 * 16 + 17 * 10
    used = []
    monkeypatch.setattr(module, "Worker", lambda *arguments: used.append(arguments[4]) or Worker(*arguments))
    for room in (1, 2, 2.5, 10):
        monkeypatch.setattr(module, "memory", lambda room=room: 2 * 40 * n_params * room)
        run(SweepConfig({"width": 16, "epochs": 1}, seeds=4), tmp_path / str(room), jobs=3)
    assert used == [1, 2, 2, 3]


def test_the_time_left_of_a_search_is_that_of_its_trials(run, tmp_path, monkeypatch):
    seen = []

    def update(progress, states, work_left):
        seen.append((progress.mean_work, work_left))

    monkeypatch.setattr(Progress, "update", update)
    monkeypatch.setattr(module, "LOOK_AT_STORE", 0.0)
    monkeypatch.setattr(module, "MOST_LOOKING", 1e9)
    monkeypatch.setattr(module, "LOOK", 0.001)
    config = SweepConfig({"width": "200:300", "epochs": 2}, trials=3, seeds=2)
    run(config, tmp_path, jobs=1)
    assert seen[-1][1] == 0
    assert any(left == pytest.approx(mean * n) for mean, left in seen for n in (1, 2) if mean)
    least, most = (2 * config.work({"width": width}) for width in (200, 300))
    assert all(least <= mean <= most for mean, left in seen if mean)


def test_jobs_are_as_many_as_can_be_started_or_refused(run, tmp_path, monkeypatch):
    config, used = SweepConfig({"width": [16, 8], "batch_size": 20, "epochs": 1}), []
    monkeypatch.setattr(module, "cores", lambda: 3)
    monkeypatch.setattr(module, "startable_threads", lambda wanted: wanted - 1)
    work = module._work
    monkeypatch.setattr(module, "_work", lambda worker: (used.append(worker.jobs), work(worker))[1])
    assert run(config, tmp_path / "default").trained == 2
    assert used == [2]
    start, started, refused, train = threading.Thread.start, [], threading.Event(), module.Worker.work

    def limited(thread):
        if thread.name.startswith("fastmlp-job"):
            started.append(thread)
            if len(started) > 1:
                refused.set()
                raise RuntimeError("can't start new thread")
        start(thread)

    def late(worker):  # a thread that has ended already would take the second job
        refused.wait(10)
        train(worker)

    monkeypatch.setattr(threading.Thread, "start", limited)
    monkeypatch.setattr(module.Worker, "work", late)
    with pytest.raises(InputError, match="No more than 1 of 2 jobs can be started: pass fewer"):
        run(config, tmp_path / "explicit", jobs=2)
