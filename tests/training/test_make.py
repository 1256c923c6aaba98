"""Trainers made from hyperparameters."""

from dataclasses import replace

import numpy as np
import pytest

from fastmlp import InputError, Network
from fastmlp.presets.presets import find_preset, load_presets
from fastmlp.training.hyperparameters import Hyperparameters
from fastmlp.training.make import make_augmentation, make_trainer
from fastmlp.training.schedules import as_schedule

DIGITS = tuple("0123456789")
MNIST = 784, DIGITS, (28, 28)


@pytest.mark.parametrize("name", load_presets())
def test_every_preset_makes_a_trainer(name):
    preset = find_preset(name)
    trainer = make_trainer(preset, *MNIST, seed=3, threads=1)
    network, options = trainer.network, trainer.options
    assert network.sizes == (784, *preset.hidden, 10)
    assert (network.activation, network.loss, network.classes) == (preset.activation, preset.loss, DIGITS)
    given = (preset.optimizer, preset.learning_rate, preset.batch_size, preset.momentum, preset.averaging)
    made = (options.optimizer, options.learning_rate, options.batch_size, options.momentum, options.averaging)
    assert made == given
    assert (options.seed, trainer.threads) == (3, 1)
    assert options.regularization == preset.regularization()
    assert (str(options.augmentation) or "none") == preset.augmentation
    assert preset.weight_decay in (None, options.weight_decay)
    wanted = Network(network.sizes, preset.activation, weight_init=preset.weight_init, seed=3)
    assert np.array_equal(network.params, wanted.params)


def test_every_hyperparameter_reaches_the_trainer():
    given = Hyperparameters(
        hidden=(5, 4), activation="tanh", loss="cross_entropy", weight_init="glorot", optimizer="nesterov",
        learning_rate=0.3, schedule="cosine:final=0.1", batch_size=7, epochs=3, momentum=0.8, weight_decay=0.03,
        averaging=0.99, augmentation="shift=1,rotation=3", l1=0.01, l2=0.02, dropout=0.1, input_dropout=0.2,
        label_smoothing=0.05, max_norm=3.0, clip_norm=2.0,
    )  # fmt: skip
    usual = find_preset("lecture").to_dict()
    assert all(value != usual[name] for name, value in given.to_dict().items())
    trainer = make_trainer(given, *MNIST, seed=3)
    options = trainer.options
    assert (options.optimizer, options.learning_rate, options.batch_size) == ("nesterov", 0.3, 7)
    assert (options.momentum, options.weight_decay, options.averaging) == (0.8, 0.03, 0.99)
    assert options.schedule == as_schedule("cosine:final=0.1")
    assert str(options.augmentation) == "shift=1,rotation=3"
    assert options.regularization == given.regularization()
    wanted = Network((784, 5, 4, 10), "tanh", "cross_entropy", weight_init="glorot", seed=3)
    assert (trainer.network.activation, trainer.network.loss) == ("tanh", "cross_entropy")
    assert np.array_equal(trainer.network.params, wanted.params)


def test_the_initial_weights_are_those_of_the_hyperparameters():
    trainer = make_trainer(replace(find_preset("lecture"), weight_init="normal"), *MNIST, seed=1)
    wanted = Network((784, 16, 16, 10), weight_init="normal", seed=1)
    assert np.array_equal(trainer.network.params, wanted.params)


def test_a_loss_that_data_sets_have_no_targets_for_is_refused():
    with pytest.raises(InputError, match="The loss binary_cross_entropy is not for labels, which this data set has"):
        make_trainer(replace(find_preset("lecture"), loss="binary_cross_entropy"), *MNIST, seed=0)
    assert make_trainer(replace(find_preset("lecture"), loss="regression"), *MNIST, seed=0).network.loss == "regression"


def test_only_images_are_augmented():
    augmentation = make_augmentation("shift=1,rotation=10", (4, 7))
    assert (augmentation.shift, augmentation.rotation, augmentation.shape) == (1, 10, (4, 7))
    assert not make_augmentation("none", None).is_on
    with pytest.raises(InputError, match="The samples are not images: leave the augmentation out"):
        make_augmentation("shift=1", None)
