"""Callbacks: stopping early, logs, samples held out for validation, and callbacks of users that are resumed."""

import csv
import json
import sys

import numpy as np
import pytest
from helpers.tasks import Keep, KillAfter, KillAtOnce, KilledError, outcome, task, training

from fastmlp import Callback, InputError, Network, Trainer
from fastmlp.inputs.hold_out import hold_out
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.checkpoints import Checkpoint
from fastmlp.training.history import Epoch, improves
from fastmlp.training.loggers import CSVLog, TensorBoard


def trainer(**settings):
    return Trainer(Network((20, 16, 4), seed=1), **{"learning_rate": 3.0, "seed": 2} | settings)


def test_a_callback_ends_the_training_and_all_hear_of_the_last_epoch():
    stopping, other = Keep(stop_at=3), Keep()
    history = trainer().fit(*task(), 10, callbacks=[stopping, other])
    assert len(history) == 3
    assert stopping.heard == other.heard == ["start", 1, 2, 3, "end"]
    assert trainer().fit(*task(), 3)[-1].loss == history[-1].loss


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (EarlyStopping(), "callbacks is <.*>: pass a list of callbacks"),
        ([Callback], "callbacks has <class .*> in it: pass objects of fastmlp.Callback"),
        ([None], "callbacks has None in it"),
    ],
)
def test_what_is_no_list_of_callbacks_is_refused(callbacks, message):
    with pytest.raises(InputError, match=message):
        trainer().fit(*task(), callbacks=callbacks)


def test_what_a_callback_raises_passes_through():
    class Raises(Keep):
        def on_epoch_end(self, record):
            raise RuntimeError("mine")

    each, other = trainer(), Raises()
    with pytest.raises(RuntimeError, match="mine"):
        each.fit(*task(), 10, callbacks=[other])
    assert other.heard == ["start"]
    assert len(each.fit(*task(), 2)) == 3  # and it can go on


class Scripted(EarlyStopping):
    """Hears of losses that the test wants."""

    losses = (5.0, 3.0, 4.0, 2.95, 3.0, 3.0, 3.0, 1.0)

    def on_epoch_end(self, record):
        loss = self.losses[record.epoch - 1]
        return super().on_epoch_end(Epoch(record.epoch, loss, -loss, 1, 1, loss, -loss))


@pytest.mark.parametrize(
    ("rule", "epochs", "best"),
    [
        ({"patience": 3}, 7, 4),
        ({"patience": 1}, 3, 2),
        ({"patience": 3, "min_delta": 0.1}, 5, 2),
        ({"patience": 4}, 8, 8),
        ({"patience": 3, "monitor": "validation_accuracy"}, 7, 4),
        ({"patience": 3, "monitor": "accuracy"}, 7, 4),
    ],
)
def test_early_stopping_ends_with_the_best_weights(rule, epochs, best):
    early, keep, each = Scripted(**rule), Keep(), trainer()
    each.fit(*task(), 8, validation=0.1, callbacks=[early, keep])
    assert len(each.history) == epochs
    assert early.best_epoch == best
    np.testing.assert_array_equal(each.network.params, keep.params[best - 1])
    assert epochs == best or np.any(keep.params[-1] != keep.params[best - 1])


def test_early_stopping_watches_the_validation_loss():
    X, y = task(60)
    early, each = EarlyStopping(patience=4), trainer(learning_rate=20.0)
    history = each.fit(X, y, 200, validation=task(300, seed=9), callbacks=[early])
    losses = [record.validation_loss for record in history]
    assert len(history) == early.best_epoch + 4 < 200
    assert early.best == min(losses) == losses[early.best_epoch - 1]
    assert each.network.evaluate(*task(300, seed=9)).loss == early.best


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"patience": 0}, "patience is 0: pass a whole number"),
        ({"min_delta": -1}, "min_delta is -1"),
        ({"monitor": "val_loss"}, "Unknown monitor 'val_loss'"),
    ],
)
def test_bad_rules_of_stopping(arguments, message):
    with pytest.raises(InputError, match=message):
        EarlyStopping(**arguments)


def test_stopping_without_anything_to_watch_trains_nothing():
    each = trainer()
    before = each.network.params.copy()
    with pytest.raises(InputError, match="There is no validation_loss to watch: pass validation samples"):
        each.fit(*task(), callbacks=[EarlyStopping()])
    np.testing.assert_array_equal(each.network.params, before)


def test_a_regression_has_no_accuracy_to_watch():
    each = Trainer(Network((20, 4), loss="regression"))
    with pytest.raises(InputError, match="There is no accuracy to watch: a regression has no accuracy"):
        each.fit(task()[0], np.zeros((300, 4)), callbacks=[EarlyStopping(monitor="accuracy")])
    scheduled = Trainer(Network((20, 4), loss="regression"), schedule="plateau:monitor=accuracy")
    with pytest.raises(InputError, match="There is no accuracy to watch"):
        scheduled.fit(task()[0], np.zeros((300, 4)), 2)


def test_logs_are_the_history(tmp_path):
    each = trainer()
    logs = [CSVLog(tmp_path / "log.csv")]

    class Reader(Callback):
        def on_epoch_end(self, record):  # the lines are there at once
            assert len(log_lines("log.csv")) == record.epoch + 1

    def log_lines(name):
        return (tmp_path / name).read_text().splitlines()

    each.fit(*task(), 2, validation=0.2, callbacks=[*logs, Reader()])
    each.fit(*task(), 1, callbacks=[*logs, Reader()])  # the epochs before stay
    assert (tmp_path / "log.csv").read_text() == each.history.to_csv()
    rows = list(csv.DictReader(log_lines("log.csv")))
    assert float(rows[1]["validation_loss"]) == each.history[1].validation_loss
    assert float(rows[2]["learning_rate"]) == 3.0
    trainer().fit(*task(), 1, callbacks=logs)
    assert len(log_lines("log.csv")) == 2  # another training's file is replaced


def test_a_validation_loss_of_nan():
    X, y = (task()[0] / 255).astype(np.float32), task()[1]
    V = X[:20].copy()
    V[0] = 3e38
    each = Trainer(Network((20, 16, 4), "relu", "cross_entropy", seed=1), learning_rate=0.1)
    history = each.fit(X, y, 2, (V, y[:20]), [EarlyStopping()])
    assert not np.isfinite(history[0].validation_loss)
    assert json.loads(history.to_json())[0]["validation_loss"] is None


def test_any_number_is_better_than_nan():
    nan = float("nan")
    assert improves("validation_loss", 0.1, nan, 0)
    assert improves("validation_loss", 0.1, None, 0)
    assert not improves("validation_loss", nan, nan, 0)
    assert not improves("validation_loss", nan, 0.1, 0)


def test_tensorboard_gets_every_number(tmp_path):
    from tensorboardX.proto.event_pb2 import Event

    each = trainer()
    each.fit(*task(), 2, validation=0.2, callbacks=[TensorBoard(tmp_path)])
    (path,) = tmp_path.iterdir()
    content, values = path.read_bytes(), {}
    while content:  # a record: its length, 4 bytes, the event, 4 bytes
        size = int.from_bytes(content[:8], "little")
        event = Event.FromString(content[12 : 12 + size])
        values |= {(value.tag, event.step): value.simple_value for value in event.summary.value}
        content = content[16 + size :]
    assert len(values) == 2 * 6
    for record in each.history:
        assert values["loss/training", record.epoch] == pytest.approx(record.loss)
        assert values["accuracy/validation", record.epoch] == pytest.approx(record.validation_accuracy)
        assert values["learning_rate", record.epoch] == 3.0


def test_tensorboard_says_what_it_needs(monkeypatch, tmp_path):
    for library in ("tensorboardX", "tensorboard", "tensorboard.summary"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match="pip install tensorboardX"):
        trainer().fit(*task(), callbacks=[TensorBoard(tmp_path)])


@pytest.mark.parametrize("n", [1, 3, 40, 299])
def test_held_out_samples_are_of_each_class_alike(n):
    y = task()[1]
    rows, held_out = hold_out(y, n, seed=5)
    assert len(held_out) == n
    np.testing.assert_array_equal(np.sort(np.concatenate([rows, held_out])), np.arange(300))
    wanted = n * np.bincount(y) / 300
    assert np.all(np.abs(np.bincount(y[held_out], minlength=4) - wanted) < 1)
    again, other = hold_out(y, n, seed=5)[1], hold_out(y, n, seed=6)[1]
    np.testing.assert_array_equal(again, held_out)
    assert n == 299 or not np.array_equal(other, held_out)


@pytest.mark.parametrize("y", [task()[1], np.zeros((300, 2))], ids=["labels", "numbers"])
def test_samples_are_chosen_in_parts_as_all_at_once(monkeypatch, y):
    wanted = [hold_out(y, n, seed=5) for n in (1, 40, 299)]
    monkeypatch.setattr("fastmlp.inputs.hold_out.ROWS_AT_A_TIME", 7)
    for n, parts in zip((1, 40, 299), wanted, strict=True):
        for mine, theirs in zip(hold_out(y, n, seed=5), parts, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_held_out_samples_of_a_regression_are_a_random_share():
    rows, held_out = hold_out(np.random.default_rng(0).random((50, 3)), 10, seed=1)
    assert (len(rows), len(held_out)) == (40, 10)


@pytest.mark.parametrize("brightest", [0, 200])  # 200: mostly zeros, packed
def test_holding_out_is_training_on_the_rest(brightest):
    X, y = task()
    X *= X > brightest
    each, by_hand = trainer(batch_size=7), trainer(batch_size=7)
    history = each.fit(X, y, 3, validation=0.2)
    rows, held_out = hold_out(y, 60, seed=2)
    wanted = by_hand.fit(X[rows], y[rows], 3, validation=(X[held_out], y[held_out]))
    np.testing.assert_array_equal(each.network.params, by_hand.network.params)
    for mine, theirs in zip(history, wanted, strict=True):
        assert (mine.loss, mine.accuracy) == (theirs.loss, theirs.accuracy)
        assert mine.validation_loss == pytest.approx(theirs.validation_loss, rel=1e-12)
        assert mine.validation_accuracy == theirs.validation_accuracy
    number = trainer(batch_size=7)
    number.fit(X, y, 3, validation=60)
    np.testing.assert_array_equal(number.network.params, each.network.params)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (0.0, "validation is 0.0 of 300 samples"),
        (1.0, "validation is 1.0"),
        (0.001, "that leaves some on either side"),
        (float("nan"), "validation is nan"),
        (0, "validation is 0, and there are 300 samples: hold out from 1 to 299"),
        (300, "validation is 300"),
        (-1, "validation is -1"),
        (True, "validation is True"),
        ("0.1", "validation is not a pair"),
    ],
)
def test_bad_splits(validation, message):
    with pytest.raises(InputError, match=message):
        trainer().fit(*task(), validation=validation)


class Seen(Callback):
    """A user's: its state begins with the training, or only where there is something to keep."""

    def __init__(self, lazy=False):
        self.lazy = lazy

    def on_train_begin(self, fit):
        self.seen = []

    def on_epoch_end(self, record):
        self.seen.append(record.epoch)

    def state_dict(self):
        return {"seen": list(self.seen)} if self.seen or not self.lazy else {}

    def load_state_dict(self, state):
        self.seen = state["seen"]


class SeenLast(Seen):
    runs_last = True


def test_callbacks_of_users_go_on(tmp_path):
    path, whole = tmp_path / "c.safetensors", training(None, epochs=6)

    def mine():
        return [Seen(), Seen(lazy=True), SeenLast()]

    with pytest.raises(KilledError):
        training(path, epochs=6, callbacks=[*mine(), KillAfter(3)])
    with pytest.raises(KilledError):  # SeenLast begins behind the Checkpoint, which has written its state by then
        training(None, path, epochs=6, callbacks=[*mine()[:2], Checkpoint(path), SeenLast(), KillAtOnce()], stop=True)
    with pytest.raises(InputError, match="with the callback Seen 2: pass it again, or start a new training"):
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


class ChangesTheRate(Callback):
    def __init__(self, after, rate):
        self.after, self.rate = after, rate

    def on_train_begin(self, fit):
        self.fit = fit

    def on_epoch_end(self, record):
        if record.epoch == self.after:
            self.fit.learning_rate = self.rate


def test_a_callback_may_change_the_learning_rate():
    """From the next step on, until the fit ends; the schedule's factor applies to the new one."""
    networks = [Network((20, 8, 4), seed=1) for _ in range(2)]
    changed = Trainer(networks[0], learning_rate=0.5, batch_size=8, schedule="step:every=3,factor=0.1")
    changed.fit(*task(40), 4, callbacks=[ChangesTheRate(2, 0.25)])
    assert [epoch.learning_rate for epoch in changed.history] == pytest.approx([0.5, 0.5, 0.25, 0.025])
    by_hand = Trainer(networks[1], learning_rate=0.5, batch_size=8, schedule=lambda step: [1, 1, 0.5, 0.05][step // 5])
    by_hand.fit(*task(40), 4)
    np.testing.assert_array_equal(networks[0].params, networks[1].params)
    changed.fit(*task(40))
    assert changed.history[-1].learning_rate == 0.5


def test_a_changed_rate_is_resumed(tmp_path):
    path, networks = tmp_path / "checkpoint.safetensors", [Network((20, 8, 4), seed=1) for _ in range(3)]
    whole, killed, resumed = (Trainer(network, learning_rate=0.5, batch_size=8) for network in networks)
    whole.fit(*task(40), 5, callbacks=[ChangesTheRate(2, 0.1)])
    with pytest.raises(KeyboardInterrupt):
        killed.fit(*task(40), 5, callbacks=[ChangesTheRate(2, 0.1), RaisesAfter(3), Checkpoint(path, 0)])
    resumed.fit(*task(40), 5, callbacks=[ChangesTheRate(2, 0.1), Checkpoint(path, 0)], resume=path)
    np.testing.assert_array_equal(networks[2].params, networks[0].params)


class RaisesAfter(Callback):
    runs_last = True

    def __init__(self, epochs):
        self.epochs = epochs

    def on_slice_end(self, epoch, done, total):
        if epoch == self.epochs + 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("rate", [0, -1, float("nan"), "fast"])
def test_a_wrong_rate_of_a_callback_is_refused(rate):
    with pytest.raises(InputError, match=r"learning_rate is .*: pass a positive number"):
        trainer().fit(*task(40), 4, callbacks=[ChangesTheRate(1, rate)])
