"""What the commands print: bars, times, progress, how sure the network is."""

import numpy as np
import pytest

from fastmlp.history import Epoch
from fastmlp.report import prediction
from fastmlp.terminal import Progress, bar, duration, table


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, ""), (1, "█" * 8), (0.5, "████"), (1 / 64, "▏"), (63 / 64, "███████▉"), (2, "█" * 8), (-1, "")],
)
def test_bars_are_exact_to_an_eighth(value, text):
    assert bar(value, width=8) == text


def test_times_as_people_say_them():
    assert [duration(t) for t in (0.043, 1, 12.34, 250)] == ["0.04 s", "1.0 s", "12.3 s", "4 min 10 s"]


def test_tables_are_aligned():
    assert table([("a", "1"), ("long", "2\n3")]) == "a     1\nlong  2\n      3"


def test_an_epochs_line(capsys):
    progress = Progress(12)
    progress.on_epoch(Epoch(3, 0.05, 0.9384, seconds=0.5, samples_per_second=120_000))
    progress.on_epoch(Epoch(12, 0.04, 0.95, seconds=0.5, samples_per_second=120_000))
    first, last = capsys.readouterr().err.splitlines()
    assert first == "epoch  3/12  loss 0.0500  accuracy  93.84%    120,000 samples/s  4.5 s left"
    assert last == "epoch 12/12  loss 0.0400  accuracy  95.00%    120,000 samples/s"


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ([0.01, 0.97, 0.02], "b, quite sure (97%)"),
        ([0.01, 0.7, 0.3], "b, fairly sure (70%)"),
        ([0.1, 0.45, 0.05], "b, but not sure (45%)"),
        ([0.3, 0.45, 0.1], "b, or a: it can't tell (45% against 30%)"),
        ([0.1, 0.45, 0.4], "b, or c: it can't tell (45% against 40%)"),
        ([0.5, 0.5, 0.0], "a, or b: it can't tell (50% against 50%)"),
    ],
)
def test_how_sure_it_is(outputs, words):
    assert prediction("x.png", np.array(outputs), ("a", "b", "c")).splitlines()[0] == f"x.png: {words}"
