"""Trainer and History: training, determinism, what it refuses, what it keeps."""

import _thread
import csv
import dataclasses
import hashlib
import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from helpers.tasks import task, trained
from helpers.threads import no_thread_is_left, start_no_more_than
from helpers.twin import Twin, sgd

from fastmlp import Callback, DivergedError, InputError, Network, Trainer, kernels
from fastmlp.datasets import Split
from fastmlp.inputs.packed import pack_if_sparse
from fastmlp.inputs.schema import Schema, make_schema
from fastmlp.network import prediction
from fastmlp.system.threads import Team
from fastmlp.training.checkpoints import Checkpoint, read_checkpoint
from fastmlp.training.loop import TrainingLoop


def test_it_learns_and_keeps_a_history():
    X, y = task()
    network = Network((20, 16, 4), seed=1)
    trainer = Trainer(network, learning_rate=3.0, batch_size=10, seed=2)
    history = trainer.fit(X, y, epochs=20, validation=task(seed=9))
    assert history is trainer.history
    assert [epoch.epoch for epoch in history] == list(range(1, 21))
    assert history[-1].loss < 0.4 * history[0].loss
    assert history[-1].accuracy > 0.8 > 0.5 > history[0].accuracy
    assert history[-1].validation_accuracy == network.accuracy(*task(seed=9)) > 0.7
    assert history[-1].validation_loss == network.evaluate(*task(seed=9)).loss
    assert history[3].samples_per_second == pytest.approx(300 / history[3].seconds)
    assert history.seconds == pytest.approx(sum(epoch.seconds for epoch in history))


def test_compiling_is_done_before_the_clock_runs(monkeypatch):
    orders = []

    class Watched(TrainingLoop):
        def _train_slice(self, order, *rest):
            orders.append(len(order))
            return super()._train_slice(order, *rest)

    monkeypatch.setattr("fastmlp.training.trainer.TrainingLoop", Watched)
    Trainer(Network((20, 4))).fit(*task())
    assert orders[0] == 0
    assert sum(orders) == 300


def test_an_epoch_is_the_twins():
    X, y = task(53)
    network = Network((20, 9, 4), "relu", "cross_entropy", seed=3, dtype="float64")
    twin, trainer = Twin.of(network), Trainer(network, learning_rate=0.5, batch_size=8, seed=5)
    history = trainer.fit(X, y)
    order = np.random.default_rng((5, 1)).permutation(53)
    losses = [twin.step(X[b], y[b], sgd(0.5)) * len(b) for b in (order[i : i + 8] for i in range(0, 53, 8))]
    np.testing.assert_allclose(network.weights[0], twin.weights[0], atol=1e-12)
    assert history[0].loss == pytest.approx(sum(losses) / 53, rel=1e-12)
    assert history[0].validation_loss is None


def test_a_batch_larger_than_the_data_is_all_of_it():
    X, y = task(7)
    params = []
    for batch_size in (7, 100):
        network = Network((20, 4), seed=1)
        Trainer(network, batch_size=batch_size).fit(X, y, 3)
        params.append(network.params)
    np.testing.assert_array_equal(*params)


@pytest.mark.parametrize("brightest", [0, 200])
def test_slices_change_nothing(monkeypatch, brightest):
    X, y = task()
    X *= X > brightest  # of 200: mostly zeros, packed
    assert (pack_if_sparse(X, 16) is not None) == (brightest == 200)
    params = []
    for seconds, flop in ((0.1, 1e8), (0, 0)):  # the second: every batch is a call of its own
        monkeypatch.setattr("fastmlp.training.loop.SLICE_SECONDS", seconds)
        monkeypatch.setattr("fastmlp.training.loop.FIRST_SLICE_FLOP", flop)
        network = Network((20, 16, 4))
        history = Trainer(network, batch_size=7).fit(X, y, 3)
        params.append((network.params.tolist(), [(epoch.loss, epoch.accuracy) for epoch in history]))
    assert params[0] == params[1]


def test_slices_grow_no_further_than_an_epoch():
    trainer = Trainer(Network((20, 4)))
    trainer.fit(*task(20), 2000)
    assert len(trainer.history) == 2000


PROGRAM = """
import hashlib, sys
sys.path.insert(0, "tests")
from helpers.tasks import trained
print(hashlib.sha256(trained().params.tobytes()).hexdigest())
"""


def test_same_seed_same_bits(pytestconfig):
    params = trained().params
    np.testing.assert_array_equal(trained().params, params)
    np.testing.assert_array_equal(trained(epochs=(1, 2)).params, params)
    out = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=pytestconfig.rootpath
    )
    assert out.stdout.strip() == hashlib.sha256(params.tobytes()).hexdigest()


@pytest.mark.parametrize("brightest", [0, 200])
@pytest.mark.parametrize("optimizer", kernels.OPTIMIZERS)
def test_threads_and_separate_fits_change_nothing(optimizer, brightest):
    X, y = task()
    X *= X > brightest
    params, histories = [], []
    for threads, fits in ((1, (4,)), (2, (4,)), (3, (1, 3)), (None, (2, 2))):
        network = Network((20, 70, 4), "relu", seed=1)
        trainer = Trainer(network, optimizer, learning_rate=0.01, batch_size=32, threads=threads)
        for epochs in fits:
            trainer.fit(X, y, epochs)
        assert trainer.threads == threads if threads else trainer.threads >= 1
        params.append(network.params)
        histories.append([(epoch.loss, epoch.accuracy) for epoch in trainer.history])
    for other, history in zip(params[1:], histories[1:], strict=True):
        np.testing.assert_array_equal(other, params[0])
        assert history == histories[0]


def test_threads_end_with_the_fit():
    with no_thread_is_left():
        Trainer(Network((20, 4)), threads=3).fit(*task())


def wide(threads):
    """A training for which more than one thread may be useful."""
    return Trainer(Network((20, 700, 4), seed=1), batch_size=64, threads=threads)


def test_one_thread_trains_where_no_other_can_be_started(monkeypatch):
    monkeypatch.setattr("fastmlp.training.trainer.cores", lambda: 3)
    trained = [wide(None), wide(None), wide(None)]
    assert trained[0].threads == 3
    for trainer, most in zip(trained, (2, 1, 0), strict=True):
        start_no_more_than(monkeypatch, most)
        trainer.fit(*task(), validation=0.2)
        assert trainer.threads <= 1 + most
        np.testing.assert_array_equal(trainer.network.params, trained[0].network.params)
    with pytest.raises(InputError, match="No more than 1 of 2 threads can be started: pass fewer"):
        wide(2).fit(*task())


def test_the_default_number_of_threads_is_limited_when_fit_begins(monkeypatch):
    monkeypatch.setattr("fastmlp.system.machine.available_cores", lambda: 3)
    trainers, sizes = [wide(None), wide(2)], []
    begin = TrainingLoop.__init__
    monkeypatch.setattr(TrainingLoop, "__init__", lambda loop, *args: (sizes.append(args[1:]), begin(loop, *args))[1])
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for trainer in trainers:
        trainer.fit(*task())
    assert sizes == [((1,), None), ((2,), 2)]


@pytest.mark.parametrize("threads", [1, 2, None])
def test_the_threads_of_a_trainer_bound_the_validation(monkeypatch, threads):
    used = []
    monkeypatch.setattr("fastmlp.system.threads.cores", lambda: 3)
    monkeypatch.setattr("fastmlp.network.prediction.CHUNK_FLOP", 0)
    run = prediction.run_in_chunks
    monkeypatch.setattr(
        prediction, "run_in_chunks", lambda n, rows, size, call: (used.append(size), run(n, rows, size, call))[1]
    )
    Trainer(Network((20, 16, 4)), threads=threads).fit(*task(), validation=task(1000))
    assert used == [threads or 3]


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_an_optimizer_that_diverged_goes_on_from_where_it_was(optimizer):
    X, y = task()
    trainer, twin = (
        Trainer(Network((20, 9, 4), "relu", "cross_entropy"), optimizer, learning_rate=0.01) for _ in range(2)
    )
    for each in (trainer, twin):
        each.fit(X, y, 2)
    options = trainer.options
    trainer.options = dataclasses.replace(options, learning_rate=1e38)
    with pytest.raises(DivergedError):
        trainer.fit(X, y)
    trainer.options = options
    assert trainer.fit(X, y)[-1].loss == twin.fit(X, y)[-1].loss
    np.testing.assert_array_equal(trainer.network.params, twin.network.params)


@pytest.mark.slow
def test_a_schema_scales_what_fit_takes():
    rng = np.random.default_rng(0)
    X, y = rng.normal((5.0, -300.0, 0.01), (1.0, 50.0, 0.001), (60, 3)), rng.integers(0, 4, 60)
    schema = make_schema(X, image_shape=None, is_picture=False, standardize=None)
    networks = Network((3, 5, 4), schema=schema), Network((3, 5, 4))
    data = [(X, (X[:20], y[:20])), (schema.scaled(X, np.dtype("f4")), (schema.scaled(X[:20], np.dtype("f4")), y[:20]))]
    ends = [
        Trainer(network, "adam", 0.01).fit(X, y, 5, validation)[-1]
        for network, (X, validation) in zip(networks, data, strict=True)
    ]
    np.testing.assert_array_equal(networks[0].params, networks[1].params)
    assert ends[0].validation_loss == ends[1].validation_loss


@pytest.mark.slow
def test_a_regression_learns_standardized_targets():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.normal(5000.0, 200.0, (60, 1))
    schema = Schema(
        scale="as it is", low=-9, high=9, target_mean=(float(y.mean()),), target_deviation=(float(y.std()),)
    )
    networks = Network((3, 5, 1), loss="regression", schema=schema), Network((3, 5, 1), loss="regression")
    Trainer(networks[0], "adam", 0.01).fit(X, y, 5)
    Trainer(networks[1], "adam", 0.01).fit(X, schema.scaled_targets(y), 5)
    np.testing.assert_array_equal(networks[0].params, networks[1].params)
    with pytest.warns(UserWarning, match="y goes up to [0-9.]+: the targets of a regression are learned well if"):
        Trainer(Network((3, 5, 1), loss="regression"), "adam", 0.01).fit(X, y)


@pytest.mark.slow
def test_a_checkpoint_has_the_schema(tmp_path):
    schema = Schema(scale="as it is", low=0, high=1, labels=("y",))
    Trainer(Network((3, 2), schema=schema)).fit(
        np.zeros((9, 3)), np.zeros(9, int), callbacks=[Checkpoint(tmp_path / "c")]
    )
    assert Schema.from_json(read_checkpoint(tmp_path / "c")["schema"]) == schema


FORMS = """
import sys
import numpy as np
import pandas
sys.path.insert(0, "tests")
from helpers.tasks import task
from fastmlp import Network, Trainer, kernels

X, y = task(40)
floats = (X / 255).astype(np.float32)
read_only = floats.copy()
read_only.flags.writeable = False
zeros = X * (X > 200)
kinds = [zeros, zeros.astype(np.float32).tolist(), X, np.asfortranarray(X), X[::-1], floats, read_only]
kinds += [floats.astype(">f8"), floats.tolist(), X > 99, pandas.DataFrame(floats)]
networks = Network((20, 17, 4)), Network((20, 4), "relu", "cross_entropy"), Network((20, 16, 5, 5, 4), "tanh")
for network in networks:
    for inputs in kinds:
        for labels in (y, y.tolist(), y.astype(np.uint8)):
            Trainer(network, learning_rate=0.01).fit(inputs, labels, validation=(inputs, labels))
            network.predict(inputs)
            network.predict_proba(inputs)
used = kernels.train, kernels.evaluate, kernels.predict_labels, kernels.predict_outputs
print(*(len(kernel.kernel.signatures) for kernel in used))
"""


@pytest.mark.slow
def test_one_compiled_form_a_kernel_and_type(pytestconfig):
    """Count them in a process of its own: other tests use the kernels with other types."""
    command = [sys.executable, "-c", FORMS]
    out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=pytestconfig.rootpath).stdout
    train, *others = map(int, out.split())
    assert train == 4  # samples of bytes and of float32, dense and packed
    assert others == [2, 2, 2]  # dense samples are packed for training only


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimizer": "sdg"}, "did you mean 'sgd'"),
        ({"optimizer": ["sgd"]}, "Unknown optimizer"),
        ({"momentum": 1}, "momentum is 1: pass a number from 0 to below 1"),
        ({"learning_rate": -1}, "learning_rate is -1: pass a positive number"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
        ({"learning_rate": 10**400}, "learning_rate is 1000"),
        ({"learning_rate": True}, "learning_rate is True"),
        ({"batch_size": True}, "batch_size is True"),
        ({"network": "784-10"}, "pass a Network"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'"),
        ({"batch_size": 0}, "batch_size is 0: pass a whole number of at least 1"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
        ({"threads": 0}, "threads is 0"),
        ({"seed": -3}, "seed is -3"),
    ],
)
def test_bad_settings(arguments, message):
    with pytest.raises(InputError, match=message):
        Trainer(**{"network": Network((20, 4))} | arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: {"X": X[:, :19]}, r"X has shape \(300, 19\)"),
        (lambda X, y: {"X": X[:0], "y": y[:0]}, "X is empty"),
        (lambda X, y: {"y": y[:-1]}, "y has 299 labels for 300 samples"),
        (lambda X, y: {"y": y + 1}, "outputs: labels go from 0 to 3"),
        (lambda X, y: {"X": np.where(X == X[2, 3], np.nan, X)}, "is nan as float32: remove or replace"),
        (lambda X, y: {"epochs": 0}, "epochs is 0"),
        (lambda X, y: {"validation": (X, y[:3])}, "validation y has 3 labels"),
        (lambda X, y: {"validation": (X[:, 1:], y)}, "validation X has shape"),
        (lambda X, y: {"validation": (X,)}, "validation is not a pair"),
        (lambda X, y: {"validation": X}, "validation is not a pair"),
        (lambda X, y: {"X": np.ma.array(X)}, "masked array"),
    ],
)
def test_bad_input_trains_nothing(change, message):
    X, y = task()
    network = Network((20, 4))
    before = network.params.copy()
    with pytest.raises(InputError, match=message):
        Trainer(network).fit(**{"X": X, "y": y} | change(X, y))
    np.testing.assert_array_equal(network.params, before)


def test_the_test_split_of_a_data_set_serves_as_validation():
    X, y = task()
    history = Trainer(Network((20, 4))).fit(X, y, validation=Split(X, y))
    assert history[0].validation_accuracy is not None


@pytest.mark.parametrize("where", ["losses", "params"])
def test_divergence_is_seen_in_either(monkeypatch, where):
    network = Network((20, 4))

    class Diverging(TrainingLoop):
        def _train_slice(self, order, batches, threads):
            self._batch_losses[batches] = 0
            (self._batch_losses[batches] if where == "losses" else network.params)[-1:] = np.nan
            return 0

    monkeypatch.setattr("fastmlp.training.trainer.TrainingLoop", Diverging)
    before = network.params.copy()
    with pytest.raises(DivergedError):
        Trainer(network).fit(*task())
    if where == "losses":
        np.testing.assert_array_equal(network.params, before)


def test_divergence_stops_with_the_last_good_weights():
    X, y = task()
    X = X.astype(np.float32)  # up to 255
    network = Network((20, 16, 16, 4), "relu", "cross_entropy")
    Trainer(network, learning_rate=1e-6).fit(X, y)
    good, trainer = network.params.copy(), Trainer(network, learning_rate=1e6)
    with pytest.raises(DivergedError, match=r"epoch 1: the learning rate 1e\+06 is probably too high, try 100000"):
        trainer.fit(X, y, 3)
    np.testing.assert_array_equal(network.params, good)
    assert len(trainer.history) == 0


@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_keeps_what_was_trained():
    X, y = task(20_000, 400)
    network = Network((400, 64, 4), seed=1)
    before, trainer, pressed, later = network.params.copy(), Trainer(network), threading.Event(), []

    class Slices(Callback):
        def on_slice_end(self, epoch, done, total):
            later.extend([done] if pressed.is_set() else [])

    def press():
        _thread.interrupt_main()
        pressed.set()

    trainer.fit(X[:10], y[:10])  # compiles
    threading.Timer(0.5, press).start()
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(X, y, 500, callbacks=[Slices()])
    assert len(later) <= 1  # that of the running slice
    assert np.isfinite(network.params).all()
    assert np.any(network.params != before)


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_counts_the_steps_of_the_last_slice(monkeypatch, threads):
    """The interrupted training goes on with the bits of one that was not: the steps that Adam counts are right."""
    X, y = task()
    trainers = [Trainer(Network((20, 8, 4), seed=1), "adam", 0.01, batch_size=10, threads=threads) for _ in range(2)]
    trainers[0].fit(X[:10], y[:10])
    call, sizes = Team.call, []

    def interrupted(team, function, size, then=()):
        sizes.append(size)
        result = call(team, function, size, then)
        if len(sizes) == 2:  # the first call compiles
            raise KeyboardInterrupt
        return result

    trainers[1].fit(X[:10], y[:10])
    trainers[0].fit(X, y)
    monkeypatch.setattr("fastmlp.training.loop.FIRST_SLICE_FLOP", 1e12)  # the epoch is one slice
    monkeypatch.setattr(Team, "call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainers[1].fit(X, y)
    assert trainers[1].state.step == trainers[0].state.step == 31
    np.testing.assert_array_equal(trainers[1].network.params, trainers[0].network.params)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: Trainer(Network((20, 8, 4)), "momentum"), "optimizer"),
        (lambda: Trainer(Network((20, 4)), "adam"), "sizes"),
    ],
)
def test_a_state_of_another_training_is_refused_and_changes_nothing(other, message):
    trainer = Trainer(Network((20, 8, 4), seed=1), "adam")
    before = trainer.network.params.copy()
    with pytest.raises(InputError, match=f"The state is from a training with {message}"):
        trainer.load_state_dict(other().state_dict())
    state = trainer.state_dict()
    with pytest.raises(InputError, match="opt_state of shape"):
        trainer.load_state_dict(state | {"opt_state": np.zeros((1, 3)), "params": state["params"] + 1})
    with pytest.raises(InputError, match="no state of a Trainer"):
        trainer.load_state_dict(
            {name: value for name, value in state.items() if name != "step"} | {"params": before + 1}
        )
    np.testing.assert_array_equal(trainer.network.params, before)


def test_callbacks_hear_of_every_slice_and_epoch(monkeypatch):
    monkeypatch.setattr("fastmlp.training.loop.FIRST_SLICE_FLOP", 0)
    heard = []

    class Listener(Callback):
        def on_slice_end(self, epoch, done, total):
            heard.append((epoch, done, total))

        def on_epoch_end(self, record):
            heard.append(record)

    history = Trainer(Network((20, 4)), batch_size=10).fit(*task(), 2, callbacks=[Listener(), Callback()])
    assert heard[0] == (1, 10, 300)
    assert [h for h in heard if not isinstance(h, tuple)] == list(history)
    assert heard.index((1, 300, 300)) + 1 == heard.index(history[0])


def test_history_is_exported(tmp_path):
    history = Trainer(Network((20, 4))).fit(*task(), 2)
    dicts = history.to_dicts()
    assert dicts[1]["epoch"] == 2
    assert dicts[1]["loss"] == history[1].loss
    assert json.loads(history.to_json(tmp_path / "h.json")) == dicts
    assert (tmp_path / "h.json").read_text() == history.to_json()
    history.to_csv(tmp_path / "h.csv")
    with (tmp_path / "h.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[1]["loss"]) == history[1].loss
    assert rows[1]["validation_loss"] == ""
    assert repr(history).startswith("History(2 epochs, loss 0.")
    assert repr(Trainer(Network((2, 2))).history) == "History(no epochs)"
    assert [epoch.epoch for epoch in history[:1]] == [1]
