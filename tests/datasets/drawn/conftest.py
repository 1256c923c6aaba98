"""Drawn digits for several files of tests."""

import numpy as np
import pytest

from fastmlp.datasets.drawn.dataset import draw_digits

Samples = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="package")
def train() -> Samples:
    """5,000 digits of the training stream."""
    return draw_digits(5000)


@pytest.fixture(scope="package")
def test() -> Samples:
    """1,000 digits of the test stream."""
    return draw_digits(1000, stream="test")
