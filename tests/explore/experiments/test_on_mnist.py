"""The claims of the lecture on the real MNIST, if a copy is at hand."""

import pytest

from fastmlp.datasets import find_dataset, load_dataset
from fastmlp.explore import Lab
from fastmlp.explore.experiments import minima, shuffled_labels

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_dataset("mnist") is None, reason="MNIST is not on this machine"),
]


@pytest.fixture(scope="module")
def lab():
    return Lab(load_dataset("mnist"))


@pytest.mark.slow
def test_shuffled_labels_are_memorised_and_tests_stay_at_chance(lab):
    facts = shuffled_labels.run(lab).facts
    assert facts["images"] == 10_000
    assert facts["shuffled"]["train_accuracy"] >= 0.99
    assert facts["shuffled"]["test_accuracy"] == pytest.approx(0.1, abs=0.03)
    assert facts["true"]["train_accuracy"] >= 0.99
    assert facts["true"]["test_accuracy"] > 0.94
    assert facts["shuffled"]["epochs_to_half"] > 10 * facts["true"]["epochs_to_half"]


@pytest.mark.slow
def test_the_spread_of_the_minima_shrinks_with_the_width(lab):
    widths = minima.run(lab, widths=(4, 8, 32), seeds=6, n=5_000, epochs=8).facts["widths"]
    spreads = [each["spread"] for each in widths.values()]
    assert spreads[0] > spreads[1] > spreads[2]
    assert all(each["barrier"] > 0.05 for each in widths.values())
