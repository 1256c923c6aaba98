"""The last words of the command."""

import json
from pathlib import Path

import pytest

from fastmlp.sweep import SweepConfig, SweepResult
from fastmlp.sweep.results import combinations_of
from fastmlp.sweep.summary import SHOWN, summary_json, summary_text


def network(setting, seed, accuracy, **more):
    row = {"setting": setting, "seed": seed, "state": "complete", "reason": "", "width": 8 + setting}
    return row | {"validation_accuracy": accuracy, "test_accuracy": accuracy, "seconds": 0.5, "n_params": 1000} | more


def result_of(rows):
    combinations = combinations_of(rows)
    best = combinations[0] if combinations[0]["complete"] else None
    return SweepResult(rows, combinations, best, Path("here"), 2.0, 4)


def test_the_best_combinations_and_the_files_are_named():
    rows = [network(0, 0, 0.8), network(0, 1, 0.9), network(1, 0, 0.5), network(1, 1, 0.6)]
    text = summary_text(SweepConfig({"width": [8, 9]}, seeds=2), result_of(rows))
    first, second, third = (line.split() for line in text.splitlines()[:3])
    assert first == ["width", "held-out", "test", "seconds", "parameters", "networks"]
    assert second == ["8", "85.00%", "85.00%", "0.50", "1,000", "2"]
    assert third[0] == "9"
    assert "85.00%  (median of 2 seeds, 80.00% to 90.00%)" in text
    assert "4 in 2.0 s, 2.00 a second" in text
    assert f"{Path('here') / 'report.html'}, results.csv, best.safetensors and pictures beside it" in text


def test_failures_are_told_with_their_reasons():
    failed = {"setting": 1, "seed": 0, "state": "failed", "reason": "The loss became NaN.", "width": 9}
    text = summary_text(SweepConfig({"width": [8, 9]}), result_of([network(0, 0, 0.8), failed]))
    assert "2 (1 complete, 1 failed)" in text
    assert "The loss became NaN." in text


def test_a_long_table_is_cut():
    config = SweepConfig({"width": list(range(8, 8 + SHOWN + 2))})
    text = summary_text(config, result_of([network(i, 0, 0.5) for i in range(SHOWN + 2)]))
    assert "... and 2 more in report.html" in text


@pytest.mark.parametrize("state", ["complete", "failed"])
def test_the_object_of_json(state):
    config = SweepConfig({"width": 8}, name="study")
    result = summary_json(config, result_of([network(0, 0, 0.8, state=state)]))
    assert json.loads(json.dumps(result)) == result
    counts = {"complete": 0, "pruned": 0, "failed": 0} | {state: 1}
    assert counts.items() <= result.items()
    assert (result["name"], result["settings"], result["networks"], result["trained"]) == ("study", 1, 1, 4)
    assert result["networks_per_second"] == 2.0
    if state == "complete":
        assert result["best"]["settings"] == {"width": 8}
        assert result["model"] == str(Path("here") / "best.safetensors")
    else:
        assert (result["best"], result["model"]) == (None, None)
