"""The Lab: trainings on all cores, subsets of the data, and refused networks."""

import dataclasses
import threading
import time

import numpy as np
import pytest

from fastmlp import DivergedError, InputError, Network, Trainer
from fastmlp.datasets import Dataset
from fastmlp.datasets.assemble import assemble
from fastmlp.explore import Lab, NotApplicableError, Store
from fastmlp.presets.presets import find_preset
from fastmlp.training.make import make_trainer
from tests.helpers.hyperparameters import SMALL

NETWORK = dataclasses.replace(SMALL, loss="squared_error", learning_rate=1.0)


class Heard:
    """A Progress that keeps what it is told."""

    def __init__(self):
        self.networks, self.fractions, self.closed = [], [], 0

    def start(self, n_networks):
        self.networks.append(n_networks)

    def update(self, fraction):
        self.fractions.append(fraction)

    def close(self):
        self.closed += 1


def test_networks_are_trained_as_trainer_does_and_come_in_order(small):
    lab = Lab(small)
    trained = lab.train([lab.job(NETWORK, seed=seed, validation=small.test) for seed in range(5)])
    for seed, result in enumerate(trained):
        network = Network((784, 5, 10), seed=seed)
        history = Trainer(network, "sgd", 1.0, 32, seed=seed).fit(*small.train, epochs=2, validation=small.test)
        assert np.array_equal(result.network.params, network.params)
        assert result.curves["loss"].tolist() == [epoch.loss for epoch in history]
        assert result.curves["validation_accuracy"][-1] == network.accuracy(*small.test)
        assert result.path.shape[0] == 0
    assert len({result.network.params.tobytes() for result in trained}) == 5


def test_a_second_run_trains_nothing(small, tmp_path, monkeypatch):
    lab = Lab(small, store=Store(tmp_path))
    jobs = [lab.job(NETWORK), lab.job(NETWORK, seed=1), lab.job(NETWORK, keep_path=True)]
    first = lab.train(jobs)
    monkeypatch.setattr("fastmlp.explore.lab.train", lambda *_: pytest.fail("trained again"))
    again = Lab(small, store=Store(tmp_path))
    jobs = [again.job(NETWORK), again.job(NETWORK, seed=1), again.job(NETWORK, keep_path=True)]
    for old, new in zip(first, again.train(jobs), strict=True):
        assert np.array_equal(old.network.params, new.network.params)
        assert np.array_equal(old.path, new.path)
        assert old.curves["accuracy"].tolist() == new.curves["accuracy"].tolist()
    assert first[2].path.shape == (3, first[2].network.n_params)
    assert np.array_equal(first[2].path[-1], first[2].network.params)
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        again.train([again.job(dataclasses.replace(NETWORK, learning_rate=0.5))])
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        again.train([again.job(NETWORK, again.some_training(100))])


def test_the_same_job_twice_is_trained_once_and_progress_ends_at_1(small):
    heard = Heard()
    lab = Lab(small, progress=heard)
    a, b, _ = lab.train([lab.job(NETWORK), lab.job(NETWORK), lab.job(NETWORK, seed=9)])
    assert np.array_equal(a.network.params, b.network.params)
    assert heard.networks == [2]
    assert heard.closed == 1
    assert heard.fractions == sorted(heard.fractions)
    assert heard.fractions[-1] == pytest.approx(1)


def test_until_ends_a_training_early(small):
    lab = Lab(small)
    network = dataclasses.replace(
        NETWORK,
        hidden=(32,),
        activation="relu",
        loss="cross_entropy",
        optimizer="adam",
        learning_rate=3e-3,
        epochs=200,
    )
    (result,) = lab.train([lab.job(network, until=0.99)])
    accuracy = result.curves["accuracy"]
    assert len(accuracy) < 200
    assert accuracy[-1] >= 0.99
    assert max(accuracy[:-1]) < 0.99


def test_the_calling_thread_works_where_no_other_can_be_started(small, monkeypatch):
    monkeypatch.setattr("fastmlp.explore.lab.startable_threads", lambda wanted: 0)
    assert Lab(small).map(lambda n: (n, threading.get_ident()), range(3)) == [
        (n, threading.get_ident()) for n in range(3)
    ]


def test_ctrl_c_ends_the_trainings_and_keeps_those_that_are_done(small, tmp_path, monkeypatch):
    lab = Lab(small, store=Store(tmp_path))
    endless, quick = lab.job(dataclasses.replace(NETWORK, epochs=10**6)), lab.job(NETWORK)

    def interrupt(*_, **__):
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*.npz")) and time.monotonic() < deadline:
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr("fastmlp.explore.lab.cores", lambda: 2)
    monkeypatch.setattr("fastmlp.explore.lab.wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lab.train([endless, quick])
    assert not any(thread.name.startswith("ThreadPool") for thread in threading.enumerate())
    monkeypatch.setattr("fastmlp.explore.lab.train", lambda *_: pytest.fail("trained again"))
    assert lab.train([quick])[0].network.sizes == (784, 5, 10)


def test_a_training_that_fails_ends_the_others(small):
    lab = Lab(small)
    endless = dataclasses.replace(NETWORK, epochs=10**6)
    bad = dataclasses.replace(endless, activation="relu", loss="cross_entropy", learning_rate=1e30)
    with pytest.raises(DivergedError, match="learning rate"):
        lab.train([lab.job(endless), lab.job(bad)])


def test_subsets_are_drawn_once_and_whole_sets_are_not_copied(small):
    lab = Lab(small, seed=3)
    some = lab.some_training(50)
    assert lab.some_training(50) is some
    assert lab.some_training(10**9) is small.train
    assert len(some.X) == len(some.y) == 50
    rows = [int(np.flatnonzero((small.train.X == x).all(axis=1))[0]) for x in some.X]
    assert len(set(rows)) == 50
    assert np.array_equal(small.train.y[rows], some.y)
    assert not np.array_equal(Lab(small, seed=4).some_training(50).X, some.X)


def test_the_lectures_network_is_the_preset_trained_on_the_data(small):
    lab = Lab(small, seed=5)
    assert lab.lecture == find_preset("lecture")
    lab.lecture = dataclasses.replace(lab.lecture, epochs=2)
    trainer = make_trainer(lab.lecture, 784, small.classes, small.image_shape, seed=5)
    trainer.fit(*small.train, epochs=2)
    assert np.array_equal(lab.network.params, trainer.network.params)
    assert lab.network.classes == small.classes
    assert lab.trained.path.shape == (3, 13002)


def test_chance_is_the_most_frequent_class(tiny):
    uneven = dataclasses.replace(tiny, test=type(tiny.test)(tiny.test.X[:4], tiny.test.y[:4]))
    assert Lab(uneven).chance == 0.75


def test_a_network_that_does_not_fit_is_refused(small, tiny):
    with pytest.raises(InputError, match=r"takes 5 inputs and the samples of small have 784"):
        Lab(small, Network((5, 10)))
    with pytest.raises(InputError, match=r"knows the classes a, b and tiny has left, right"):
        Lab(tiny, Network((6, 2), classes=("a", "b")))
    with pytest.raises(InputError, match="not for labels"):
        Lab(tiny, Network((6, 2), loss="regression", classes=tiny.classes))
    with pytest.raises(InputError, match=r"shape \(7,\)"):
        Lab(tiny, image=np.zeros(7))


def test_without_images_it_says_so(tiny):
    flat = Dataset("table", tiny.train, tiny.test, tiny.classes, None)
    with pytest.raises(NotApplicableError, match=r"The samples of table are not images"):
        Lab(flat).image_shape  # noqa: B018


def test_a_damaged_or_blocked_store_only_costs_time(small, tmp_path):
    store = Store(tmp_path / "store")
    lab = Lab(small, store=store)
    params = lab.train([lab.job(NETWORK)])[0].network.params
    (file,) = store.folder.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    assert np.array_equal(lab.train([lab.job(NETWORK)])[0].network.params, params)
    assert len(file.read_bytes()) > 1000
    (tmp_path / "file").touch()
    blocked = Lab(small, store=Store(tmp_path / "file"))
    assert np.array_equal(blocked.train([blocked.job(NETWORK)])[0].network.params, params)


def test_the_data_of_a_table_are_scaled_as_the_network_was_trained():
    rng = np.random.default_rng(0)
    X, y = rng.normal((5.0, -300.0), (1.0, 50.0), (140, 2)), np.arange(140) % 2
    data = assemble("table", (X, y), None)
    lab = Lab(data)
    np.testing.assert_allclose(lab.data.train.X.mean(axis=0), 0, atol=1e-5)
    network = Network((2, 3, 2), schema=dataclasses.replace(data.schema, mean=(0.0, 0.0)))
    given = Lab(data, network)
    assert given.given.schema is None
    assert network.schema is not None
    np.testing.assert_allclose(
        given.given.predict_proba(given.data.test.X), network.predict_proba(data.test.X), rtol=1e-5
    )


def test_dark_pictures_are_inverted_for_experiments():
    X = np.full((140, 3, 3), 250, np.uint8)
    X[::2, 1, 1] = 0
    data = assemble("dark", (X, np.arange(140) % 2), None)
    assert data.schema.is_dark_on_light
    lab = Lab(data, Network((9, 2), schema=data.schema))
    np.testing.assert_array_equal(lab.data.test.X, 255 - data.test.X)
    assert lab.given.schema is None
