"""The form of a data set."""

import dataclasses

import numpy as np
import pytest

from fastmlp.datasets import Dataset, Split

SPLITS = (
    Split(np.zeros((1200, 6), np.float32), np.zeros(1200, int)),
    Split(np.zeros((5, 6), np.float32), np.zeros(5, int)),
)


def test_a_data_set_describes_itself_and_can_not_be_changed() -> None:
    dataset = Dataset("a/b", *SPLITS, ("a", "b"), None)
    assert repr(dataset) == "Dataset('a/b', 1,200 + 5 samples of 6 float32, 2 classes)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.name = "c"  # type: ignore[misc]
    X, y = dataset.train
    assert X is SPLITS[0].X
    assert y is SPLITS[0].y
