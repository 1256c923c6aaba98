"""The number of threads, chosen by speed."""

import numpy as np

from fastmlp import Network, Trainer, fitting
from fastmlp.pace import TRIES, TRY_AGAIN, Pace


def run(pace, speeds, slices):
    """Return the numbers chosen for some slices when each number of threads has a speed."""
    chosen = []
    for _ in range(slices):
        chosen.append(pace.choose())
        pace.record(chosen[-1], 1000, 1000 / speeds[chosen[-1]])
    return chosen


def test_each_is_tried_and_the_faster_one_kept():
    for fast, slow in ((1, 2), (2, 1)):
        pace = Pace((1, 2))
        chosen = run(pace, {fast: 3.0, slow: 1.0}, 2 * TRIES + TRY_AGAIN // 2)
        assert chosen[: 2 * TRIES] == [1, 2] * TRIES
        assert set(chosen[2 * TRIES :]) == {fast}
        assert pace.fastest == fast


def test_the_slower_one_is_tried_again_and_taken_when_it_has_become_faster():
    pace = Pace((1, 4))
    run(pace, {1: 1.0, 4: 3.0}, 10)
    chosen = run(pace, {1: 5.0, 4: 3.0}, 4 * TRY_AGAIN)
    assert chosen[0] == 4
    assert chosen.index(1) > 2 * TRY_AGAIN
    assert pace.fastest == 1


def test_one_number_is_no_choice():
    assert run(Pace((3,)), {3: 1.0}, 40) == [3] * 40


def test_a_disturbed_slice_changes_nothing_and_three_do():
    pace = Pace((1, 2))
    run(pace, {1: 1.0, 2: 1.8}, 6)
    for disturbed in range(1, 4):
        assert pace.fastest == 2
        pace.record(2, 1000, 1000 / 0.5)
        assert pace.fastest == (2 if disturbed < 3 else 1)


def test_trying_a_slow_number_of_threads_takes_little_time(monkeypatch):
    clock, slices = [0.0], []
    trainer = Trainer(Network((784, 16, 2)), batch_size=10)
    trainer._candidates = (1, 2)

    def pretended(fitting, order, rates, batch_losses, threads):
        batch_losses[:] = 1
        seconds = len(order) * {1: 1e-6, 2: 2e-5}[threads]
        clock[0] += seconds
        slices.append((threads, seconds))
        return 0

    monkeypatch.setattr(fitting.Fitting, "train_slice", pretended)
    monkeypatch.setattr(fitting.time, "perf_counter", lambda: clock[0])
    trainer.fit(np.zeros((6_000, 784), np.float32), np.zeros(6_000, np.int64), epochs=2000)
    assert max(seconds for _, seconds in slices) <= 1.001 * fitting.SLICE_SECONDS
    lost = sum(seconds for threads, seconds in slices if threads == 2) / clock[0]
    assert 0.5 / TRY_AGAIN < lost < 1.2 / TRY_AGAIN
