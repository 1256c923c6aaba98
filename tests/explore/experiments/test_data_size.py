"""More images give more accuracy, and the text says so only if they do."""

import numpy as np
import pytest

from fastmlp.explore import Lab
from fastmlp.explore.experiments import data_size


def test_more_images_are_better(small):
    facts = data_size.run(Lab(small), sizes=(20, 100, 10**6), steps=1200).facts
    assert facts["sizes"] == [20, 100, 400]
    for each in facts["networks"].values():
        assert each["test_accuracy"][0] + 0.1 < each["test_accuracy"][-1]
        assert each["train_accuracy"][0] > 0.95
        tenth = np.interp(np.log(40), np.log([20, 100]), each["test_accuracy"][:2])
        assert each["last_tenfold"] == pytest.approx(each["test_accuracy"][-1] - tenth)
    assert facts["batches"] == [1200, 1200, 1196]


@pytest.mark.parametrize(
    ("gains", "batches", "said"),
    [
        ((0.02, 0.03), (750, 750), "still helping"),
        ((-0.12, -0.1), (750, 9600), "do not help here"),
        ((None, None), (750, 750), ""),
        ((-0.1, 0.1), (750, 750), ""),
    ],
)
def test_the_text_follows_the_facts(gains, batches, said):
    curves = {"test_accuracy": [0.7, 0.9], "train_accuracy": [1.0, 0.95]}
    facts = {"sizes": [100, 1000], "batches": batches}
    facts["networks"] = {name: curves | {"last_tenfold": gain} for name, gain in zip("ab", gains, strict=True)}
    words = data_size.describe(facts)
    for each in ("still helping", "do not help here"):
        assert (each in words) == (each == said)
    assert ("the difference is in the data" in words) == (batches[1] == 750)
    assert "learns these images" in words
    facts["networks"]["a"] = facts["networks"]["a"] | {"train_accuracy": [0.7, 0.95]}
    assert "learns these images" not in data_size.describe(facts)
