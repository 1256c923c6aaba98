"""Data sets, made-up results and the command, for the tests of the benchmarks."""

import sys

import pytest
from helpers.results import made_up_preset, made_up_results

from benchmarks import __main__, arena
from fastmlp import Dataset
from fastmlp.datasets import Split
from fastmlp.datasets.drawn.dataset import draw_digits


@pytest.fixture(scope="session")
def drawn():
    splits = Split(*draw_digits(600)), Split(*draw_digits(200, stream="test"))
    return Dataset("drawn", *splits, tuple("0123456789"), (28, 28))


@pytest.fixture(scope="module")
def folder(drawn):
    with arena.data_folder(drawn) as path:
        yield path


@pytest.fixture
def found():
    return made_up_results()


@pytest.fixture
def measured():
    return made_up_preset()


@pytest.fixture
def run_benchmarks(monkeypatch, capsys):
    """Call `python -m benchmarks`; returns status, standard output, standard error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["benchmarks", *map(str, arguments)])
        status = 0
        try:
            __main__.main()
        except SystemExit as end:
            status = end.code
        out = capsys.readouterr()
        return status, out.out, out.err

    return call
