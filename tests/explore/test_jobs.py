"""One training of an experiment: as Trainer does it, with a mask, and its key."""

import dataclasses

import numpy as np

from fastmlp import Network
from fastmlp.datasets import Split
from fastmlp.explore import Lab
from fastmlp.explore.experiments.edges import windows
from fastmlp.explore.jobs import is_result, restored, train, train_masked
from tests.helpers.hyperparameters import SMALL


def test_local_connections_stay_local_and_learn(small):
    job = Lab(small).job(dataclasses.replace(SMALL, hidden=(16,), epochs=15))
    network = job.trainer().network
    mask = windows((28, 28), 16, 9)
    train_masked(network, job, mask.astype(np.float32))
    assert np.all(network.weights[0][~mask] == 0)
    assert np.count_nonzero(network.weights[0][mask]) > 0.9 * mask.sum()
    assert network.accuracy(*small.test) > 0.5


def test_training_with_a_mask_of_ones_is_plain_training(small):
    lab = Lab(small)
    job = lab.job(SMALL)
    (trained,) = lab.train([job])
    network = job.trainer().network
    train_masked(network, job, np.ones((784, 5), np.float32))
    np.testing.assert_allclose(network.params, trained.network.params, atol=1e-4)


def test_a_result_is_restored_with_its_classes(small):
    job = Lab(small).job(SMALL, small.train, classes=(*small.classes, "none"), keep_path=True)
    heard = []
    arrays = train(job, 1, heard.append)
    result = restored(job, arrays)
    assert result.network.classes == (*small.classes, "none")
    assert result.network.sizes == (784, 5, 11)
    assert np.array_equal(result.network.params, arrays["params"])
    assert result.path.shape == (3, result.network.n_params)
    assert np.array_equal(result.path[0], Network((784, 5, 11), loss="cross_entropy", seed=0).params)
    assert len(result.curves["loss"]) == 2
    assert np.isnan(result.curves["validation_loss"]).all()
    assert heard == sorted(heard)
    assert heard[-1] == 1


def test_everything_that_changes_the_result_is_in_the_key(small):
    lab = Lab(small)
    job = lab.job(SMALL, small.train)
    other = Split(small.train.X[:100], small.train.y[:100])
    changes = {
        "hyperparameters": dataclasses.replace(SMALL, dropout=0.1),
        "samples": other,
        "classes": (*small.classes, "none"),
        "image_shape": None,
        "seed": 1,
        "validation": other,
        "until": 0.9,
        "keep_path": True,
    }
    assert set(changes) == {field.name for field in dataclasses.fields(job)}
    keys = [job.key, *(dataclasses.replace(job, **{name: value}).key for name, value in changes.items())]
    assert len(set(lab.store.names(keys))) == len(keys)
    renamed = dataclasses.replace(job, classes=tuple("abcdefghij"))
    assert lab.store.names([renamed.key]) == lab.store.names([job.key])


def test_work_counts_weights_samples_and_epochs(tiny):
    assert Lab(tiny).job(SMALL).work == (6 * 5 + 5 * 2) * 6 * 2


def test_arrays_that_are_no_result_are_not_taken_from_the_store(small):
    lab = Lab(small)
    job, with_path = lab.job(SMALL), lab.job(SMALL, keep_path=True)
    arrays = train(job, 1, lambda fraction: None)
    assert is_result(job, arrays)
    assert is_result(with_path, train(with_path, 1, lambda fraction: None))
    assert not is_result(with_path, arrays)
    wrong = [{"params": arrays["params"][1:]}, {"loss": arrays["loss"][1:]}, {"path": np.zeros((2, 3), np.float32)}]
    wrong += [{"params": arrays["params"].astype(int)}, {"more": arrays["loss"]}, {"loss": arrays["loss"].sum()}]
    for changed in wrong:
        assert not is_result(job, arrays | changed)
    assert not is_result(job, {name: array for name, array in arrays.items() if name != "path"})
