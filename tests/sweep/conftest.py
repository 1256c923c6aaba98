"""Small sweeps on drawn digits."""

import sys

import pytest
from helpers.sweep_tables import SETTINGS

from fastmlp.datasets import Dataset, Split
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.sweep import run_sweep


@pytest.fixture(scope="session")
def few_digits():
    """A data set of 400 + 100 drawn digits."""
    train, test = Split(*draw_digits(400)), Split(*draw_digits(100, stream="test"))
    return Dataset("few", train, test, tuple("0123456789"), (28, 28))


@pytest.fixture
def run(few_digits):
    """Run a sweep of few digits without its report."""

    def run(config, out, **options):
        return run_sweep(config, out, **{"data": few_digits, "report": False, "show": False} | options)

    return run


@pytest.fixture
def command(digits):
    """Return the command line of a sweep of twelve networks on drawn digits."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, values in SETTINGS.items() for value in values]
    start = [sys.executable, "-m", "fastmlp", "sweep", *flags, "--seeds=3", f"--data={digits}"]

    def command(out, *more):
        return [*start, f"--out={out}", *more]

    return command
