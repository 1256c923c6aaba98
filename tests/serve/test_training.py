import threading
import time

import numpy as np
import pytest

from fastmlp.network.network import Network
from fastmlp.serve import training as module
from fastmlp.serve.training import IDLE, PAUSED, PREPARING, TRAINING, Training
from fastmlp.training.history import Epoch
from fastmlp.training.trainer import Trainer

pytestmark = pytest.mark.page


def wait_until(condition, seconds=60):
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end, "it never happened"
        time.sleep(0.002)


@pytest.fixture
def make(image_data):
    """A function that makes the training of a small network; all of them have ended at the end."""
    made = []

    def new(rate=1.0, samples=None, epochs=3, **options):
        network = Network((784, 16, 10), seed=0, schema=image_data.schema, **options)
        train, test = image_data.dataset.train, image_data.dataset.test
        trainer = Trainer(network, "sgd", rate, 32, threads=1)
        training = Training(trainer, samples or (lambda: train), test, lambda: pokes.append(training.run))
        training.epochs = epochs
        made.append(training)
        return training

    pokes = []
    new.pokes = pokes
    yield new
    for training in made:
        training.end()
        assert training.join(60)


def test_it_trains_its_epochs_and_goes_on_where_it_ended(make):
    training = make()
    assert training.run == IDLE
    training.train()
    assert training.run == PREPARING
    wait_until(lambda: training.run == IDLE)
    assert training.epoch == 3
    assert [record[0] for record in training.records_since(0)] == [1, 2, 3]
    assert training.records_since(2)[0][0] == 3
    assert training.last[4] > 0.3
    assert training.samples_per_second > 0
    training.train()
    wait_until(lambda: training.epoch == 6 and training.run == IDLE)
    seconds = [record[5] for record in training.records_since(0)]
    assert seconds == sorted(seconds)
    assert training.error is None
    assert TRAINING in make.pokes
    assert make.pokes[-1] == IDLE


def test_it_pauses_and_goes_on(make):
    training = make(epochs=10**5)
    training.train()
    wait_until(lambda: training.epoch > 5)
    training.pause()
    time.sleep(0.05)  # the slice that is running ends
    assert training.run == PAUSED
    epoch, params = training.epoch, training.trainer.network.params.copy()
    time.sleep(0.1)
    assert training.epoch == epoch
    np.testing.assert_array_equal(training.trainer.network.params, params)
    training.train()
    wait_until(lambda: training.epoch > epoch + 5)


def test_a_step_is_one_epoch(make):
    training = make()
    for number in (1, 2, 3):
        training.train(one_epoch=True)
        wait_until(lambda: training.run == PAUSED)
        time.sleep(0.02)
        assert training.epoch == number
    training.train()
    wait_until(lambda: training.run == IDLE)
    assert training.epoch == 6


def test_a_pause_before_the_first_slice_holds(make, image_data):
    may_begin = threading.Event()

    def samples():
        may_begin.wait(60)
        return image_data.dataset.train

    training = make(samples=samples)
    training.train()
    training.pause()
    may_begin.set()
    wait_until(lambda: training.run == PAUSED)
    time.sleep(0.05)
    assert training.epoch == 0


def test_the_rate_is_heard_while_it_trains(make):
    training = make(epochs=10**5)
    training.train()
    wait_until(lambda: training.epoch > 2)
    training.rate = 1e-9
    wait_until(lambda: training.trainer.history[-1].learning_rate == 1e-9)
    before = training.trainer.network.params.copy()
    wait_until(lambda: training.epoch > len(training.trainer.history) - 1 + 3 or training.epoch > 20)
    np.testing.assert_allclose(training.trainer.network.params, before, atol=1e-4)


def test_fewer_epochs_are_heard_while_it_trains(make):
    training = make(epochs=10**5)
    training.train()
    wait_until(lambda: training.epoch > 2)
    training.epochs = 1
    wait_until(lambda: training.run == IDLE)


def test_a_training_that_diverges_says_so_and_can_be_tried_again(make):
    training = make(rate=100.0, activation="identity", loss="cross_entropy")
    training.train()
    wait_until(lambda: training.run == IDLE)
    assert "learning rate" in training.error
    assert np.isfinite(training.trainer.network.params).all()
    training.rate = 0.1
    training.train()
    assert training.error is None
    wait_until(lambda: training.run == IDLE)
    assert training.epoch == 3


def test_a_mistake_of_ours_is_a_sentence_too(make):
    def samples():
        raise KeyError("x")

    training = make(samples=samples)
    training.train()
    wait_until(lambda: training.run == IDLE)
    assert "unexpected KeyError" in training.error


@pytest.mark.parametrize("state", ["training", "paused", "idle"])
def test_it_ends_at_once(make, state):
    training = make(epochs=10**5)
    if state != "idle":
        training.train()
        wait_until(lambda: training.epoch > 2)
    if state == "paused":
        training.pause()
    training.end()
    assert training.join(5)
    training.train()
    assert training.join(0)


def test_the_speed_leaves_pauses_out(make):
    training = make(epochs=10**5)
    assert training.speed == 0
    training.train()
    wait_until(lambda: training.epoch > 20)
    training.pause()
    time.sleep(0.5)
    training.train()
    epoch = training.epoch
    wait_until(lambda: training.epoch > epoch + 20)
    assert training.speed > 5
    training.pause()


def test_long_curves_are_thinned(make, monkeypatch):
    monkeypatch.setattr(module, "MOST_RECORDS", 20)
    training = make()
    training.epochs = 10**6
    for epoch in range(1, 201):
        training.epoch_ended(Epoch(epoch, 1.0, 0.5, 0.1, 10.0, 1.0, 0.5))
    records = training.records_since(0)
    assert len(records) <= 20
    assert records[0][0] == 1
    assert [record[0] for record in records[-10:]] == list(range(191, 201))
    assert training.last[5] == pytest.approx(20)
