"""From a recipe and a data set to a network and its Trainer: for the command `train` and for the benchmarks."""

import dataclasses

from fastmlp import kernels
from fastmlp.augmentation import Augmentation
from fastmlp.data import Dataset
from fastmlp.errors import InputError
from fastmlp.network import Network
from fastmlp.presets import Recipe
from fastmlp.regularisation import Regularisation
from fastmlp.trainer import Trainer

REGULARISATION = tuple(field.name for field in dataclasses.fields(Regularisation))


def make_trainer(recipe: Recipe, data: Dataset, seed: int, threads: int | None = None) -> Trainer:
    """Return a Trainer with a new network, as the recipe says, for the samples and classes of `data`.

    Parameters
    ----------
    recipe : Recipe
        Its epochs are left to `fit`.
    data : Dataset
    seed : int
        Of the initial weights and of the order of the samples.
    threads : int or None
        As in Trainer.

    Raises
    ------
    InputError
        Settings that are wrong or don't fit the data.
    """
    if recipe.loss in kernels.LOSSES and recipe.loss not in kernels.OF_LABELS:
        raise InputError(f"The loss {recipe.loss} is not for labels, which data sets have: choose cross_entropy.")
    sizes = (data.train.X.shape[1], *recipe.hidden, len(data.classes))
    return Trainer(
        Network(sizes, recipe.activation, recipe.loss, seed=seed, classes=data.classes),
        recipe.optimizer,
        recipe.learning_rate,
        recipe.batch_size,
        seed=seed,
        threads=threads,
        schedule=recipe.schedule,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        regularisation=Regularisation(**{name: getattr(recipe, name) for name in REGULARISATION}),
        averaging=recipe.averaging,
        augmentation=augmentation_for(recipe.augmentation, data),
    )


def augmentation_for(text: str, data: Dataset) -> Augmentation:
    """Return the augmentation of a text such as "shift=1,rotation=10" or "none", for the images of `data`."""
    augmentation = Augmentation.from_text(text)
    if augmentation.is_on and data.image_shape is None:
        raise InputError(f"The samples of {data.name} are not images: pass --augment none.")
    return dataclasses.replace(augmentation, shape=data.image_shape)
