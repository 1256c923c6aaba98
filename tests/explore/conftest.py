"""Small data sets on which the experiments are quick and their results known."""

import numpy as np
import pytest


def dataset(n=400, n_test=100):
    """Drawn digits as a data set of 28x28 images."""
    from fastmlp.datasets import Dataset, Split
    from fastmlp.datasets.drawn.dataset import draw_digits

    train, test = Split(*draw_digits(n)), Split(*draw_digits(n_test, stream="test"))
    return Dataset("small", train, test, tuple("0123456789"), (28, 28))


@pytest.fixture(scope="session")
def small():
    return dataset()


@pytest.fixture(scope="session")
def tiny():
    """Six images of 2x3 pixels, floats from 0 to 1, of two classes: ink on the left, and ink on the right."""
    from fastmlp.datasets import Dataset, Split

    left = np.array([[1, 0, 0, 1, 0, 0], [1, 0, 0, 0.5, 0, 0], [0.5, 0, 0, 1, 0, 0]], np.float32)
    X = np.concatenate([left, left[:, [2, 1, 0, 5, 4, 3]]])
    split = Split(X, np.array([0, 0, 0, 1, 1, 1]))
    return Dataset("tiny", split, split, ("left", "right"), (2, 3))


@pytest.fixture
def lab(small, tmp_path):
    """A Lab of the small data set; its lecture network is trained for three epochs."""
    import dataclasses

    from fastmlp.explore import Lab, Store

    lab = Lab(small, store=Store(tmp_path / "store"))
    lab.lecture = dataclasses.replace(lab.lecture, epochs=3)
    return lab


@pytest.fixture
def only(monkeypatch):
    """Replace the experiments by a few, given as functions of a Lab by name."""
    from fastmlp.explore import EXPERIMENTS, Experiment

    def replace(**functions):
        for name in list(EXPERIMENTS):
            monkeypatch.delitem(EXPERIMENTS, name)
        for name, function in functions.items():
            monkeypatch.setitem(EXPERIMENTS, name, Experiment(function, f"What is {name}?", "a <book>"))

    return replace
