"""The programs in examples/ run, and reach what they say."""

import sys

import pytest

from fastmlp.data import find_dataset


@pytest.fixture
def own_loop(monkeypatch, pytestconfig):
    monkeypatch.syspath_prepend(pytestconfig.rootpath / "examples")
    import own_loop

    yield own_loop
    del sys.modules["own_loop"]


def test_a_loop_of_ones_own_reaches_93_percent(own_loop, capsys):
    data = "mnist" if find_dataset("mnist") else "drawn"
    assert own_loop.main(data) >= 0.93
    assert "test accuracy 9" in capsys.readouterr().out
