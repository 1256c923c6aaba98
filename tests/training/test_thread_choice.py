"""The number of threads, chosen by speed."""

import numpy as np

from fastmlp import Network, Trainer
from fastmlp.training import loop as training_loop
from fastmlp.training.thread_choice import RETRY_AFTER, TRIES, ThreadChoice


def run(choice, speeds, slices):
    """Return the numbers chosen for some slices when each number of threads has a speed."""
    chosen = []
    for _ in range(slices):
        chosen.append(choice.choose())
        choice.record(chosen[-1], 1000, 1000 / speeds[chosen[-1]])
    return chosen


def test_each_is_tried_and_the_faster_one_kept():
    for fast, slow in ((1, 2), (2, 1)):
        choice = ThreadChoice((1, 2))
        chosen = run(choice, {fast: 3.0, slow: 1.0}, 2 * TRIES + RETRY_AFTER // 2)
        assert chosen[: 2 * TRIES] == [1, 2] * TRIES
        assert set(chosen[2 * TRIES :]) == {fast}
        assert choice.fastest == fast


def test_the_slower_one_is_tried_again_and_taken_when_it_has_become_faster():
    choice = ThreadChoice((1, 4))
    run(choice, {1: 1.0, 4: 3.0}, 10)
    chosen = run(choice, {1: 5.0, 4: 3.0}, 4 * RETRY_AFTER)
    assert chosen[0] == 4
    assert chosen.index(1) > 2 * RETRY_AFTER
    assert choice.fastest == 1


def test_one_number_is_no_choice():
    assert run(ThreadChoice((3,)), {3: 1.0}, 40) == [3] * 40


def test_a_disturbed_slice_changes_nothing_and_three_do():
    choice = ThreadChoice((1, 2))
    run(choice, {1: 1.0, 2: 1.8}, 6)
    for disturbed in range(1, 4):
        assert choice.fastest == 2
        choice.record(2, 1000, 1000 / 0.5)
        assert choice.fastest == (2 if disturbed < 3 else 1)


def test_trying_a_slow_number_of_threads_takes_little_time(monkeypatch):
    clock, slices = [0.0], []
    trainer = Trainer(Network((784, 16, 2)), batch_size=10)
    monkeypatch.setattr(trainer, "_thread_candidates", lambda: (1, 2))

    def pretended(loop, order, batches, threads):
        loop._batch_losses[batches] = 1
        seconds = len(order) * {1: 1e-6, 2: 2e-5}[threads]
        clock[0] += seconds
        slices.append((threads, seconds))
        return 0

    monkeypatch.setattr(training_loop.TrainingLoop, "_train_slice", pretended)
    monkeypatch.setattr(training_loop.time, "perf_counter", lambda: clock[0])
    trainer.fit(np.zeros((6_000, 784), np.float32), np.zeros(6_000, np.int64), epochs=2000)
    assert max(seconds for _, seconds in slices) <= 1.001 * training_loop.SLICE_SECONDS
    lost = sum(seconds for threads, seconds in slices if threads == 2) / clock[0]
    assert 0.5 / RETRY_AFTER < lost < 1.2 / RETRY_AFTER
