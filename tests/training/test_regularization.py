"""Regularization, averaging, weights and targets as users meet them: Trainer and Network."""

import itertools
import json

import numpy as np
import pytest
from helpers.tasks import task

from fastmlp import InputError, Network, Regularization, Trainer, kernels
from fastmlp.inputs.hold_out import hold_out
from fastmlp.inputs.packed import pack_if_sparse
from fastmlp.inputs.targets import as_class_weights, as_targets
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.checkpoints import Checkpoint

ALL = {
    "weight_decay": 0.1,
    "regularization": Regularization(l1=1e-4, l2=1e-3, dropout=0.2, label_smoothing=0.1, max_norm=2.0, clip_norm=0.3),
    "averaging": 0.9,
    "class_weights": [1, 2, 0.5, 1],
}


def network_and_trainer(optimizer="sgd", activation="relu", sizes=(20, 70, 4), loss="cross_entropy", **options):
    network = Network(sizes, activation, loss, seed=1)
    rate = 0.1 if optimizer == "sgd" else 0.01
    return network, Trainer(network, optimizer, **{"learning_rate": rate, "batch_size": 32} | options)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_threads_slices_and_separate_fits_change_nothing(monkeypatch, optimizer, packed):
    X, y = task()
    X *= X > (200 if packed else 0)
    assert (pack_if_sparse(X, 70) is not None) == packed
    weights, params = np.linspace(0, 2, 300), []
    for threads, seconds, fits in ((1, 0.1, (4,)), (2, 0.1, (4,)), (3, 0, (1, 3)), (None, 0.1, (2, 2))):
        monkeypatch.setattr("fastmlp.training.loop.SLICE_SECONDS", seconds)
        network, trainer = network_and_trainer(optimizer, **ALL, threads=threads)
        for epochs in fits:
            trainer.fit(X, y, epochs, sample_weights=weights)
        params.append(network.params)
    for other in params[1:]:
        np.testing.assert_array_equal(other, params[0])


def test_packed_samples_train_as_dense_ones(monkeypatch):
    X, y = task()
    X *= X > 200
    params = []
    for packs in (pack_if_sparse, lambda X, n: None):
        monkeypatch.setattr("fastmlp.training.loop.pack_if_sparse", packs)
        network, trainer = network_and_trainer(**ALL)
        trainer.fit(X, y, 5)
        params.append(network.params)
    np.testing.assert_allclose(*params, rtol=1e-4, atol=1e-5)
    assert np.any(params[0] != params[1])  # not the same kernel


def test_adamw_is_adam_with_decay():
    params = []
    for optimizer, decay in (("adamw", None), ("adam", 0.01), ("adamw", 0), ("adam", None)):
        network, trainer = network_and_trainer(optimizer, weight_decay=decay)
        assert trainer.options.weight_decay == (0.01 if decay is None and optimizer == "adamw" else decay or 0)
        trainer.fit(*task(), 2)
        params.append(network.params.tolist())
    assert params[0] == params[1] != params[2] == params[3]


@pytest.mark.parametrize("optimizer", kernels.OPTIMIZERS)
def test_every_optimizer_learns(optimizer):
    network, trainer = network_and_trainer(optimizer)
    trainer.fit(*task(1000), 20)
    assert network.accuracy(*task(seed=9)) > 0.85


@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
def test_every_activation_learns_with_dropout(activation):
    network, trainer = network_and_trainer("adam", activation, regularization=Regularization(dropout=0.2))
    trainer.fit(*task(1000), 20)
    assert network.accuracy(*task(seed=9)) > 0.85
    assert network.evaluate(*task(1000)).loss < trainer.history[-1].loss  # without dropout


def test_dropout_is_another_for_another_seed_and_step():
    params = []
    for seed, dropout in ((0, 0.5), (0, 0.5), (1, 0.5), (2**60, 0.5), (0, 0)):
        network, trainer = network_and_trainer(regularization=Regularization(dropout=dropout), seed=seed)
        trainer.fit(np.ones((32, 20), np.uint8), np.zeros(32, int), 3)  # all alike: their order does not matter
        params.append(tuple(network.params.tolist()))
    assert params[0] == params[1]
    assert len(set(params)) == 4


def test_input_dropout_takes_dense_samples():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    X, y = task()
    X *= X > 200
    network, trainer = network_and_trainer(regularization=Regularization(input_dropout=0.3))
    trainer.fit(X, y, 2)
    before = network.params.copy()
    with pytest.raises(InputError, match=r"does not go with sparse samples: pass X.toarray\(\)"):
        trainer.fit(scipy_sparse.csr_matrix(X), y)
    np.testing.assert_array_equal(network.params, before)


def test_max_norm_holds_after_training():
    network, trainer = network_and_trainer(regularization=Regularization(max_norm=0.7))
    trainer.fit(*task(), 3)
    norms = [np.linalg.norm(W, axis=0) for W in network.weights]
    assert all(norm.max() == pytest.approx(0.7, rel=1e-5) for norm in norms)


def test_smoothed_outputs_are_less_sure():
    confidence = []
    for smoothing in (0, 0.3):
        network, trainer = network_and_trainer("adam", regularization=Regularization(label_smoothing=smoothing))
        trainer.fit(*task(), 40)
        confidence.append(network.predict_proba(task()[0]).max(axis=1).mean())
    assert confidence[0] > 0.9 > 0.775 > confidence[1]  # 0.775: the target of the label


def test_training_goes_on_without_the_average():
    X, y = task()
    plain, trainer = network_and_trainer()
    trainer.fit(X, y, 6)
    network, trainer = network_and_trainer(averaging=0.95)
    for epochs in (2, 1, 3):
        history = trainer.fit(X, y, epochs, validation=(X, y))
    np.testing.assert_array_equal(trainer.state.raw_params, plain.params)
    assert history[-1].validation_loss == network.evaluate(X, y).loss != plain.evaluate(X, y).loss


def test_the_network_has_the_average_of_its_parameters_after_each_step():
    X, y = task()
    plain, trainer = network_and_trainer(batch_size=300)
    network, averaging = network_and_trainer(batch_size=300, averaging=0.5)
    past = []
    for step in range(4):
        trainer.fit(X, y)
        averaging.fit(X, y)
        past.append(plain.params.copy())
        weights = 0.5 ** np.arange(step + 1)[::-1]
        np.testing.assert_allclose(network.params, np.average(past, axis=0, weights=weights), atol=1e-6)


def test_a_network_that_was_changed_is_trained_on_as_it_is():
    X, y = task()
    network, trainer = network_and_trainer(averaging=0.9, batch_size=300)
    trainer.fit(X, y, 3)
    network.params[:] = 0
    trainer.fit(X, y)
    assert np.max(np.abs(network.params)) < 0.05  # one step of 0.1 away from 0
    assert network.params.any()


def test_early_stopping_restores_the_average():
    X, y = task()
    network, trainer = network_and_trainer(averaging=0.9, learning_rate=2.0)
    stopping = EarlyStopping(2)
    trainer.fit(X, y, 30, validation=task(50, seed=9), callbacks=[stopping])
    assert network.evaluate(*task(50, seed=9)).loss == stopping.best


def test_a_resumed_training_has_the_bits_of_an_undivided_one(tmp_path):
    X, y = task()
    weights = np.linspace(0, 2, 300)

    class Interrupted(Checkpoint):
        def on_epoch_end(self, record):
            super().on_epoch_end(record)
            if record.epoch == 2:
                raise KeyboardInterrupt

    file = tmp_path / "checkpoint"
    whole, trainer = network_and_trainer("adam", **ALL)
    trainer.fit(X, y, 5, sample_weights=weights)
    with pytest.raises(KeyboardInterrupt):
        network_and_trainer("adam", **ALL)[1].fit(X, y, 5, callbacks=[Interrupted(file)], sample_weights=weights)
    network, trainer = network_and_trainer("adam", **ALL)
    with pytest.raises(InputError):  # of other samples, since they count differently
        trainer.fit(X, y, 5, callbacks=[Checkpoint(file)], resume=file)
    trainer.fit(X, y, 5, callbacks=[Checkpoint(file)], sample_weights=weights, resume=file)
    np.testing.assert_array_equal(network.params, whole.params)


def test_a_sample_of_weight_2_counts_as_two():
    X, y = task(40)
    weights = np.tile([0, 1, 2, 1], 10)
    repeated = np.repeat(np.arange(40), weights)
    params = []
    for rows, options in ((np.arange(40), {"sample_weights": weights}), (repeated, {})):
        network, trainer = network_and_trainer(batch_size=40)
        trainer.fit(X[rows], y[rows], 5, **options)
        params.append(network.params)
    np.testing.assert_allclose(*params, rtol=1e-4, atol=1e-6)


def test_class_weights_are_those_of_their_samples():
    X, y = task()
    counts = np.bincount(y)
    params = []
    for class_weights, sample_weights in (
        (None, np.array([1, 3, 1, 0])[y]),
        ({1: 3, 3: 0}, None),
        ([1, 3, 1, 0], None),
        ([1, 1, 2, 0], np.array([1, 3, 0.5, 7])[y]),
        ("balanced", None),
        (300 / 4 / counts, None),
    ):
        network, trainer = network_and_trainer(class_weights=class_weights)
        trainer.fit(X, y, 2, sample_weights=sample_weights)
        params.append(network.params.tolist())
    assert params[0] == params[1] == params[2] == params[3] != params[4] == params[5]


def test_balanced_weights_leave_out_classes_without_samples():
    weights = as_class_weights("balanced", 3, np.array([0, 0, 0, 2]))
    np.testing.assert_allclose(weights[[0, 2]], [4 / 2 / 3, 4 / 2 / 1])


@pytest.mark.parametrize("label", [1.0, True, -1, 4, "1", None])
def test_class_weights_name_labels(label):
    with pytest.raises(InputError, match=f"names the label {label!r}: labels are whole numbers from 0 to 3"):
        as_class_weights({label: 2.0}, 4, np.zeros(1, np.int64))


def test_class_weights_are_known_by_what_they_are():
    def stored(class_weights, n_out=4):
        trainer = Trainer(Network((20, n_out)), class_weights=class_weights)
        return json.loads(json.dumps(trainer.state_dict()["options"]["class_weights"]))

    same = [
        {0: 2, np.int64(1): 3},
        {1: 3, 0: 2.0},
        [2, 3, 1, 1],
        list(np.array([2, 3, 1, 1])),
        np.array([2, 3, 1, 1.0]),
    ]
    assert [stored(each) for each in same] == [[2, 3, 1, 1]] * len(same)
    assert (stored("balanced"), stored(None)) == ("balanced", None)
    many = np.ones(1200)
    many[600] = 5
    assert stored(many, 1200) == many.tolist()


def test_weights_that_teach_nothing_are_refused():
    X, y = task(300)
    trainer = Trainer(Network((20, 4)))
    with pytest.raises(InputError, match=r"sample_weights\[0\] is 1e\+39.* too large for float32"):
        trainer.fit(X, y, sample_weights=np.full(300, 1e39))
    weights = np.zeros(300)
    weights[hold_out(y, 60, 0)[1]] = 1
    with pytest.raises(InputError, match="weights of all samples to train on are 0"):
        trainer.fit(X, y, validation=60, sample_weights=weights)


@pytest.mark.slow
def test_many_yes_and_no_at_once():
    X, _ = task(1000)
    y = X[:, :3] > 127
    network, trainer = network_and_trainer("adam", sizes=(20, 30, 3), loss="binary_cross_entropy")
    history = trainer.fit(X, y, 30, validation=0.2)
    assert history[-1].validation_accuracy > 0.8
    predicted = network.predict(X)
    assert predicted.dtype == np.int64
    assert network.accuracy(X, y) == np.mean((predicted == y).all(axis=1))
    np.testing.assert_array_equal(predicted, network.predict_proba(X) > 0.5)


def test_regression():
    X = np.random.default_rng(0).standard_normal((500, 3)).astype(np.float32)
    y = np.stack([X[:, 0] * X[:, 1], 5 + X[:, 2]], axis=1)
    network, trainer = network_and_trainer("adam", "silu", (3, 32, 2), "regression")
    history = trainer.fit(X, y, 60, validation=(X, y))
    assert history[-1].loss < 0.1
    assert history[-1].accuracy is history[-1].validation_accuracy is None
    assert "accuracy" not in repr(history)
    assert history.to_dicts()[-1]["accuracy"] is None
    outputs = network.predict(X)
    np.testing.assert_array_equal(outputs, network.predict_proba(X))
    assert network.evaluate(X, y).loss == pytest.approx(((outputs - y) ** 2).sum(axis=1).mean() / 2, rel=1e-5)
    with pytest.raises(InputError, match="A regression has no accuracy"):
        network.accuracy(X, y)


def test_one_number_a_sample_is_a_target_of_one_output():
    y = as_targets([1, 2, 3], 3, 1, "regression", np.dtype("float32"))
    assert (y.shape, y.dtype) == ((3, 1), np.float32)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"l1": -1}, "l1 is -1: pass a number of at least 0"),
        ({"l2": float("nan")}, "l2 is nan"),
        ({"dropout": 1}, "dropout is 1: pass a number from 0 to below 1"),
        ({"input_dropout": -0.1}, "input_dropout is -0.1"),
        ({"label_smoothing": 1.0}, "label_smoothing is 1.0"),
        ({"max_norm": 0}, "max_norm is 0: pass a positive number"),
        ({"clip_norm": -1}, "clip_norm is -1"),
    ],
)
def test_bad_regularization(settings, message):
    with pytest.raises(InputError, match=message):
        Regularization(**settings)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        ({}, {"weight_decay": -0.1}, "weight_decay is -0.1: pass a number of at least 0"),
        ({}, {"averaging": 1}, "averaging is 1: pass a number from 0 to below 1"),
        ({}, {"regularization": 0.5}, "regularization is 0.5: pass a fastmlp.Regularization"),
        ({"sizes": (20, 4)}, {"regularization": Regularization(dropout=0.5)}, "dropout is of hidden units"),
        ({"loss": "regression"}, {"regularization": Regularization(label_smoothing=0.1)}, "label_smoothing is for"),
        ({"loss": "regression"}, {"class_weights": "balanced"}, "class_weights go with labels, and regression has"),
    ],
)
def test_bad_methods(network, options, message):
    with pytest.raises(InputError, match=message):
        network_and_trainer(**network, **options)


@pytest.mark.parametrize(
    ("loss", "options", "change", "message"),
    [
        ("cross_entropy", {"class_weights": "even"}, {}, "class_weights is 'even': pass 'balanced'"),
        ("cross_entropy", {"class_weights": {7: 1}}, {}, "names the label 7: labels are whole numbers from 0 to 3"),
        ("cross_entropy", {"class_weights": {1: -1}}, {}, r"class_weights\[1\] is -1: pass a number of at least 0"),
        ("cross_entropy", {"class_weights": [1, 2]}, {}, r"class_weights has shape \(2,\): pass one number for each"),
        ("cross_entropy", {"class_weights": [0, 0, 0, 0]}, {}, "class_weights is all 0"),
        ("cross_entropy", {}, {"sample_weights": np.ones(3)}, "sample_weights has shape"),
        ("cross_entropy", {}, {"sample_weights": np.full(300, np.inf)}, r"sample_weights\[0\] is inf: pass"),
        ("cross_entropy", {}, {"sample_weights": ["a"] * 300}, r"sample_weights\[0\] is a: pass"),
        ("regression", {}, {}, r"y has shape \(300,\): regression wants a number for each sample and output, \(300, 4"),
        ("regression", {}, {"y": np.full((300, 4), np.nan)}, r"y\[0, 0\] is nan: regression takes finite numbers"),
        ("binary_cross_entropy", {}, {"y": np.full((300, 4), 2)}, r"y\[0, 0\] is 2.0: binary_cross_entropy takes"),
        ("binary_cross_entropy", {}, {"y": np.full((300, 4), "a")}, "y has dtype"),
    ],
)
def test_bad_input_trains_nothing(loss, options, change, message):
    X, y = task()
    network, trainer = network_and_trainer(loss=loss, **options)
    before = network.params.copy()
    with pytest.raises(InputError, match=message):
        trainer.fit(**{"X": X, "y": y} | change)
    np.testing.assert_array_equal(network.params, before)


def test_saving_keeps_the_new_losses_and_activations(tmp_path):
    from fastmlp import load_network

    for activation, loss in itertools.product(("gelu", "leaky_relu"), ("regression", "binary_cross_entropy")):
        network = Network((3, 4, 2), activation, loss)
        network.save(tmp_path / "m.safetensors")
        again = load_network(tmp_path / "m.safetensors")
        assert (again.activation, again.loss) == (activation, loss)


def test_the_command_takes_every_method(fastmlp, digits):
    options = {
        "momentum": 0.8,
        "weight_decay": 0.01,
        "l1": 1e-6,
        "l2": 1e-5,
        "dropout": 0.1,
        "input_dropout": 0.05,
        "label_smoothing": 0.1,
        "max_norm": 3.0,
        "clip_norm": 1.0,
        "averaging": 0.99,
    }
    flags = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    rule = ["--activation", "gelu", "--loss", "cross_entropy", "--optimizer", "adamw", "--learning-rate", "0.003"]
    status, out, summary = fastmlp("train", "--data", digits, *rule, *flags, "--epochs", "5", "--json")
    result = json.loads(out.splitlines()[-1])
    assert (status, {name: result[name] for name in options}) == (0, options)
    assert result["test_accuracy"] > 0.5
    said = next(line for line in summary.splitlines() if line.startswith("optimizer "))
    for name, value in (options | {"epochs": 5}).items():  # adamw's own decay is not worth a word
        words = f"{value} epochs" if name == "epochs" else f"{name.replace('_', ' ')} {value}"
        assert (words in said) == (name != "weight_decay"), said


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--dropout", "1"], "dropout is 1.0: pass a number from 0 to below 1"),
        (["--optimizer", "adam", "--momentum", "1"], "momentum is 1.0"),
        (["--weight-decay", "-1"], "weight_decay is -1.0"),
        (["--hidden", "none", "--dropout", "0.5"], "dropout is of hidden units"),
        (["--loss", "binary_cross_entropy"], "The loss binary_cross_entropy is not for labels"),
    ],
)
def test_the_command_refuses_bad_methods(fastmlp, digits, tmp_path, flags, message):
    status, out, error = fastmlp("train", "--data", digits, *flags)
    assert (status, out) == (2, "")
    assert message in error
    assert not (tmp_path / "runs").exists()
