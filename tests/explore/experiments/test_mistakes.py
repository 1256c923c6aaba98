"""Mistakes and calibration, on networks whose mistakes are known."""

import dataclasses

import numpy as np
import pytest
from helpers.explore import hand_set

from fastmlp import Network, Trainer
from fastmlp.datasets import Dataset, Split
from fastmlp.explore import Lab
from fastmlp.explore.experiments import mistakes

DIGITS = tuple("0123456789")


def test_calibration_by_hand():
    top = np.array([0.95] * 10 + [0.55] * 4)
    right = np.array([True] * 8 + [False] * 2 + [True] * 3 + [False])
    facts = mistakes.calibration(top, right)
    assert [b["samples"] for b in facts["calibration"]] == [4, 10]
    assert facts["calibration"][1]["right"] == 0.8
    assert facts["calibration_error"] == pytest.approx((10 * 0.15 + 4 * 0.2) / 14)
    assert mistakes.calibration(np.array([1.0]), np.array([True]))["calibration"][0]["from"] == 0.9


def test_a_network_that_has_memorised_20_labels_makes_no_mistakes_on_them_and_many_on_others(small):
    few = Split(small.train.X[:20], small.train.y[:20])
    network = Network((784, 32, 10), "relu", "cross_entropy", classes=DIGITS)
    Trainer(network, "adam", 0.01, 5).fit(*few, epochs=60)
    known = mistakes.run(Lab(dataclasses.replace(small, test=few), network)).facts
    assert (known["mistakes"], known["accuracy"], known["sure_mistakes"]) == (0, 1.0, 0)
    assert known["calibration_error"] < 0.1
    finding = mistakes.run(Lab(small, network))
    facts, said = finding.facts, network.predict(small.test.X)
    assert facts["mistakes"] == int((said != small.test.y).sum()) > 0
    assert facts["accuracy_by_class"]["3"] == pytest.approx(np.mean(said[small.test.y == 3] == 3))
    pair = facts["most_confused"]
    assert pair["times"] == int(np.sum((small.test.y == int(pair["true"])) & (said == int(pair["said"]))))
    assert len(finding.figures) == 3


def test_mistakes_need_no_images(tiny):
    flat = Dataset("table", tiny.train, tiny.test, tiny.classes, None)
    finding = mistakes.run(Lab(flat, hand_set(tiny)))
    assert finding.facts["mistakes"] == 0
    assert len(finding.figures) == 2


def test_the_text_follows_the_facts():
    facts = {"accuracy": 1.0, "samples": 9, "mistakes": 0, "mean_top_output": 0.9, "calibration_error": 0.1}
    alike = mistakes.describe(facts | {"accuracy_by_class": {"a": 1.0, "b": 1.0}})
    assert "best is" not in alike
    assert "Of the" not in alike
    assert "best is a" in mistakes.describe(facts | {"accuracy_by_class": {"a": 1.0, "b": 0.9}})
