"""Exceptions that arrive during `fit` at any moment: time limits by signals, Ctrl-C, those of other threads."""

import copy
import os
import random
import signal

import numpy as np
import pytest
from helpers.arrivals import by_ctrl_c, by_several_signals, by_signal, by_thread
from helpers.tasks import task
from helpers.threads import no_thread_is_left

from fastmlp import Augmentation, Callback, Network, Trainer
from fastmlp.training.loop import MOST_TOGETHER

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

OPTIONS = {
    "plain": {"optimizer": "momentum"},
    "averaged": {"optimizer": "adam", "averaging": 0.9},
    "augmented": {"optimizer": "momentum", "augmentation": Augmentation(shift=1)},
}
ARRIVALS = (by_signal, by_ctrl_c, by_thread, by_several_signals)
FOREVER = 10**6
X, Y = task(300, 25)
STEPS = 15
"""In an epoch."""


class Steps(Callback):
    """Keeps what each step leaves, if each is a slice of its own."""

    def __init__(self, trainer):
        self.trainer, self.after = trainer, {}

    def on_slice_end(self, epoch, done, total):
        self.after[self.trainer.state.step] = content(self.trainer)


def content(trainer):
    state = trainer.state
    return [array.tobytes() for array in (state.params, state.opt_state, state.trained)]


def trainer_of(options, threads):
    network = Network((25, 16, 4), "relu", "cross_entropy", seed=1)
    return Trainer(network, learning_rate=0.01, batch_size=20, threads=threads, **options)


def steps_of(options, epochs):
    """What each step of a training leaves that nobody disturbs."""
    trainer = trainer_of(options, 1)
    steps = Steps(trainer)
    trainer.fit(X, Y, epochs, callbacks=[steps])
    assert len(steps.after) == STEPS * epochs
    return steps.after


@pytest.fixture
def one_step_a_slice(monkeypatch):
    """Let each kernel call take one step."""
    monkeypatch.setattr("fastmlp.training.loop.FIRST_SLICE_FLOP", 0)
    monkeypatch.setattr("fastmlp.training.loop.SLICE_SECONDS", 0)


def arrive(arrival, seconds, options, threads, after):
    """Interrupt a training and go on with it; return the step at which it was interrupted.

    It has the bits of as many whole steps, and goes on as every training does from there.
    """
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    trainer = trainer_of(options, threads)
    with no_thread_is_left():
        arrival(lambda: trainer.fit(X, Y, FOREVER), seconds)
    assert [signal.getsignal(number) for number in signal.valid_signals()] == handlers
    step, twin = trainer.state.step, trainer_of(options, 1)
    assert step not in after or content(trainer) == after[step]
    assert step > 0 or content(trainer)[0] == content(twin)[0]
    twin.load_state_dict(copy.deepcopy(trainer.state_dict()))
    for each in (trainer, twin):
        each.fit(X, Y)
    assert trainer.state.step == step + STEPS
    assert content(trainer) == content(twin)
    assert np.isfinite(trainer.network.params).all()
    return step


def interrupt(arrivals, times, seconds, options, after, rng):
    """Interrupt trainings so many times, and more often and later until two different steps were met that are known."""
    steps, n = set(), 0
    while n < times or len(steps & after.keys()) < 2:
        assert n < 10 * times
        latest = seconds * 2 ** (n // times)  # a busy machine takes longer for its first step
        steps.add(
            arrive(arrivals[n % len(arrivals)], rng.uniform(0, latest), options, 2 + n // len(arrivals) % 2, after)
        )
        n += 1


@pytest.mark.usefixtures("one_step_a_slice")
@pytest.mark.parametrize("name", OPTIONS)
def test_a_training_that_is_interrupted_at_any_moment_is_whole(name):
    interrupt(ARRIVALS, 8, 0.01, OPTIONS[name], steps_of(OPTIONS[name], 4), random.Random(0))


@pytest.mark.parametrize("name", ["plain", "averaged"])
def test_short_epochs_that_share_a_call_are_whole(name):
    rng, options, shared = random.Random(0), OPTIONS[name], 0
    for n in range(12):
        trainer = trainer_of(options, 1 + n % 3)
        with no_thread_is_left():
            ARRIVALS[n % 4](lambda trainer=trainer: trainer.fit(X, Y, FOREVER), rng.uniform(0, 0.03))
        epochs, rest = divmod(trainer.state.step, STEPS)
        assert rest == 0
        # An epoch with a call of its own may be trained without its record, and several if exceptions come in a row.
        assert 0 <= epochs - len(trainer.history) <= (MOST_TOGETHER if n % 4 == 3 else 1)
        shared += epochs >= 8
        twin = trainer_of(options, 1)
        if epochs:
            twin.fit(X, Y, epochs, callbacks=[Callback()])
        assert content(trainer) == content(twin)
    assert shared > 3


@pytest.mark.usefixtures("one_step_a_slice")
def test_a_handler_may_predict_during_a_training():
    trainers = [trainer_of(OPTIONS["averaged"], threads) for threads in (2, 1)]
    many, found = np.tile(X, (20, 1)), []
    wanted = len(trainers[0].network.predict(many, threads=2))
    previous = signal.signal(signal.SIGALRM, lambda *_: found.append(len(trainers[0].network.predict(many, threads=2))))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.005)
        while len(found) < 3:
            trainers[0].fit(X, Y)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    trainers[1].fit(X, Y, len(trainers[0].history))
    assert set(found) == {wanted}
    assert content(trainers[0]) == content(trainers[1])


@pytest.mark.slow
@pytest.mark.usefixtures("one_step_a_slice")
@pytest.mark.parametrize("arrival", ARRIVALS)
@pytest.mark.parametrize("name", OPTIONS)
def test_hundreds_of_trainings_that_are_interrupted_are_whole(name, arrival):
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    interrupt((arrival,), 25, 0.02, OPTIONS[name], steps_of(OPTIONS[name], 40), random.Random(seed))
