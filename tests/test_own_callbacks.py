"""Callbacks of users that keep something, and go on with it where a training is resumed."""

import pytest
from test_callbacks import Keep
from test_checkpoints import KillAfter, KillAtOnce, KilledError, outcome, training
from test_trainer import task

from fastmlp import Callback, InputError, Network, Trainer
from fastmlp.callbacks import Checkpoint, EarlyStopping


class Seen(Callback):
    """A user's: its state begins with the training, or only where there is something to keep."""

    def __init__(self, lazy=False):
        self.lazy = lazy

    def on_start(self, trainer):
        self.seen = []

    def on_epoch(self, record):
        self.seen.append(record.epoch)

    def state(self):
        return {"seen": list(self.seen)} if self.seen or not self.lazy else {}

    def restore(self, state):
        self.seen = state["seen"]


class SeenLast(Seen):
    told_last = True


def test_callbacks_of_users_go_on(tmp_path):
    path, whole = tmp_path / "c.safetensors", training(None, epochs=6)

    def mine():
        return [Seen(), Seen(lazy=True), SeenLast()]

    with pytest.raises(KilledError):
        training(path, epochs=6, callbacks=[*mine(), KillAfter(3)])
    with pytest.raises(KilledError):  # SeenLast begins behind the Checkpoint, which has written its state by then
        training(None, path, epochs=6, callbacks=[*mine()[:2], Checkpoint(path), SeenLast(), KillAtOnce()], stop=True)
    with pytest.raises(InputError, match="with the callback Seen 2: pass such a one again, or train anew"):
        training(path, path, epochs=6, callbacks=[Seen(), SeenLast()])
    one, other, last = mine()
    resumed = training(path, path, epochs=6, callbacks=[last, KillAfter(99), one, Keep(), other])
    assert one.seen == other.seen == list(range(1, 7))
    assert last.seen == one.seen
    assert outcome(resumed) == outcome(whole)


def test_the_order_of_callbacks_may_be_another(tmp_path):
    path, (X, y) = tmp_path / "c.safetensors", task()
    own = [Seen(lazy=True), EarlyStopping(), Checkpoint(path, 0)]
    with pytest.raises(KilledError):
        Trainer(Network((20, 4))).fit(X, y, 4, 0.2, [*own, KillAfter(2)])
    assert len(Trainer(Network((20, 4))).fit(X, y, 4, 0.2, own[::-1], resume=path)) == 4
