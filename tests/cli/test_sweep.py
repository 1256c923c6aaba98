"""The command `fastmlp sweep`."""

import csv
import json
import sys

import numpy as np
import pytest

from fastmlp.cli.sweep import sweep
from fastmlp.errors import InputError
from fastmlp.sweep import SETTINGS, SweepConfig


def test_it_ends_with_the_best_network_and_the_places_of_the_results(fastmlp, digits, tmp_path):
    flags = ["--width", "8", "--width", "16", "--epochs", "2", "--batch-size", "20", "--seeds", "2", "--data", digits]
    status, out, err = fastmlp("sweep", *flags, "--out", "here", "--json")
    assert status == 0, err
    result = json.loads(out)
    assert (result["settings"], result["networks"], result["complete"], result["trained"]) == (2, 4, 4, 4)
    assert result["best"]["settings"]["width"] in (8, 16)
    with (tmp_path / "here" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    best = [float(row["validation_accuracy"]) for row in rows if row["setting"] == str(result["best"]["setting"])]
    assert result["best"]["validation_accuracy"] == pytest.approx(np.median(best))
    assert (tmp_path / result["model"]).is_file()
    assert (tmp_path / result["report"]).is_file()
    status, out, err = fastmlp("sweep", *flags, "--out", "here")
    assert "held-out accuracy" in out
    assert "(median of 2 seeds, " in out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "nothing to sweep"),
        (["--learning-rate", "fast"], "--learning-rate is 'fast': pass a positive number, or a range such as"),
        (["--learning-rate", "1:0.1", "--trials", "3"], "--learning-rate: the range '1:0.1' is empty"),
        (["--width", "8:16"], "--trials: there are ranges to search"),
        (["--width", "8", "--width", "9", "--sampler", "random"], "--trials: the sampler random has no end"),
        (["--width", "8", "--objective", "speed"], "--objective: Unknown objective 'speed'"),
        (["--hidden", "16,x"], "--hidden is '16,x': pass positive widths"),
        (["--augment", "shift=much"], "--augment: shift"),
        (["none.toml"], "There is no sweep file 'none.toml'"),
        (["--width", "8", "--jobs", "0"], "--jobs is 0: pass a whole number of at least 1"),
        (["--width", "8", "--threads", "0"], "--threads is 0: pass a whole number of at least 1"),
        (["--width", "8", "--data", "nosuchdata"], "nosuchdata"),
    ],
)
def test_bad_flags_end_with_one_sentence(fastmlp, flags, message, tmp_path):
    status, out, err = fastmlp("sweep", *flags)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.rglob("journal.log"))


def test_a_missing_optuna_is_said(fastmlp, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    status, _, err = fastmlp("sweep", "--width", "8")
    assert status == 2
    assert "fastmlp[sweep]" in err


def test_every_hyperparameter_is_a_flag():
    assert set(SETTINGS) <= {option.name for option in sweep.params}


def test_the_ready_sweeps_are_sound(pytestconfig):
    files = sorted((pytestconfig.rootpath / "examples" / "sweeps").glob("*.toml"))
    sizes = {path.stem: len(SweepConfig.from_toml(path).planned_trials) for path in files}
    assert sizes == {"grid": 30, "search": 200, "small-and-good": 60, "width-and-depth": 81}
    with pytest.raises(InputError, match="leave `trials` out"):
        SweepConfig.from_toml(files[0], trials=3)
