"""Fits and predictions of small data by each library that is installed."""

import importlib
import importlib.util

import numpy as np
import pytest

from benchmarks import small
from benchmarks.arena import ContestantError
from benchmarks.results import Options
from benchmarks.small_data import CONTESTANTS, TASKS, Task
from benchmarks.small_data.worker import measured

SMALL = Task("300 x 5", 2, hidden=(8,), epochs=30, batch_size=20, learning_rate=0.01)


@pytest.fixture(autouse=True)
def one_small_task(monkeypatch):
    for module in (small, importlib.import_module("benchmarks.small_data.worker")):
        monkeypatch.setattr(module, "TASKS", {SMALL.name: SMALL})


@pytest.mark.parametrize("contestant", CONTESTANTS)
def test_each_contestant_learns(contestant):
    package = CONTESTANTS[contestant][1]
    pytest.importorskip(package, reason=f"{package} is not installed")
    found = measured(contestant, SMALL.name, 2, 10)
    assert found["accuracy"] > 0.75
    assert len(found["fit"]) == 2
    assert 0 < found["row"] < 1


def test_the_data_is_standardised_and_made_alike_each_time():
    for task in TASKS.values():
        if task.needs is None:
            X, y = task.data()
            assert X.dtype == np.float32
            np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-3)
            np.testing.assert_allclose(X.std(axis=0), 1, atol=1e-3)
            assert sorted(set(y.tolist())) == list(range(task.classes))
            np.testing.assert_array_equal(X, task.data()[0])


def test_who_learns_less_is_not_compared(monkeypatch):
    answers = {"fastmlp": 0.95, "sklearn": 0.8}
    monkeypatch.setattr(small, "_is_installed", lambda package: package in ("fastmlp", "sklearn"))
    monkeypatch.setattr(
        small,
        "_measured",
        lambda contestant, *_: {"fit": [1.0], "row": 1e-5, "accuracy": answers[contestant], "versions": {}},
    )
    with pytest.raises(ContestantError, match=r"scikit-learn reaches 80.0% of the rows of 300 x 5, and another 95.0%"):
        small.run(Options(quick=True))
    answers["sklearn"] = 0.93
    result = small.run(Options(quick=True))
    found = {name: {"fit": [1.0], "row": [1e-5], "accuracy": [answers[name]]} for name in answers}
    assert result["tasks"] == {"300 x 5": {"epochs": SMALL.epochs, "contestants": found}}
    assert result["skipped"].keys() == {"torch", "jax", "onnxruntime"}


def test_a_process_that_ends_is_said(monkeypatch):
    with pytest.raises(ContestantError, match="The process of fastmlp on nothing ended: KeyError: 'nothing'"):
        small._measured("fastmlp", Task("nothing", 2), 1, 1)
