"""Small sweeps on drawn digits."""

import sys

import pytest
from sweep_tables import SETTINGS


@pytest.fixture(scope="session")
def few_digits():
    from fastmlp.data import Dataset, Split
    from fastmlp.data.drawn import draw_digits

    train, test = Split(*draw_digits(400)), Split(*draw_digits(100, stream="test"))
    return Dataset("few", train, test, tuple("0123456789"), (28, 28))


@pytest.fixture
def run(few_digits):
    """Run a sweep of few digits without its pictures."""

    def run(sweep, out, **options):
        return sweep.run(out, **{"data": few_digits, "report": False, "show": False} | options)

    return run


@pytest.fixture
def command(digits):
    """Return the command of a sweep of twelve networks on drawn digits."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, values in SETTINGS.items() for value in values]

    def command(out, *more):
        return [
            sys.executable,
            "-m",
            "fastmlp",
            "sweep",
            *flags,
            "--seeds=3",
            f"--data={digits}",
            f"--out={out}",
            *more,
        ]

    return command
