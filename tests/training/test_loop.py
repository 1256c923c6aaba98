"""Several short epochs in one call of the kernel: the same as one by one, for everyone who looks."""

import numpy as np
import pytest
from helpers.tasks import task
from helpers.threads import no_thread_is_left
from scipy import sparse

from fastmlp import Callback, DivergedError, Network, Regularization, Trainer
from fastmlp.system.helper import Helper
from fastmlp.training import loop as training_loop
from fastmlp.training.loop import MOST_TOGETHER, MOST_WITH_THREADS, TrainingLoop
from fastmlp.training.schedules import WarmUp

EPOCHS = MOST_TOGETHER + 3
OPTIONS = {
    "plain": {},
    "adam": {"optimizer": "adam"},
    "averaged": {"optimizer": "momentum", "averaging": 0.9},
    "dropout": {"regularization": Regularization(dropout=0.3, input_dropout=0.1, max_norm=1.0)},
    "cosine": {"schedule": "cosine:warm_up=2"},
    "weights": {"class_weights": "balanced"},
    "large batches": {"batch_size": 1000},
}


@pytest.fixture
def calls(monkeypatch):
    """The number of batches in each call of the kernel."""
    found, train_slice = [], TrainingLoop._train_slice

    def counted(loop, order, batches, threads):
        found.append(batches.stop - batches.start)
        return train_slice(loop, order, batches, threads)

    monkeypatch.setattr(TrainingLoop, "_train_slice", counted)
    return found


def trained(X, y, callbacks=(), epochs=EPOCHS, **options):
    network = Network((20, 8, 4), "relu", "cross_entropy", seed=1)
    trainer = Trainer(network, **({"learning_rate": 0.01, "batch_size": 16} | options))
    trainer.fit(X, y, epochs, callbacks=callbacks)
    return trainer


def content(trainer):
    state, metrics = trainer.state, [(each.loss, each.accuracy, each.learning_rate) for each in trainer.history]
    return [array.tobytes() for array in (state.params, state.opt_state, state.trained)], state.step, metrics


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "dense") for name in OPTIONS),
        *((name, "packed") for name in ("plain", "adam", "large batches")),
        *(pytest.param(name, "packed", marks=pytest.mark.slow) for name in ("averaged", "cosine", "weights")),
    ],
)
def test_epochs_that_share_a_call_have_the_bits_of_single_ones(calls, name, kind, threads):
    X, y = task(83)
    X = sparse.csr_array(X * (X > 200)) if kind == "packed" else X
    together = trained(X, y, threads=threads, **OPTIONS[name])
    assert max(calls) == (MOST_TOGETHER if threads == 1 else MOST_WITH_THREADS) * (1 if name == "large batches" else 6)
    single = trained(X, y, [Callback()], threads=1, **OPTIONS[name])
    assert len(calls) >= EPOCHS
    assert content(together) == content(single)
    assert len(together.history) == EPOCHS
    assert all(each.seconds > 0 and each.samples_per_second > 0 for each in together.history)


class Watching(Callback):
    """Keeps what it hears."""

    def __init__(self):
        self.heard = []

    def on_epoch_end(self, record):
        self.heard.append(record.epoch)


def test_nobody_who_listens_hears_later(calls):
    watching, (X, y) = Watching(), task(83)
    trained(X, y, [watching], epochs=5)
    assert watching.heard == [1, 2, 3, 4, 5]
    assert max(calls) <= 6


@pytest.mark.parametrize(
    "options",
    [{"schedule": "plateau"}, {"schedule": "plateau:warm_up=1"}, {"schedule": lambda step: 1.0}, {"batch_size": 1}],
)
def test_what_needs_each_epoch_gets_it(calls, monkeypatch, options):
    if "batch_size" in options:
        monkeypatch.setattr(training_loop, "MOST_BATCHES", 100)
    X, y = task(83)
    alone = trained(X, y, epochs=5, **options)
    assert max(calls) <= -(-83 // options.get("batch_size", 16))
    assert content(alone) == content(trained(X, y, [Callback()], epochs=5, **options))


def test_a_schedule_of_ones_own_that_warms_up_gets_each_epoch(calls):
    class Own(WarmUp):
        def factors(self, steps, length, history):
            return super().factors(steps, length, history) / (1 + len(history))

    X, y = task(83)
    alone = trained(X, y, epochs=5, schedule=Own(1.0))
    assert max(calls) <= 6
    assert alone.history[-1].learning_rate == pytest.approx(0.01 / 5)


def test_validation_is_done_after_each_epoch(calls):
    X, y = task(83)
    trainer = Trainer(Network((20, 8, 4), seed=1), batch_size=16)
    trainer.fit(X, y, 5, validation=0.2)
    assert max(calls) <= 5
    assert all(each.validation_loss is not None for each in trainer.history)


def test_long_epochs_have_calls_of_their_own(calls, monkeypatch):
    monkeypatch.setattr(training_loop, "FIRST_SLICE_FLOP", 1)
    monkeypatch.setattr(training_loop, "SLICE_SECONDS", 1e-5)
    X, y = task(83)
    trained(X, y, epochs=5)
    assert max(calls) <= 6


@pytest.mark.parametrize("epoch", [1, 41, MOST_TOGETHER + 2])
def test_the_epoch_that_diverges_is_named_and_those_before_it_are_kept(epoch):
    X, y = task(83)
    schedule = f"step:every={max(1, epoch - 1)},factor=1e300"
    rate = 0.01 if epoch > 1 else 1e300
    trainers = []
    for callbacks in ([], [Callback()]):
        network = Network((20, 8, 4), "relu", seed=1)
        trainer = Trainer(network, "momentum", rate, 16, schedule=schedule if epoch > 1 else None)
        with pytest.raises(DivergedError, match=f"in epoch {epoch}:"):
            trainer.fit(X, y, epoch + 9, callbacks=callbacks)
        trainers.append(trainer)
    assert content(trainers[0]) == content(trainers[1])
    assert len(trainers[0].history) == epoch - 1


@pytest.mark.parametrize("moment", ["before", "after", "recording", "twice", "three times"])
def test_an_exception_from_outside_leaves_all_epochs_of_a_call_or_none(monkeypatch, moment):
    train_slice, end = TrainingLoop._train_slice, TrainingLoop._end_together
    left = [True] * {"twice": 2, "three times": 3}.get(moment, 1)

    def interrupted_slice(loop, order, batches, threads):
        if moment == "before" and len(order) and left.pop():
            raise KeyboardInterrupt
        n = train_slice(loop, order, batches, threads)
        if moment == "after" and len(order) and left.pop():
            raise KeyboardInterrupt
        return n

    def interrupted_end(*args):
        if moment in ("recording", "twice", "three times") and left and left.pop():
            raise KeyboardInterrupt
        return end(*args)

    monkeypatch.setattr(TrainingLoop, "_train_slice", interrupted_slice)
    monkeypatch.setattr(TrainingLoop, "_end_together", interrupted_end)
    X, y = task(83)
    trainer = Trainer(Network((20, 8, 4), "relu", "cross_entropy", seed=1), learning_rate=0.01, batch_size=16)
    with no_thread_is_left(), pytest.raises(KeyboardInterrupt):
        trainer.fit(X, y, EPOCHS)
    assert len(trainer.history) == (0 if moment == "before" else MOST_TOGETHER)
    monkeypatch.undo()
    trainer.fit(X, y, EPOCHS - len(trainer.history))
    assert content(trainer) == content(trained(X, y, [Callback()]))


def test_a_short_fit_is_not_trained_for_longer(calls):
    X, y = task(83)
    trainer = trained(X, y, epochs=1)
    assert (len(trainer.history), sum(calls)) == (1, 6)
    trainer.fit(X, y, 2)
    assert (len(trainer.history), sum(calls)) == (3, 18)


@pytest.mark.parametrize("callbacks", [[], [Callback()]])
def test_if_a_thread_cannot_begin_nothing_is_trained(monkeypatch, callbacks):
    X, y = task(83)
    trainer = trained(X, y, epochs=3, threads=2)
    before = content(trainer)
    asking = Helper.asking
    calls = []

    def failing(helper, function, *rest):
        calls.append(function)
        return asking(helper, fail, *rest)

    def fail():
        raise MemoryError("no room")

    monkeypatch.setattr(Helper, "asking", failing)
    with no_thread_is_left(), pytest.raises(MemoryError, match="no room"):
        trainer.fit(X, y, 5, callbacks=callbacks)
    assert len(calls) == 1
    assert content(trainer) == before


def test_a_diverging_call_that_is_interrupted_is_undone(monkeypatch):
    train_slice = TrainingLoop._train_slice

    def interrupted(loop, order, batches, threads):
        n = train_slice(loop, order, batches, threads)
        if len(order):
            raise KeyboardInterrupt
        return n

    monkeypatch.setattr(TrainingLoop, "_train_slice", interrupted)
    X, y = task(83)
    network = Network((20, 8, 4), "relu", seed=1)
    before, trainer = network.params.copy(), Trainer(network, learning_rate=1e300, batch_size=16)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(X, y, EPOCHS)
    np.testing.assert_array_equal(network.params, before)
    assert (trainer.state.step, len(trainer.history)) == (0, 0)
