"""Work on many samples, shared by threads."""

import numpy as np
import pytest

from fastmlp import Network
from fastmlp.parts import LEAST_PARTS, MOST_PARTS, in_parts, threads_for
from fastmlp.team import Team


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_answers_come_in_the_order_of_the_parts(threads):
    n, seen = 10 * MOST_PARTS + 3, set()

    def call(part, thread):
        seen.add(thread)
        return part.start, part.stop

    assert in_parts(n, 2, threads, call) == [(start, start + 2) for start in range(0, n, 2)]
    assert seen == set(range(threads))


def test_threads_are_started_for_many_parts_only(monkeypatch):
    monkeypatch.setattr("fastmlp.parts.cores", lambda: 4)
    assert threads_for(2 * LEAST_PARTS * 10 - 1, 10) == 1
    assert threads_for(2 * LEAST_PARTS * 10, 10) == 2
    assert threads_for(10**9, 10) == 4


@pytest.mark.parametrize("thread", [0, 1])
def test_an_error_in_any_thread_is_raised(thread):
    def fail(number):
        if number == thread:
            raise MemoryError("no room")
        return 0

    with Team(2) as team, pytest.raises(MemoryError, match="no room"):
        team.call(fail, 2)


def test_predictions_are_the_same_bits_for_any_number_of_threads(monkeypatch):
    network, X = Network((6, 5, 4), seed=0), np.random.default_rng(0).integers(0, 256, (1000, 6), np.uint8)
    y = np.zeros(1000, int)
    monkeypatch.setattr("fastmlp.network.FLOP_A_PART", 0)
    found = []
    for cores in (1, 2, 3):
        monkeypatch.setattr("fastmlp.parts.cores", lambda cores=cores: cores)
        found.append((network.predict(X).tolist(), network.predict_proba(X).tobytes(), network.evaluate(X, y)))
    assert found[0] == found[1] == found[2]
