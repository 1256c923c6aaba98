"""TPE, successive halving, and combinations that a search samples twice."""

import json

import pytest
from helpers.sweep_tables import table_of

from fastmlp.sweep import SweepConfig
from fastmlp.sweep import worker as module


def test_tpe_finds_the_better_half_more_often(run, tmp_path):
    space = {"learning_rate": "0.0001:10:log", "hidden": ["16", "8,8"], "epochs": 2}
    result = run(SweepConfig(space, trials=30, seeds=2), tmp_path, jobs=1)
    assert len(result.rows) == 60
    assert len(result.combinations) == 30
    rates = [row["learning_rate"] for row in sorted(result.rows, key=lambda row: row["setting"])[::2]]
    assert sum(rate > 0.03 for rate in rates[15:]) > sum(rate > 0.03 for rate in rates[:10])


def test_several_objectives_are_written_to_the_store(run, tmp_path):
    config = SweepConfig({"width": "4:64:log", "epochs": 1}, trials=12, objectives=["accuracy", "parameters"])
    result = run(config, tmp_path)
    assert result.count("complete") == 12
    journal = [json.loads(line) for line in (tmp_path / "journal.log").read_text().splitlines()]
    ends = [line["values"] for line in journal if line.get("values")]
    assert {tuple(end) for end in ends} == {(row["validation_accuracy"], row["n_params"]) for row in result.rows}


def test_tpe_resumed_gives_the_table_of_an_undisturbed_sweep(run, tmp_path, monkeypatch):
    config = SweepConfig({"learning_rate": "0.001:3:log", "width": "4:32", "epochs": 1, "batch_size": 50}, trials=30)
    run(config, tmp_path / "whole", jobs=1)
    train, calls = module.train_network, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) in (14, 27):
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(module, "train_network", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run(config, tmp_path / "cut", jobs=1)
    run(config, tmp_path / "cut", jobs=1)
    assert table_of(tmp_path / "cut") == table_of(tmp_path / "whole")


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_combination_that_is_sampled_again_is_not_trained_again(run, tmp_path, sampler):
    config = SweepConfig({"width": [8, 9], "epochs": 1}, sampler=sampler, trials=6, seeds=2)
    result = run(config, tmp_path, jobs=1)
    assert (result.trained, len(result.rows), len(result.combinations)) == (4, 12, 6)
    for width in (8, 9):
        assert len({row["validation_loss"] for row in result.rows if row["width"] == width}) == 2


def test_hopeless_networks_are_stopped_early(run, tmp_path):
    rates = [1.0, 1e-6, 2e-6, 3e-6, 4e-6, 5e-6]
    result = run(SweepConfig({"learning_rate": rates, "hidden": "16", "epochs": 9}, prune=True), tmp_path, jobs=1)
    pruned = [row for row in result.rows if row["state"] == "pruned"]
    assert len(pruned) >= 3
    assert all(row["epochs_trained"] in (1, 3) and row["learning_rate"] < 1 for row in pruned)
    assert all(row["curve"][-1][2] == row["validation_accuracy"] for row in pruned)
    assert result.best["settings"]["learning_rate"] == 1.0
