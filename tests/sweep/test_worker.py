"""Workers: how a trial ends whose networks fail."""

import json

import pytest
from helpers.sweep_tables import table_of

from fastmlp.errors import InputError
from fastmlp.sweep import SweepConfig
from fastmlp.sweep import trial as trial_module
from fastmlp.sweep import worker as module

SMALL = {"width": [16, 8], "learning_rate": [0.5, 2.0], "epochs": 3, "batch_size": 20}


def test_a_network_that_diverges_is_recorded_and_the_sweep_goes_on(run, tmp_path):
    settings = {"learning_rate": [1e30, 0.1], "activation": "relu", "epochs": 2, "hidden": "16,16"}
    settings |= {"loss": "cross_entropy"}
    result = run(SweepConfig(settings), tmp_path)
    failed, good = result.rows
    assert (failed["state"], good["state"]) == ("failed", "complete")
    assert "NaN in epoch 1" in failed["reason"]
    assert result.best["settings"]["learning_rate"] == 0.1
    assert table_of(tmp_path)[0]["reason"] == failed["reason"]


@pytest.mark.parametrize(
    ("error", "reason"), [(MemoryError("no room"), "MemoryError: no room"), (KeyError(3), "KeyError: 3")]
)
def test_any_error_of_a_training_is_recorded(run, tmp_path, monkeypatch, error, reason):
    make_trainer = trial_module.make_trainer

    def sometimes(hyperparameters, *rest):
        if hyperparameters.hidden == (8,):
            raise error
        return make_trainer(hyperparameters, *rest)

    monkeypatch.setattr(trial_module, "make_trainer", sometimes)
    result = run(SweepConfig(SMALL), tmp_path)
    assert [row["reason"] for row in result.rows if row["state"] == "failed"] == [reason, reason]
    assert result.count("complete") == 2


@pytest.fixture
def one_diverges(monkeypatch):
    """Let seed 1 fail; record what is trained."""
    train, calls = module.train_network, []

    def sometimes(settings, seed, *rest):
        calls.append((settings, seed))
        if seed == 1:
            raise InputError("diverged")
        return train(settings, seed, *rest)

    monkeypatch.setattr(module, "train_network", sometimes)
    return calls


@pytest.mark.parametrize("options", [{}, {"sampler": "tpe", "trials": 3, "objectives": ["accuracy", "parameters"]}])
def test_one_seed_that_diverges_costs_no_other(run, tmp_path, one_diverges, options):
    result = run(SweepConfig({"width": 8, "epochs": 1}, seeds=3, **options), tmp_path, jobs=1)
    assert [row["state"] for row in result.rows[:3]] == ["complete", "failed", "complete"]
    assert result.rows[1]["reason"] == "diverged"
    (good, _, other) = (row.get("validation_accuracy", 0.0) for row in result.rows[:3])
    assert result.best["validation_accuracy"] == min(good, other)
    if options:
        journal = [json.loads(line) for line in (tmp_path / "journal.log").read_text().splitlines()]
        assert [line["values"][0] for line in journal if line.get("values")] == [min(good, other)] * 3
        assert len(one_diverges) == 3  # the other combinations are the same one


def test_the_last_network_may_use_all_cores(run, tmp_path, monkeypatch):
    train, threads = module.train_network, []

    def recorded(settings, seed, n, *rest):
        threads.append(n)
        return train(settings, seed, n, *rest)

    monkeypatch.setattr(module, "train_network", recorded)
    run(SweepConfig(SMALL), tmp_path / "one", jobs=1)
    assert threads == [None] * 4  # one network at a time: as many threads as pay
    threads.clear()
    run(SweepConfig(SMALL), tmp_path / "two", jobs=2)
    assert threads[:2] == [1, 1]
    threads.clear()
    run(SweepConfig(SMALL), tmp_path / "three", jobs=2, threads=2)
    assert threads == [2] * 4
