"""The presets: what they make, what they are measured to reach, and how that is told."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import accuracy, figures, presets, readme, results, speedrun, tables
from benchmarks.contestants import with_fastmlp, with_numpy
from benchmarks.numpy_baseline import NumpyNetwork, with_ones
from benchmarks.results import Options
from benchmarks.workloads import Workload
from fastmlp import Dataset, InputError, Network, Regularisation, Trainer, load_dataset
from fastmlp import presets as recipes
from fastmlp.data import Split
from fastmlp.data.drawn import draw_digits
from fastmlp.making import make_trainer
from fastmlp.presets import Recipe, load_presets, load_reached
from fastmlp.report import recipe_network, recipe_rule

COSINE = Workload("cosine", (784, 12, 10), "relu", "cross_entropy", "sgd", 0.1, 32, "cosine", 3)


@pytest.fixture(scope="module")
def drawn():
    splits = Split(*draw_digits(600)), Split(*draw_digits(200, stream="test"))
    return Dataset("drawn", *splits, tuple("0123456789"), (28, 28))


@pytest.mark.parametrize("name", load_presets())
def test_every_preset_makes_a_trainer(name, drawn):
    recipe = load_presets()[name]
    trainer = make_trainer(recipe, drawn, seed=3, threads=1)
    assert trainer.network.sizes == (784, *recipe.hidden, 10)
    assert (trainer.network.activation, trainer.network.loss) == (recipe.activation, recipe.loss)
    assert (trainer.optimizer, trainer.learning_rate, trainer.batch_size) == (
        recipe.optimizer,
        recipe.learning_rate,
        recipe.batch_size,
    )
    assert trainer.regularisation.l2 == recipe.l2
    assert (str(trainer.augmentation) or "none") == recipe.augmentation
    assert recipe.weight_decay in (None, trainer.weight_decay)
    assert np.array_equal(trainer.network.params, Network(trainer.network.sizes, recipe.activation, seed=3).params)


def test_what_is_measured_is_what_the_command_trains(fastmlp, digits):
    options = ["--data", digits, "--hidden", "8", "--epochs", "2", "--seed", "1"]
    status, out, err = fastmlp("train", "--preset", "fast-96", *options, "--json")
    assert status == 0, err
    recipe = replace(load_presets()["fast-96"], hidden=(8,), epochs=2)
    measured = presets.train_seeds("small", recipe, load_dataset(str(digits)), Options(seeds=2))
    assert measured["accuracy"][1] == json.loads(out)["test_accuracy"]
    assert measured["n_params"] == json.loads(out)["n_params"]
    assert measured["seeds"] == [0, 1]
    assert measured["accuracy"][0] != measured["accuracy"][1]
    assert all(0 < training <= fit for training, fit in zip(measured["seconds"], measured["fit_seconds"], strict=True))


def test_a_recipe_may_take_a_part_of_the_samples(drawn):
    recipe = Recipe((4,), "relu", "cross_entropy", "sgd", 0.1, 16, 1)
    some, fewer = (presets.train_seeds("x", recipe, drawn, Options(seeds=1), samples) for samples in (None, 320))
    assert (some["samples"], fewer["samples"]) == (600, 320)
    assert some["accuracy"] != fewer["accuracy"]


def test_one_preset_is_measured_again_and_the_others_are_kept(fastmlp, monkeypatch, drawn, tmp_path):
    monkeypatch.setattr(presets, "digits_here", lambda: drawn)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(recipes, "REACHED", tmp_path / "reached.json")
    for seeds, names in ((2, ("fast-98", "lecture")), (1, ("lecture", "fast-96"))):
        chosen = [argument for name in names for argument in ("--preset", name)]
        status, out, err = fastmlp("bench", "presets", "--quick", "--seeds", seeds, *chosen)
        assert status == 0, err
    found = results.read(tmp_path / "quick")["presets"]["presets"]
    assert {name: len(each["accuracy"]) for name, each in found.items()} == {"lecture": 1, "fast-96": 1, "fast-98": 2}
    assert found["fast-98"]["command"].endswith("presets --quick --preset=fast-98 --preset=lecture --seeds=2")
    assert found["lecture"]["recipe"]["epochs"] == 2
    assert tables.seed_values(found) in out
    assert (tmp_path / "quick" / "presets.png").stat().st_size > 10_000
    assert not (tmp_path / "reached.json").exists()  # a quick run on drawn digits is nothing to tell


def test_ctrl_c_keeps_the_presets_that_are_done(monkeypatch, drawn, tmp_path):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(presets, "digits_here", lambda: drawn)
    real = presets.train_seeds

    def interrupted(name, *arguments):
        if name == "fast-98":
            raise KeyboardInterrupt
        return real(name, *arguments)

    monkeypatch.setattr(presets, "train_seeds", interrupted)
    with pytest.raises(KeyboardInterrupt):
        presets.run(Options(quick=True, seeds=1, presets=("fast-96", "fast-98")))
    assert list(results.read(tmp_path / "quick")["presets"]["presets"]) == ["fast-96"]


@pytest.fixture
def measured():
    """A made-up result of one preset, as the part writes it."""
    heading = {"command": "python -m benchmarks presets", "date": "2026-01-02", "dataset": "mnist", "skipped": {}}
    machine = {"cpu": "a CPU", "cores": 2, "vectors": "AVX2", "python": "3.12.0"}
    values = {"accuracy": [0.96, 0.95, 0.962], "seconds": [1.0, 2.0, 3.0], "fit_seconds": [1.5, 2.5, 3.5]}
    about = {
        "recipe": load_presets()["fast-96"].to_dict(),
        "n_params": 63610,
        "samples": 60000,
        "load": 0.5,
        "seeds": [0, 1, 2],
    }
    return heading | {"machine": machine, "versions": {"numpy": "2.0"}, "threads": [1, 1, 2]} | about | values


def test_the_table_of_presets(measured):
    result = {"part": "presets", "presets": {"fast-96": measured, "half": measured | {"samples": 30000}}}
    text = tables.report(result)
    assert "96.00% (95.00% to 96.20%)" in text
    assert "2.00 s (1.00 s to 3.00 s)" in text
    assert "2.50 s (1.50 s to 3.50 s)" in text
    assert "fast-96: 96.00 95.00 96.20" in text
    assert "the first 30,000 samples" in text
    assert text.count("a CPU, 2 cores") == 1  # what both share is said once
    assert "load" not in text
    result["presets"]["half"] |= {"load": 2.5}
    assert "half: a CPU, 2 cores, AVX2" in tables.report(result)
    assert "(load 2.5): the times may be too long" in tables.report(result)


def test_what_the_presets_reach_is_told(fastmlp, monkeypatch, tmp_path, measured):
    path = tmp_path / "reached.json"
    monkeypatch.setattr(recipes, "REACHED", path)
    busy = presets.reached_text({"presets": {"fast-96": measured | {"load": 3.21}}})
    path.write_text(busy)
    assert "2.0 s in training on a CPU, 2 cores, beside other programs (load 3.2)\n" in fastmlp("presets")[1]
    stale = measured | {"recipe": measured["recipe"] | {"learning_rate": 9.0}}
    path.write_text(presets.reached_text({"presets": {"fast-96": measured, "lecture": stale, "gone": measured}}))
    assert load_reached().keys() == {"fast-96"}
    status, out, _ = fastmlp("presets")
    assert status == 0
    lines = [line.strip() for line in out.splitlines()]
    network = recipe_network(load_presets()["fast-96"])
    assert f"fast-96     {network}: {measured['n_params']:,} weights and biases" in lines
    assert "96.00% on mnist's test set (median of 3 seeds, 95.00% to 96.20%)" in lines
    assert "2.0 s in training on a CPU, 2 cores" in lines
    assert sum(line.startswith("not measured") for line in lines) == len(load_presets()) - 1
    status, out, _ = fastmlp("presets", "--json")
    found = json.loads(out.splitlines()[-1])
    assert status == 0
    assert found.keys() == load_presets().keys()
    assert found["fast-96"]["reached"]["accuracy"] == {"median": 0.96, "lowest": 0.95, "highest": 0.962}
    assert found["fast-96"]["recipe"] == load_presets()["fast-96"].to_dict()
    assert found["lecture"]["reached"] is None


def test_the_packaged_values_are_those_of_the_result_file():
    text = recipes.REACHED.read_text(encoding="utf-8")
    assert text == presets.reached_text(results.read()["presets"])
    assert load_reached().keys() == json.loads(text).keys()  # none was changed since


def test_a_recipe_in_words():
    recipe = load_presets()["fast-96"]
    assert recipe_network(recipe) == "784-64-10, relu, cross entropy"
    assert recipe_rule(recipe) == "sgd, learning rate 0.2 (cosine), batches of 8, 1 epoch, label smoothing 0.05"
    more = replace(recipe, schedule="constant", epochs=2, weight_decay=0.1, augmentation="shift=1")
    words = "rate 0.2, batches of 8, 2 epochs, weight decay 0.1, augmentation shift=1, label smoothing 0.05"
    assert recipe_rule(more).endswith(words)
    assert Recipe.from_dict(more.to_dict()) == more


def test_the_baseline_trains_the_presets_that_it_can():
    workloads, left_out = accuracy.preset_workloads()
    assert workloads["lecture"] == Workload(
        "lecture", (784, 16, 16, 10), "sigmoid", "squared_error", "sgd", 1.0, 32, "constant", 40
    )
    assert workloads["fast-96"].schedule == "cosine"
    assert workloads.keys() == {"lecture", "fast-96", "fast-98"}
    assert workloads.keys() | left_out.keys() == load_presets().keys()
    assert left_out["nielsen"] == "l2 0.0001"
    assert left_out["lecture-96"] == "optimizer adamw, weight_decay 0.02, augmentation shift=1"
    assert "`nielsen` (l2 0.0001)" in tables.preset_notes({"presets_left_out": left_out})


@pytest.mark.parametrize(("optimizer", "smoothing"), [("sgd", 0.0), ("adam", 0.0), ("sgd", 0.1)])
def test_both_follow_the_cosine_over_all_epochs(drawn, optimizer, smoothing):
    workload = replace(
        COSINE, label_smoothing=smoothing, optimizer=optimizer, learning_rate=0.1 if optimizer == "sgd" else 0.001
    )
    network = Network(workload.sizes, "relu", "cross_entropy", seed=0)
    start = [W.copy() for W in network.weights], [b.copy() for b in network.biases]
    smooth = Regularisation(label_smoothing=smoothing)
    whole = Trainer(network, optimizer, workload.learning_rate, 32, seed=5, schedule="cosine", regularisation=smooth)
    history = whole.fit(*drawn.train, epochs=3)
    for contestant in (with_fastmlp, with_numpy):
        training = contestant.Training(workload, *drawn.train, *start, 5, 1)
        for number in (1, 2, 3):
            assert training.train_epoch(number).loss == pytest.approx(history[number - 1].loss, rel=1e-4)
        for (W, b), right, right_b in zip(training.parameters(), network.weights, network.biases, strict=True):
            atol = 0 if contestant is with_fastmlp else 1e-4
            np.testing.assert_allclose(W, right, atol=atol, rtol=0)
            np.testing.assert_allclose(b, right_b, atol=atol, rtol=0)


def test_the_baselines_factors_are_of_each_step(drawn):
    X1, targets = with_ones(drawn.train.X[:64]), np.eye(10, dtype=np.float32)[drawn.train.y[:64]]
    network = Network((784, 8, 10), "relu", "cross_entropy", seed=0)
    settings = network.weights, network.biases, "relu", "cross_entropy"
    varied = NumpyNetwork(*settings, "sgd", 0.1, 32)
    varied.train_epoch(X1, targets, np.arange(64), np.array([1.0, 0.5]))
    plain = NumpyNetwork(*settings, "sgd", 0.1, 32)
    plain.train_epoch(X1, targets, np.arange(32))
    half = NumpyNetwork(plain.weights, plain.biases, "relu", "cross_entropy", "sgd", 0.05, 32)
    half.train_epoch(X1, targets, np.arange(32, 64))
    np.testing.assert_allclose(varied.params, half.params, rtol=1e-6)


def test_the_page_of_records_is_what_the_result_files_give(measured):
    text = readme.SPEEDRUN.read_text(encoding="utf-8")
    assert readme.rewritten(readme.SPEEDRUN, text, results.read()) == text
    others = {"presets": {"presets": {"fast-96": measured | {"seeds": list(range(10))}}}}
    page = readme.rewritten(readme.SPEEDRUN, text, others)
    assert "| 96 % (`fast-96`) | 2.50 s (1.50 s to 3.50 s) | 2.00 s (1.00 s to 3.00 s)" in page
    assert "No record" not in page
    for missed in ({"seeds": [0, 1, 2]}, {"seeds": list(range(10)), "accuracy": [0.9599, 0.95, 0.97]}):
        others = {"presets": {"presets": {"fast-96": measured | missed}}}
        assert "of fewer than ten seeds: 96 % (`fast-96`)." in readme.rewritten(readme.SPEEDRUN, text, others)


def test_records_are_presets_or_trained_here(monkeypatch, drawn, tmp_path):
    path = tmp_path / "speedrun.toml"
    path.write_text(
        '["90"]\nhidden = [4]\nactivation = "relu"\nloss = "cross_entropy"\noptimizer = "sgd"\nlearning_rate = 0.1\n'
        'batch_size = 16\nepochs = 1\nsamples = 320\n["96"]\npreset = "fast-96"\n'
    )
    monkeypatch.setattr(speedrun, "SETTINGS", path)
    monkeypatch.setattr(speedrun, "digits_here", lambda: drawn)
    result = speedrun.run(Options(quick=True))
    assert result["records"].keys() == {"90"}
    assert result["records"]["90"]["samples"] == 320
    assert "the first 320 samples" in tables.report(result)
    assert figures.draw(result) is None
    records = speedrun.measured_records({"speedrun": result})
    assert records["90"]["machine"] == result["machine"]
    assert records["90"]["preset"] is None


def test_every_record_has_settings_that_train(drawn):
    for target, record in speedrun.load_records().items():
        assert 0 < float(target) < 100
        if "preset" in record:
            assert record["preset"] in load_presets()
        else:
            make_trainer(record["recipe"], drawn, 0)


def test_an_unknown_preset_is_one_sentence(fastmlp):
    status, _, err = fastmlp("bench", "presets", "--preset", "fast")
    assert status == 2
    assert "'fast' is not one of" in err
    with pytest.raises(InputError, match="did you mean 'fast-98"):
        recipes.preset("fast-9")


def test_the_readme_begins_with_what_was_measured():
    lead = readme.README.read_text(encoding="utf-8").split("```")[0]
    rows = re.findall(r"\| `([\w-]+)` \| \*\*([\d.]+) %\*\* \| ([\d.]+) s \|", lead)
    assert [name for name, *_ in rows] == ["lecture", "lecture-96", "fast-98", "best-99"]
    for name, right, seconds in rows:
        reached = load_reached()[name]
        median = reached["seconds"]["median"]
        assert right == f"{100 * reached['accuracy']['median']:.1f}"
        assert seconds == (f"{median:.1f}" if median < 10 else f"{median:.0f}")
        assert reached["seeds"] == 10
