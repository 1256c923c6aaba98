"""Checkpoints: a training that is killed at any moment ends with the bits of one that is not."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.tasks import EPOCHS, Keep, KillAfter, KillAtOnce, KilledError, outcome, task, training

from fastmlp import Augmentation, Callback, InputError, Network, Regularization, Trainer
from fastmlp.inputs.training_data import fingerprint
from fastmlp.system.files import write_text
from fastmlp.system.tensor_files import CHECKPOINT, write_tensors
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from fastmlp.training.loggers import CSVLog


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("schedule", ["cosine", "plateau:patience=1", lambda step: 1 / (1 + step)])
def test_going_on_has_the_bits_of_an_undivided_run(tmp_path, optimizer, schedule):
    changes = {"optimizer": optimizer, "schedule": schedule, "patience": 50}
    whole = training(None, epochs=8, **changes)
    for epoch in (1, 4, 8):
        path = tmp_path / f"{epoch}.safetensors"
        with pytest.raises(KilledError):
            training(path, epochs=8, callbacks=[KillAfter(epoch)], **changes)
        resumed = training(path, path, epochs=8, threads=2, **changes)
        assert outcome(resumed) == outcome(whole)
        assert outcome(training(path, path, epochs=8, **changes)) == outcome(whole)  # of which nothing is left to train


METHODS = {
    "averaging": {"averaging": 0.9, "optimizer": "nesterov"},
    "dropout": {"regularization": Regularization(dropout=0.2, input_dropout=0.1, label_smoothing=0.1)},
    "penalties": {"regularization": Regularization(l1=1e-4, l2=1e-3, max_norm=2.0, clip_norm=1.0), "weight_decay": 0.1},
    "augmentation": {"augmentation": Augmentation(shift=1, rotation=10, elastic=2.0, shape=(4, 5)), "averaging": 0.9},
    "weights": {"class_weights": [1.0, 2.0, 1.0, 0.5]},
}


@pytest.mark.parametrize("methods", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(
    "brightest",
    [0, pytest.param(200, marks=pytest.mark.slow)],  # 200: mostly zeros, packed where that goes
)
def test_every_method_goes_on(tmp_path, methods, brightest):
    X, y = task(200)
    changes = methods | {"data": (X * (X > brightest), y), "patience": 50, "epochs": 5}
    whole, path = training(None, **changes), tmp_path / "c.safetensors"
    with pytest.raises(KilledError):
        training(path, callbacks=[KillAfter(3)], **changes)
    assert len(read_checkpoint(path)["history"]) == 2
    resumed = training(path, path, **changes)
    assert outcome(resumed) == outcome(whole)
    plain = training(None, data=changes["data"], patience=50, epochs=5)
    assert resumed.history[-1].loss != plain.history[-1].loss
    with pytest.raises(InputError, match="is from a training with"):
        training(path, path, data=changes["data"], patience=50, epochs=5)


@pytest.mark.parametrize("epoch", ["best", "last"])
def test_early_stopping_goes_on_too(tmp_path, epoch):
    whole, path = training(None), tmp_path / "c.safetensors"
    assert len(whole.history) < EPOCHS
    last = len(whole.history) if epoch == "last" else len(whole.history) - 5
    with pytest.raises(KilledError):
        training(path, callbacks=[KillAfter(last)])
    with pytest.raises(KilledError):  # once more, before an epoch has ended
        training(path, path, callbacks=[KillAtOnce()])
    keep = Keep()
    resumed = training(path, path, callbacks=[keep])
    assert outcome(resumed) == outcome(whole)
    if epoch == "last":  # it had been stopped, and is not trained further
        # killed before the checkpoint of its last epoch was written: only that one is trained again
        assert keep.heard == ["start", last, "end"]
        assert training(path, path, callbacks=[again := Keep()]).history[-1].epoch == last
        assert again.heard == ["start", "end"]


def test_a_stop_is_kept(tmp_path):
    """Killed between the stop and the end, by an on_train_end that fails."""
    path = tmp_path / "c.safetensors"

    class FailsAtEnd(Keep):
        def on_train_end(self):
            raise KilledError

    with pytest.raises(KilledError):
        training(path, stop=False, callbacks=[FailsAtEnd(stop_at=3)])
    assert len(training(path, path, stop=False).history) == 3


def test_a_second_fit_is_resumed_too(tmp_path):
    X, y = task()
    path, outcomes = tmp_path / "c.safetensors", []
    for kill in (False, True):
        trainer = Trainer(Network((20, 4)), schedule="cosine")
        trainer.fit(X, y, 2)
        if kill:
            with pytest.raises(KilledError):
                trainer.fit(X, y, 4, callbacks=[Checkpoint(path, 0), KillAfter(4)])
            trainer = Trainer(Network((20, 4)), schedule="cosine")
        trainer.fit(X, y, 4, resume=path if kill else None)
        outcomes.append(outcome(trainer))
    assert outcomes[0] == outcomes[1]


class Slow(Callback):
    def on_epoch_end(self, record):
        time.sleep(0.005)


def chain(folder, kills):
    """Train in a process that is killed at some moment, and then another one that goes on, until `kills` are done.

    Forked, once the kernels are loaded: an attempt takes some hundredths of a second. It is killed some milliseconds
    after it has written so many checkpoints, so that a busy machine changes nothing. Prints how many epochs each left
    behind.
    """
    folder = Path(folder)
    training(None, epochs=1)
    path, end, moments = folder / "c.safetensors", folder / "end.json", random.Random()
    while not end.exists():
        child = os.fork()
        if child == 0:
            try:
                resume = path if path.exists() else None
                trainer = training(path, resume, callbacks=[CSVLog(folder / "log.csv"), Slow()], patience=100)
                write_text(end, as_json(outcome(trainer)))
            finally:
                os._exit(0 if end.exists() else 1)
        if kills > 0:
            wait_for_writes(path, moments.randrange(6), end)
            time.sleep(moments.uniform(0, 0.008))
            os.kill(child, signal.SIGKILL)
            kills -= 1
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or status == 0
        print(len(read_checkpoint(path)["history"]) if path.exists() else None, flush=True)


def wait_for_writes(path, times, end):
    """Wait until `path` has been replaced so many times, or there is nothing more to wait for."""
    inode = path.exists() and path.stat().st_ino
    deadline = time.monotonic() + 30
    while times > 0 and not end.exists() and time.monotonic() < deadline:
        time.sleep(0.0005)
        if (now := path.exists() and path.stat().st_ino) != inode:
            inode, times = now, times - 1


def as_json(outcome):
    return json.dumps([each.hex() if isinstance(each, bytes) else each for each in outcome])


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals and forks")
def test_killed_at_any_moment(tmp_path, pytestconfig):
    program = f"from test_checkpoints import *; chain({str(tmp_path)!r}, kills=25)"
    tests = pytestconfig.rootpath / "tests"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests / "training"), str(tests), *sys.path])}
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    reached = output.stdout.split()
    assert len(set(reached)) > 3, "the kills were all before or behind the training"
    assert (tmp_path / "end.json").read_text() == as_json(outcome(training(None, patience=100)))
    assert len((tmp_path / "log.csv").read_text().splitlines()) == EPOCHS + 1
    left = {each.name for each in tmp_path.iterdir()} - {"c.safetensors", "log.csv", "end.json"}
    assert len(left) <= len(reached)  # a kill while writing leaves its temporary file
    assert all(name.startswith(".") for name in left)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"learning_rate": 0.02},
            r"with learning rate 0.01, and this one has 0.02: use the same, or start a new training",
        ),
        ({"batch_size": 8}, "with batch size 7, and this one has 8"),
        ({"optimizer": "sgd"}, "with optimizer adam"),
        ({"seed": 4}, "with seed 3"),
        ({"momentum": 0.8}, "with momentum 0.9"),
        ({"schedule": "cosine"}, r"with schedule WarmUp\(epochs=1, then=OneCycle"),
        ({"sizes": (20, 17, 4)}, r"with sizes \[20, 16, 4\], and this one has \[20, 17, 4\]"),
        ({"activation": "tanh"}, "with activation relu"),
        ({"epochs": 61}, "with epochs 60, and this one has 61"),
        ({"patience": 6}, r"with EarlyStopping 1 \[5, 0.0, 'validation_accuracy'\], and this one has \[6"),
        ({"stop": False}, "with EarlyStopping 1"),
        ({"data": task(201)}, "with samples 160, and this one has 161"),
        ({"data": task(200, seed=7)}, "from a training on other data: pass the same again"),
    ],
)
def test_another_training_is_refused(tmp_path, changes, message):
    path = tmp_path / "c.safetensors"
    with pytest.raises(KilledError):
        training(path, callbacks=[KillAfter(2)])
    before, keep = path.read_bytes(), Keep()
    with pytest.raises(InputError, match=message):
        training(path, path, callbacks=[keep], **changes)
    assert path.read_bytes() == before
    assert keep.heard == []


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "c.safetensors"
    with pytest.raises(InputError, match="There is no checkpoint"):
        training(None, path)
    Network((20, 4)).save(path)
    with pytest.raises(InputError, match="holds no fastmlp checkpoint: pass a file that a Checkpoint wrote"):
        training(None, path)
    write_checkpoint(path, {"options": {}})
    with pytest.raises(InputError, match="with optimizer None"):
        training(None, path)
    state = training(None, epochs=1).state_dict()
    del state["step"]
    write_checkpoint(path, state | {"data": {}})
    with pytest.raises(InputError, match="is a damaged checkpoint"):
        training(None, path, epochs=1)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="is no checkpoint, or a damaged one"):
        training(None, path)


@pytest.mark.parametrize("missing", ["first", "stopped"])
def test_a_checkpoint_that_lacks_something_changes_nothing(tmp_path, missing):
    X, y = np.random.default_rng(0).random((30, 20), np.float32), np.arange(30) % 4
    path = tmp_path / "c.safetensors"
    Trainer(Network((20, 4), seed=1)).fit(X, y, 2, callbacks=[Checkpoint(path)])
    state = read_checkpoint(path)
    del state["data"][missing]
    write_checkpoint(path, state)
    network = Network((20, 4), seed=1)
    before = network.params.copy()
    with pytest.raises(InputError, match="is a damaged checkpoint"):
        Trainer(network).fit(X, y, 2, resume=path)
    np.testing.assert_array_equal(network.params, before)


DAMAGED = {
    "params of another shape": lambda state: state.update(params=state["params"][:-1]),
    "params of another type": lambda state: state.update(params=state["params"].astype(np.float64)),
    "params that are a list": lambda state: state.update(params=[[1.0], [2.0, 3.0]]),
    "a step that is a text": lambda state: state.update(step="many"),
    "a step without end": lambda state: state.update(step=10**30),
    "a step before the first": lambda state: state.update(step=-1),
    "no history": lambda state: state.update(history=3),
    "an epoch of texts": lambda state: state["history"][0].update(loss="low"),
    "an epoch out of order": lambda state: state["history"][0].update(epoch=7),
    "options that are a list": lambda state: state.update(options=[1]),
    "configs that are a text": lambda state: state.update(configs="none"),
    "callbacks that are a list": lambda state: state.update(callbacks=[1]),
    "a start after the end": lambda state: state["data"].update(first=10**6),
    "a start without end": lambda state: state["data"].update(first=float("inf")),
    "best weights of another shape": lambda state: state["callbacks"]["EarlyStopping 1"].update(params=np.zeros(3)),
    "best weights that are a number": lambda state: state["callbacks"]["EarlyStopping 1"].update(params=0.5),
    "a best loss that is a text": lambda state: state["callbacks"]["EarlyStopping 1"].update(best="low"),
    "a patience that is a text": lambda state: state["callbacks"]["EarlyStopping 1"].update(waited="long"),
    "a callback's state that is a list": lambda state: state["callbacks"].update({"EarlyStopping 1": [1]}),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_checkpoint_is_refused_and_changes_nothing(tmp_path, damage):
    X, y = np.random.default_rng(0).random((30, 20), np.float32), np.arange(30) % 4
    path = tmp_path / "c.safetensors"

    def fit(trainer, callbacks, resume=None):
        stopping = EarlyStopping(3, monitor="loss")
        trainer.fit(X, y, 2, callbacks=[stopping, *callbacks], resume=resume)

    fit(Trainer(Network((20, 4), seed=1)), [Checkpoint(path)])
    state = read_checkpoint(path)
    DAMAGED[damage](state)
    write_checkpoint(path, state)
    trainer = Trainer(Network((20, 4), seed=1))
    before = trainer.network.params.copy()
    with pytest.raises(InputError, match=r"damaged|of shape \(83,\), and this training \(84,\)"):
        fit(trainer, [], path)
    np.testing.assert_array_equal(trainer.network.params, before)
    assert (trainer.state.step, len(trainer.history)) == (0, 0)


@pytest.mark.parametrize("text", ["[1]", "3", "[" * 100_000, "9" * 5000, "{"])
def test_a_state_that_is_no_dict_is_refused(tmp_path, text):
    write_tensors(tmp_path / "c", CHECKPOINT, {}, {"state": text})
    with pytest.raises(InputError, match="is a damaged checkpoint"):
        read_checkpoint(tmp_path / "c")


def test_a_change_of_any_number_changes_the_fingerprint():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (5003, 11), np.uint8), rng.integers(0, 9, 5003)
    prints = {fingerprint(X, y), fingerprint(X.astype(np.float32), y), fingerprint(X.reshape(-1, 1), y)}
    for row, column in rng.integers(0, (5003, 11), (20, 2)):
        changed = X.copy()
        changed[row, column] ^= 1
        prints.add(fingerprint(changed, y))
        labels = y.copy()
        labels[row] += 1
        prints.add(fingerprint(X, labels))
    swapped = X.copy()
    swapped[[6, 7]] = X[[7, 6]]
    prints.add(fingerprint(swapped, y))
    assert len(prints) == 44
    assert fingerprint(X.copy(), y) in prints


def test_states_come_back_from_files(tmp_path):
    path = tmp_path / "c.safetensors"
    state = {
        "a": {"b": np.arange(3.0), "c": [1, None, "é"], "d": {}},
        "e": np.zeros((0, 5), np.float32),
        "f": 0.1 + 0.2,
    }
    write_checkpoint(path, state)
    back = read_checkpoint(path)
    np.testing.assert_array_equal(back["a"].pop("b"), state["a"].pop("b"))
    assert back.pop("e").shape == state.pop("e").shape
    assert back == state


def test_models_and_checkpoints_are_the_same_bytes_each_time(tmp_path):
    network, path = Network((5, 4, 3), classes=["é", "b", "c"]), tmp_path / "m.safetensors"
    contents = set()
    for _ in range(20):
        network.save(path)
        contents.add(path.read_bytes())
    assert len(contents) == 1
    assert (8 + int.from_bytes(contents.pop()[:8], "little")) % 8 == 0  # where the numbers begin


def test_checkpoints_are_not_written_more_often_than_wanted(tmp_path, monkeypatch):
    from fastmlp.training import checkpoints

    written = []
    monkeypatch.setattr(checkpoints, "write_checkpoint", lambda path, state: written.append(len(state["history"])))
    training("c", epochs=5, stop=False, seconds=100.0)
    assert written == [0, 5]
    written.clear()
    training("c", epochs=5, stop=False, seconds=0.0)
    assert written == [0, 1, 2, 3, 4, 5, 5]


@pytest.mark.parametrize(("seconds", "takes", "apart"), [(1.0, 0.5, 50), (60.0, 0.5, 60), (0.01, 0.5, 50), (7, 0, 7)])
def test_checkpoints_are_so_far_apart(monkeypatch, seconds, takes, apart):
    from fastmlp.training import checkpoints

    now, written = [0.0], []

    def write(path, state):
        now[0] += takes
        written.append(now[0])

    monkeypatch.setattr(checkpoints, "write_checkpoint", write)
    monkeypatch.setattr(checkpoints.time, "perf_counter", lambda: now[0])
    each = Checkpoint("c", seconds)
    each.on_train_begin(Trainer(Network((20, 4))))
    while now[0] < 400:
        now[0] += 0.5
        each.on_epoch_end(None)
    np.testing.assert_allclose(np.diff(written), apart + takes, atol=0.5)


def test_a_disk_that_fills_up_does_not_end_the_training(tmp_path, monkeypatch):
    from fastmlp.training import checkpoints

    def full(path, state):
        if state["history"]:
            raise OSError(28, "No space left on device", str(path))
        write_checkpoint(path, state)

    monkeypatch.setattr(checkpoints, "write_checkpoint", full)
    with pytest.warns(UserWarning, match=r"c\.safetensors' can't be written: No space left on device") as warned:
        trainer = training(tmp_path / "c.safetensors", epochs=3)
    assert len(warned) == 1
    assert len(trainer.history) == 3
    with pytest.raises(OSError, match="No such file"):
        training(tmp_path / "none" / "c.safetensors", callbacks=[keep := Keep()])
    assert keep.heard == ["start"]
