"""Random labels cost accuracy, and renamed ones none."""

import pytest
from helpers.explore import changed

from fastmlp.explore import Lab
from fastmlp.explore.experiments import label_noise


def test_wrong_labels_cost_accuracy_and_swapped_ones_none(small):
    lab = Lab(small)
    facts = label_noise.run(lab, fractions=(0.0, 0.5, 1.0), width=32, epochs=30).facts
    assert facts["right_labels"] == pytest.approx([1, 0.55, 0.1], abs=0.07)
    clean, half, none = facts["test_accuracy"]
    assert clean == facts["true_test_accuracy"] > half > none
    assert none < 0.3
    assert abs(facts["swapped_test_accuracy"] - clean) < 0.1


def test_the_text_follows_the_facts():
    facts = {"shares": [0, 0.6, 0.9], "right_labels": [1, 0.46, 0.19], "test_accuracy": [0.95, 0.9, 0.6], "chance": 0.1}
    facts |= {"swapped_test_accuracy": 0.951, "true_test_accuracy": 0.95, "true_test_accuracy_other_seed": 0.951}
    assert "what is left over is enough" in label_noise.describe(facts)
    assert "any names will do" in label_noise.describe(facts)
    assert "any names" not in label_noise.describe(changed(facts, swapped_test_accuracy=0.8))
    assert "any names" not in label_noise.describe(changed(facts, true_test_accuracy=0.1, swapped_test_accuracy=0.1))
    assert "enough" not in label_noise.describe(changed(facts, test_accuracy=[0.95, 0.5, 0.2]))
    assert "errors can't cost much" in label_noise.describe(changed(facts, true_test_accuracy=0.11))
