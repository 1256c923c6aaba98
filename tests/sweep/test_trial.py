"""The training of one network of a sweep."""

import threading

import numpy as np
import pytest

from fastmlp import Callback
from fastmlp.errors import InputError
from fastmlp.sweep import SweepConfig
from fastmlp.sweep.samples import SweepSamples
from fastmlp.sweep.trial import Stopped, StopWhenSet, train_network, values_of

SETTINGS = SweepConfig({"hidden": "16", "epochs": 4, "batch_size": 20}).fixed


@pytest.fixture(scope="module")
def samples(few_digits):
    return SweepSamples.split(few_digits, 0.25, 0)


def test_the_result_is_that_of_the_network(samples, few_digits):
    trained = train_network(SETTINGS, 3, 1, samples)
    result = trained.result
    assert result["n_params"] == trained.network.n_params == 784 * 16 + 16 + 16 * 10 + 10
    assert result["test_accuracy"] == trained.network.accuracy(*few_digits.test)
    assert result["validation_accuracy"] == trained.network.accuracy(samples.validation.X, samples.validation.y)
    assert result["samples_per_second"] == pytest.approx(300 * 4 / result["seconds"])
    assert len(result["curve"]) == result["epochs_trained"] == 4
    assert result["curve"][-1] == [result["train_loss"], result["train_accuracy"], None]
    assert not trained.pruned


def test_the_same_seed_gives_the_same_bits(samples):
    networks = [train_network(SETTINGS, seed, threads, samples).network for seed, threads in ((3, 1), (3, 2), (4, 1))]
    assert np.array_equal(networks[0].params, networks[1].params)
    assert not np.array_equal(networks[0].params, networks[2].params)


@pytest.mark.parametrize("settings", [{"augmentation": "shift=1"}, {"input_dropout": 0.2}])
def test_methods_that_need_dense_samples_get_them(samples, settings):
    assert train_network(SETTINGS | settings, 0, 1, samples).result["epochs_trained"] == 4


def test_a_hopeless_training_ends_with_what_it_reached(samples):
    trained = train_network(SETTINGS, 0, 1, samples, hopeless=lambda record: record.epoch == 2)
    assert trained.pruned
    assert trained.result["epochs_trained"] == len(trained.result["curve"]) == 2
    assert trained.result["curve"][-1][2] == trained.result["validation_accuracy"]


def test_callbacks_hear_of_the_training_and_an_event_ends_it(samples):
    event = threading.Event()

    class SetEvent(Callback):
        def on_epoch_end(self, record):
            event.set()

    with pytest.raises(Stopped):
        train_network(SETTINGS, 0, 1, samples, (SetEvent(), StopWhenSet(event)))


def test_settings_that_do_not_fit_the_data_are_refused(samples):
    with pytest.raises(InputError, match="not for labels"):
        train_network(SETTINGS | {"loss": "regression"}, 0, 1, samples)


def test_a_failed_network_counts_as_one_that_is_never_right():
    results = [{"validation_accuracy": 0.9, "seconds": 1.0, "n_params": 10}] * 2
    assert values_of(results, 0, ["accuracy"]) == [0.9]
    assert values_of(results[:1], 1, ["accuracy", "seconds", "parameters"]) == [0.45, 1.0, 10.0]
    assert values_of(results, 3, ["accuracy"]) == [0.0]
