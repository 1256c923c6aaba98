"""Sweeps that run: the table, how trials end, what is found again, what is refused."""

import dataclasses
import json
import sys

import numpy as np
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState
from sweep_tables import table_of

from fastmlp import load_network
from fastmlp.data import Split
from fastmlp.errors import InputError
from fastmlp.sweep import Sweep, training
from fastmlp.sweep.results import summaries

SMALL = {"width": [16, 8], "learning_rate": [0.5, 2.0], "epochs": 3, "batch_size": 20}


def test_a_grid_gives_a_row_for_each_network_whatever_the_number_of_jobs(run, tmp_path):
    tables = []
    for jobs in (1, 3):
        result = run(Sweep(SMALL, seeds=2), tmp_path / str(jobs), jobs=jobs)
        assert result.trained == result.count("complete") == 8
        tables.append(table_of(result.folder))
    assert tables[0] == tables[1]
    assert [(row["width"], row["learning_rate"], row["seed"]) for row in tables[0][:3]] == [
        ("16", "0.5", "0"), ("16", "0.5", "1"), ("16", "2.0", "0"),
    ]  # fmt: skip
    assert tables[0][0] != tables[0][1]


def test_what_waits_is_not_read_from_the_store_again_for_each_network(run, tmp_path, monkeypatch):
    read, waiting = JournalStorage.get_all_trials, []

    def counted(storage, study_id, deepcopy=True, states=None):
        found = read(storage, study_id, deepcopy, states)
        waiting.extend(trial.number for trial in found if trial.state is TrialState.WAITING)
        return found

    monkeypatch.setattr(JournalStorage, "get_all_trials", counted)
    sweep = Sweep({"width": [4, 5], "learning_rate": [rate / 10 for rate in range(1, 11)], "epochs": 1})
    assert run(sweep, tmp_path, jobs=1).trained == 20
    assert len(waiting) < 3 * 20


def test_random_search_too(run, tmp_path):
    sweep = Sweep({"learning_rate": "0.1:3:log", "width": "4:20", "epochs": 1}, sampler="random", trials=6)
    tables = [table_of(run(sweep, tmp_path / str(jobs), jobs=jobs).folder) for jobs in (1, 2)]
    assert tables[0] == tables[1]
    assert len({row["learning_rate"] for row in tables[0]}) == 6


def test_a_row_says_what_the_network_is_worth(few_digits, run, tmp_path):
    result = run(Sweep({"hidden": "16", "epochs": 2, "batch_size": 20}, held_out=0.25), tmp_path)
    (row,) = result.rows
    assert row["n_params"] == 784 * 16 + 16 + 16 * 10 + 10
    assert row["samples_per_second"] == pytest.approx(300 * 2 / row["seconds"])
    assert len(row["curve"]) == row["epochs_trained"] == 2
    assert row["curve"][-1][:2] == [row["train_loss"], row["train_accuracy"]]
    assert 0.1 < row["test_accuracy"] <= 1


def test_the_best_network_is_trained_again_bit_for_bit(few_digits, run, tmp_path):
    result = run(Sweep(SMALL, seeds=3), tmp_path, report=True)
    network = load_network(tmp_path / "best.safetensors")
    best = next(
        row for row in result.rows if row["setting"] == result.best["setting"] and row["seed"] == result.best["seed"]
    )
    assert network.sizes == (784, best["width"], 10)
    assert network.accuracy(*few_digits.test) == best["test_accuracy"]
    assert network.evaluate(*few_digits.test).loss == pytest.approx(best["test_loss"], rel=1e-5)
    medians = [each["validation_accuracy"] for each in result.settings]
    assert medians == sorted(medians, reverse=True)
    own = [row["validation_accuracy"] for row in result.rows if row["setting"] == result.best["setting"]]
    assert result.best["validation_accuracy"] == np.median(own)


def test_the_samples_held_out_are_not_trained_on(few_digits):
    from fastmlp.sweep.material import Material

    material = Material(few_digits, 0.25, 0)
    seen = {row.tobytes() for row in material.train.X}
    assert (len(material.train.X), len(material.validation.X)) == (300, 100)
    assert not seen & {row.tobytes() for row in material.validation.X}
    assert {*seen, *(row.tobytes() for row in material.validation.X)} == {row.tobytes() for row in few_digits.train.X}
    other = Material(few_digits, 0.25, 1)
    assert not np.array_equal(other.validation.X, material.validation.X)


def test_a_finished_sweep_trains_nothing_again(run, tmp_path):
    sweep = Sweep(SMALL)
    first = run(sweep, tmp_path)
    before = (tmp_path / "results.csv").read_text()
    again = run(sweep, tmp_path)
    assert (first.trained, again.trained) == (4, 0)
    assert (tmp_path / "results.csv").read_text() == before


def test_a_store_of_another_sweep_is_refused(run, few_digits, tmp_path):
    run(Sweep(SMALL), tmp_path)
    with pytest.raises(InputError, match=r"another sweep called 'sweep' \(it differs in seeds\)"):
        run(Sweep(SMALL, seeds=2), tmp_path)
    with pytest.raises(InputError, match=r"differs in data"):
        run(
            Sweep(SMALL, held_out=0.1),
            tmp_path,
            data=few_digits.__class__(**few_digits.__dict__ | {"test": few_digits.train}),
        )
    for part in ("train", "test"):  # one sample more or less
        X, y = getattr(few_digits, part)
        for split in ((np.where(np.arange(len(y))[:, None] == 7, 0, X).astype(X.dtype), y), (X, np.roll(y, 1))):
            other = dataclasses.replace(few_digits, **{part: Split(*split)})
            with pytest.raises(InputError, match=r"differs in data"):
                run(Sweep(SMALL), tmp_path, data=other)
    run(Sweep(SMALL, seeds=2, name="other"), tmp_path)


def test_a_network_that_diverges_is_recorded_and_the_sweep_goes_on(run, tmp_path):
    settings = {"learning_rate": [1e30, 0.1], "activation": "relu", "epochs": 2, "hidden": "16,16"}
    settings |= {"loss": "cross_entropy"}
    result = run(Sweep(settings), tmp_path)
    failed, good = result.rows
    assert (failed["state"], good["state"]) == ("failed", "complete")
    assert "NaN in epoch 1" in failed["reason"]
    assert result.best["settings"]["learning_rate"] == 0.1
    assert table_of(tmp_path)[0]["reason"] == failed["reason"]


@pytest.mark.parametrize(
    ("error", "reason"), [(MemoryError("no room"), "MemoryError: no room"), (KeyError(3), "KeyError: 3")]
)
def test_so_is_one_for_which_there_is_no_memory(run, tmp_path, monkeypatch, error, reason):
    build = training.build

    def sometimes(settings, *rest):
        if settings["width"] == 8:
            raise error
        return build(settings, *rest)

    monkeypatch.setattr(training, "build", sometimes)
    result = run(Sweep(SMALL), tmp_path)
    assert [row["reason"] for row in result.rows if row["state"] == "failed"] == [reason, reason]
    assert result.count("complete") == 2


def test_hopeless_networks_are_stopped_early(run, tmp_path):
    rates = [1.0, 1e-6, 2e-6, 3e-6, 4e-6, 5e-6]
    result = run(Sweep({"learning_rate": rates, "hidden": "16", "epochs": 9}, prune=True), tmp_path, jobs=1)
    pruned = [row for row in result.rows if row["state"] == "pruned"]
    assert len(pruned) >= 3
    assert all(row["epochs_trained"] in (1, 3) and row["learning_rate"] < 1 for row in pruned)
    assert all(row["curve"][-1][2] == row["validation_accuracy"] for row in pruned)
    assert result.best["settings"]["learning_rate"] == 1.0


def test_tpe_finds_the_better_half_more_often(run, tmp_path):
    space = {"learning_rate": "0.0001:10:log", "hidden": ["16", "8,8"], "epochs": 2}
    result = run(Sweep(space, trials=30, seeds=2), tmp_path, jobs=1)
    assert len(result.rows) == 60
    rates = [row["learning_rate"] for row in sorted(result.rows, key=lambda row: row["setting"])[::2]]
    assert sum(rate > 0.03 for rate in rates[15:]) > sum(rate > 0.03 for rate in rates[:10])
    assert len(result.settings) == 30


def test_several_objectives(run, tmp_path):
    sweep = Sweep({"width": "4:64:log", "epochs": 1}, trials=12, objectives=["accuracy", "parameters"])
    result = run(sweep, tmp_path)
    assert result.count("complete") == 12
    journal = [json.loads(line) for line in (tmp_path / "journal.log").read_text().splitlines()]
    ends = [line["values"] for line in journal if line.get("values")]
    assert {tuple(end) for end in ends} == {(row["validation_accuracy"], row["n_params"]) for row in result.rows}


def test_a_sweep_on_data_without_enough_samples_is_refused(run, tmp_path):
    with pytest.raises(InputError, match="that is 0 of 400 training samples"):
        run(Sweep(SMALL, held_out=0.0001), tmp_path)


def test_a_folder_or_a_store_that_cant_be_opened_is_refused(run, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="can't be written"):
        run(Sweep(SMALL), tmp_path / "file")
    with pytest.raises(InputError, match=r"nosuch://me:\*\*\*@here' can't be opened"):
        run(Sweep(SMALL), tmp_path / "out", storage="nosuch://me:secret@here")
    for url in ("nosuch://me:secret:own@own@here", "nosuch://here/x?user=me&password=secret:own&port=1"):
        with pytest.raises(InputError, match=r"\*\*\*") as refused:
            run(Sweep(SMALL), tmp_path / "out", storage=url)
        assert not any(part in str(refused.value) for part in ("secret", "own"))
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(InputError, match=r"mysql\+pymysql://here/x' can't be opened \(.*install the driver"):
        run(Sweep(SMALL), tmp_path / "out", storage="mysql+pymysql://here/x")
    waited: list[float] = []
    monkeypatch.setattr("fastmlp.sweep.store.time.sleep", waited.append)
    with pytest.raises(InputError, match="can't be opened"):
        run(Sweep(SMALL), tmp_path / "out", storage="nosuch://here")
    assert not waited  # another attempt would find no dialect either
    (tmp_path / "journal.log").write_text("no journal\n")
    with pytest.raises(InputError, match="can't be opened"):
        run(Sweep(SMALL), tmp_path)


def test_the_order_of_the_settings_changes_nothing(run, tmp_path):
    settings = {"learning_rate": [0.5, 1e-3], "activation": ["sigmoid", "relu"], "hidden": "16", "epochs": 1}
    run(Sweep(settings), tmp_path)
    before = table_of(tmp_path)
    assert run(Sweep(dict(reversed(settings.items()))), tmp_path).trained == 0
    assert table_of(tmp_path) == before


def test_a_plan_that_is_computed_differently_is_refused(run, tmp_path, monkeypatch):
    run(Sweep(SMALL), tmp_path)
    monkeypatch.setattr(Sweep, "work", lambda self, settings: settings["width"] == 8)
    with pytest.raises(InputError, match=r"differs in plan"):
        run(Sweep(SMALL), tmp_path)


def test_tpe_resumed_gives_the_table_of_an_undisturbed_sweep(run, tmp_path, monkeypatch):
    sweep = Sweep({"learning_rate": "0.001:3:log", "width": "4:32", "epochs": 1, "batch_size": 50}, trials=30)
    run(sweep, tmp_path / "whole", jobs=1)
    train, calls = training.train_one, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) in (14, 27):
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr("fastmlp.sweep.run.train_one", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run(sweep, tmp_path / "cut", jobs=1)
    run(sweep, tmp_path / "cut", jobs=1)
    assert table_of(tmp_path / "cut") == table_of(tmp_path / "whole")


@pytest.fixture
def one_diverges(monkeypatch):
    """Let seed 1 fail; count what is trained."""
    train, calls = training.train_one, []

    def sometimes(settings, seed, *rest):
        calls.append((settings, seed))
        if seed == 1:
            raise InputError("diverged")
        return train(settings, seed, *rest)

    monkeypatch.setattr("fastmlp.sweep.run.train_one", sometimes)
    return calls


@pytest.mark.parametrize("options", [{}, {"sampler": "tpe", "trials": 3, "objectives": ["accuracy", "parameters"]}])
def test_one_seed_that_diverges_costs_no_other(run, tmp_path, one_diverges, options):
    result = run(Sweep({"width": 8, "epochs": 1}, seeds=3, **options), tmp_path, jobs=1)
    assert [row["state"] for row in result.rows[:3]] == ["complete", "failed", "complete"]
    assert result.rows[1]["reason"] == "diverged"
    (good, _, other) = (row.get("validation_accuracy", 0.0) for row in result.rows[:3])
    assert result.best["validation_accuracy"] == min(good, other)
    journal = [json.loads(line) for line in (tmp_path / "journal.log").read_text().splitlines()]
    if options:
        assert [line["values"][0] for line in journal if line.get("values")] == [min(good, other)] * 3
        assert len(one_diverges) == 3  # the other combinations are the same one


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_what_a_search_comes_upon_again_is_not_trained_again(run, tmp_path, sampler):
    result = run(Sweep({"width": [8, 9], "epochs": 1}, sampler=sampler, trials=6, seeds=2), tmp_path, jobs=1)
    assert (result.trained, len(result.rows), len(result.settings)) == (4, 12, 6)
    for width in (8, 9):
        assert len({row["validation_loss"] for row in result.rows if row["width"] == width}) == 2


def test_the_time_left_of_a_search_is_that_of_its_trials(run, few_digits, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("fastmlp.sweep.live.Live.show", lambda live, left: seen.append((live.mean_work, left)))
    monkeypatch.setattr("fastmlp.sweep.run.LOOK_FAR", 0.0)
    monkeypatch.setattr("fastmlp.sweep.run.SHARE_OF_LOOKING", 1e9)
    monkeypatch.setattr("fastmlp.sweep.run.LOOK", 0.001)
    sweep = Sweep({"width": "200:300", "epochs": 2}, trials=3, seeds=2)
    run(sweep, tmp_path, jobs=1)
    assert seen[-1][1] == 0
    assert any(left == pytest.approx(mean * n) for mean, left in seen for n in (1, 2) if mean)
    least, most = (2 * sweep.work({"width": width}) for width in (200, 300))
    assert all(least <= mean <= most for mean, left in seen if mean)


def test_a_pruned_combination_hides_no_best_one():
    row = {"seed": 0, "test_accuracy": 0.9, "seconds": 1.0, "n_params": 1, "learning_rate": 0.1}
    pruned = row | {"setting": 0, "state": "pruned", "validation_accuracy": 0.95}
    complete = row | {"setting": 1, "state": "complete", "validation_accuracy": 0.94}
    failed = {"setting": 2, "seed": 0, "state": "failed", "learning_rate": 0.1}
    ranked = summaries(Sweep({"width": 8}), [pruned, complete, failed])
    assert [each["setting"] for each in ranked] == [1, 0, 2]
    assert (ranked[2]["n_params"], ranked[2]["seconds"]) == (None, None)  # not known
