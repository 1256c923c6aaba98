"""A Trainer with a new network, made from hyperparameters.

The commands, sweeps and benchmarks all build their networks here, so that the same hyperparameters and seed give the
same bits everywhere.
"""

import dataclasses
from collections.abc import Sequence

from fastmlp import kernels
from fastmlp.errors import InputError
from fastmlp.inputs.augmentation import Augmentation
from fastmlp.inputs.schema import Schema
from fastmlp.inputs.targets import ClassWeights
from fastmlp.network.network import Network
from fastmlp.training.hyperparameters import Hyperparameters
from fastmlp.training.trainer import Trainer


def make_trainer(
    hyperparameters: Hyperparameters,
    n_in: int,
    classes: Sequence[str],
    image_shape: tuple[int, int] | None,
    seed: int,
    threads: int | None = None,
    schema: Schema | None = None,
    class_weights: ClassWeights | None = None,
) -> Trainer:
    """Return a Trainer with a new network for the samples of a data set.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        All of them apply here except `epochs`, which `fit` takes.
    n_in : int
        Number of inputs of a sample.
    classes : sequence of str
        The name of each label, or of each target of a regression.
    image_shape : (height, width) or None
        Shape of a sample as an image, for augmentation; None if the samples are not images.
    seed : int
        Seed of the initial weights, of the order of the samples, of dropout and of augmentation.
    threads : int or None
        As in Trainer.
    schema : Schema or None
        How samples become inputs.
    class_weights : optional
        As in Trainer.

    Raises
    ------
    InputError
        Hyperparameters that contradict each other or don't fit the data.
    """
    network = Network(
        (n_in, *hyperparameters.hidden, len(classes)),
        hyperparameters.activation,
        _loss_for_data_sets(hyperparameters.loss),
        weight_init=hyperparameters.weight_init,
        seed=seed,
        classes=classes,
        schema=schema,
    )
    return Trainer(
        network,
        hyperparameters.optimizer,
        hyperparameters.learning_rate,
        hyperparameters.batch_size,
        seed,
        threads,
        momentum=hyperparameters.momentum,
        weight_decay=hyperparameters.weight_decay,
        schedule=hyperparameters.schedule,
        regularization=hyperparameters.regularization(),
        averaging=hyperparameters.averaging,
        augmentation=make_augmentation(hyperparameters.augmentation, image_shape),
        class_weights=class_weights,
    )


def loss_for_labels(loss: str) -> str:
    """Return the name of a loss, or raise InputError if its targets are not labels."""
    if loss not in kernels.LABEL_LOSSES:
        raise InputError(f"The loss {loss} is not for labels, which this data set has: choose cross_entropy.")
    return loss


def _loss_for_data_sets(loss: str) -> str:
    """Return the name of a loss, or raise InputError if data sets have no targets for it."""
    return loss if loss == "regression" else loss_for_labels(loss)


def make_augmentation(text: str, image_shape: tuple[int, int] | None) -> Augmentation:
    """Return the augmentation described by a text such as "shift=1,rotation=10" or "none".

    Parameters
    ----------
    text : str
        As in `Augmentation.from_text`.
    image_shape : (height, width) or None
        Shape of a sample as an image; None if the samples are not images.

    Raises
    ------
    InputError
        A wrong text, or an augmentation for samples that are not images.
    """
    augmentation = Augmentation.from_text(text)
    if augmentation.is_on and image_shape is None:
        raise InputError("The samples are not images: leave the augmentation out, or pass --augment none.")
    return dataclasses.replace(augmentation, shape=image_shape)
