"""Small data sets on which the experiments are quick and their answers known."""

import numpy as np
import pytest


def dataset(n=400, n_test=100):
    """Drawn digits as a data set of 28x28 images."""
    from fastmlp.data import Dataset, Split
    from fastmlp.data.drawn import draw_digits

    train, test = Split(*draw_digits(n)), Split(*draw_digits(n_test, stream="test"))
    return Dataset("small", train, test, tuple("0123456789"), (28, 28))


@pytest.fixture(scope="session")
def small():
    return dataset()


@pytest.fixture(scope="session")
def tiny():
    """Six images of 2x3 pixels, floats from 0 to 1, of two classes: ink on the left, and ink on the right."""
    from fastmlp.data import Dataset, Split

    left = np.array([[1, 0, 0, 1, 0, 0], [1, 0, 0, 0.5, 0, 0], [0.5, 0, 0, 1, 0, 0]], np.float32)
    X = np.concatenate([left, left[:, [2, 1, 0, 5, 4, 3]]])
    split = Split(X, np.array([0, 0, 0, 1, 1, 1]))
    return Dataset("tiny", split, split, ("left", "right"), (2, 3))


@pytest.fixture
def lab(small, tmp_path):
    """A Lab of the small data set, whose lecture's network is trained for three epochs."""
    import dataclasses

    from fastmlp.explore import Lab, Store

    lab = Lab(small, store=Store(tmp_path / "store"))
    vars(lab)["lecture"] = dataclasses.replace(lab.lecture, epochs=3)
    return lab
