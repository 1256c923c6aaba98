"""The rounds of an epoch, with made-up processes."""

from types import SimpleNamespace

import pytest

from benchmarks import speed
from benchmarks.workloads import WORKLOADS


class MadeUpProcess:
    """A process whose epochs take a given time, but for its first one, which takes 100 s."""

    def __init__(self, name, threads, seconds):
        self.contestant, self.threads = SimpleNamespace(name=name, title=name), threads
        self.seconds, self.numbers = seconds, []

    def prepare(self, workload, samples):
        self.numbers.clear()

    def train_epoch(self, number):
        self.numbers.append(number)
        return {"seconds": 100.0 if number == 1 else self.seconds}


def test_the_first_epoch_is_no_round_and_a_slow_number_of_threads_is_given_up():
    field = [MadeUpProcess("a", 1, 1.0), MadeUpProcess("a", 2, 1.25), MadeUpProcess("b", 1, 9.0)]
    seconds = speed.rounds(field, WORKLOADS["seed32"], n_rounds=4)
    assert seconds == {"a": {"1": [1.0] * 4, "2": [1.25] * speed.BOTH_ROUNDS}, "b": {"1": [9.0] * 4}}
    assert field[0].numbers == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("slower", "rounds"), [(1.19, 3), (1.21, 2)])
def test_a_number_of_threads_that_is_nearly_as_fast_goes_on(slower, rounds):
    field = [MadeUpProcess("a", 1, 1.0), MadeUpProcess("a", 2, slower)]
    assert len(speed.rounds(field, WORKLOADS["seed32"], n_rounds=3)["a"]["2"]) == rounds
