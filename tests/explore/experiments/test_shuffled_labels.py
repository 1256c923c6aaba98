"""Shuffled labels are memorised, later than true ones, and teach nothing."""

import pytest
from helpers.explore import changed

from fastmlp.explore import Lab
from fastmlp.explore.experiments import shuffled_labels


def test_epochs_to_half_of_the_way():
    assert shuffled_labels.epochs_to_half([0.3, 0.5, 0.7, 0.9], 0.1) == pytest.approx(2)
    assert shuffled_labels.epochs_to_half([0.9, 0.9], 0.1) == pytest.approx(0.5)
    assert shuffled_labels.epochs_to_half([0.1, 0.1, 0.9], 0.1) == pytest.approx(2.5)


def test_shuffled_labels_are_memorised_later_and_teach_nothing(small):
    facts = shuffled_labels.run(Lab(small), n=300, width=64, epochs=300).facts
    true, shuffled = facts["true"], facts["shuffled"]
    assert facts["images"] == 300
    assert min(true["train_accuracy"], shuffled["train_accuracy"]) >= 0.99
    assert shuffled["epochs"] > 2 * true["epochs"]
    assert shuffled["epochs_to_half"] > 2 * true["epochs_to_half"]
    assert shuffled["test_accuracy"] < 0.3 < 0.5 < true["test_accuracy"]


def test_the_text_follows_the_facts():
    true = {"epochs": 5, "train_accuracy": 1.0, "test_accuracy": 0.9, "epochs_to_half": 0.5}
    shuffled = {"epochs": 50, "train_accuracy": 0.995, "test_accuracy": 0.1, "epochs_to_half": 20.0}
    facts = {"images": 9, "chance": 0.1, "true": true, "shuffled": shuffled}
    assert "structure is easier" in shuffled_labels.describe(facts)
    assert "structure" not in shuffled_labels.describe(changed(facts, true__test_accuracy=0.12))
    assert "not clearly learned faster" in shuffled_labels.describe(changed(facts, shuffled__epochs_to_half=0.5))
    assert "structure" not in shuffled_labels.describe(changed(facts, shuffled__train_accuracy=0.5))
