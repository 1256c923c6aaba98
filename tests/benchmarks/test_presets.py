"""The measurement of fastmlp's presets."""

import json
from dataclasses import replace

import pytest

from benchmarks import presets, results
from benchmarks.results import Options
from benchmarks.texts import seed_values
from fastmlp import load_dataset
from fastmlp.presets import presets as packaged
from fastmlp.presets.presets import load_presets, load_reached
from tests.helpers.hyperparameters import SMALL


def test_the_measured_training_is_that_of_the_command(fastmlp, digits):
    options = ["--data", digits, "--hidden", "8", "--epochs", "2", "--seed", "1"]
    status, out, err = fastmlp("train", "--preset", "fast-96", *options, "--json")
    assert status == 0, err
    small = replace(load_presets()["fast-96"], hidden=(8,), epochs=2)
    measured = presets.train_seeds("small", small, load_dataset(str(digits)), Options(seeds=2))
    assert measured["accuracy"][1] == json.loads(out)["test_accuracy"]
    assert measured["n_params"] == json.loads(out)["n_params"]
    assert measured["seeds"] == [0, 1]
    assert measured["accuracy"][0] != measured["accuracy"][1]
    assert all(0 < training <= fit for training, fit in zip(measured["seconds"], measured["fit_seconds"], strict=True))


def test_training_can_use_some_of_the_samples(drawn):
    given = replace(SMALL, epochs=1)
    some, fewer = (presets.train_seeds("x", given, drawn, Options(seeds=1), samples) for samples in (None, 320))
    assert (some["samples"], fewer["samples"]) == (600, 320)
    assert some["accuracy"] != fewer["accuracy"]


def test_measuring_one_preset_again_keeps_the_others(run_benchmarks, monkeypatch, drawn, tmp_path):
    monkeypatch.setattr(presets, "digits_here", lambda: drawn)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(packaged, "REACHED", tmp_path / "reached.json")
    for seeds, names in ((2, ("fast-98", "lecture")), (1, ("lecture", "fast-96"))):
        chosen = [argument for name in names for argument in ("--preset", name)]
        status, out, err = run_benchmarks("presets", "--quick", "--seeds", seeds, *chosen)
        assert status == 0, err
    found = results.read(tmp_path / "quick")["presets"]["presets"]
    assert {name: len(each["accuracy"]) for name, each in found.items()} == {"lecture": 1, "fast-96": 1, "fast-98": 2}
    assert found["fast-98"]["command"].endswith("presets --quick --preset=fast-98 --preset=lecture --seeds=2")
    assert found["lecture"]["recipe"]["epochs"] == 2
    assert seed_values(found) in out
    assert (tmp_path / "quick" / "presets.png").stat().st_size > 10_000
    assert not (tmp_path / "reached.json").exists()  # not from a quick run on drawn digits


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


def test_the_packaged_values_are_those_of_the_result_file():
    text = packaged.REACHED.read_text(encoding="utf-8")
    assert text == presets.reached_text(results.read()["presets"])
    assert load_reached().keys() == json.loads(text).keys()  # no preset was changed since
