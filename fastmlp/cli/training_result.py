"""The result of a training run."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from fastmlp.training.hyperparameters import Hyperparameters
from fastmlp.training.optimizers import OPTIMIZERS


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """The result of a training run, as `train --json` and the table at its end show it.

    Attributes
    ----------
    hyperparameters : Hyperparameters
        The hyperparameters with which the run was begun.
    dataset : str
        Name or path of the data set.
    sizes : tuple of int
        Sizes of the network's layers.
    n_params : int
        Number of weights and biases.
    preset : str
        Name of the preset.
    weight_decay : float
        The decay in use, which is the optimizer's own if the hyperparameters have none.
    seed, threads : int
    epochs : int
        Number of epochs that were trained.
    train_seconds, samples_per_second : float
        Time in training alone, and the samples trained on in a second of it.
    train_loss, train_accuracy : float
        Metrics of the last epoch; a regression has no accuracy, but None.
    best_epoch : int
        The epoch whose weights the network has.
    validation_accuracy : float or None
        Accuracy of that epoch; None without validation samples.
    test_samples : int
    test_accuracy : float or None
    test_r2, test_rmse : dict of float, or None
        Of a regression, for each target: the coefficient of determination, None if it has none; the root mean squared
        error.
    model : str
        Path of the model file.
    beside_it : list of str
        Names of the other files in its folder.
    """

    hyperparameters: Hyperparameters
    dataset: str
    sizes: tuple[int, ...]
    n_params: int
    preset: str
    weight_decay: float
    seed: int
    epochs: int
    threads: int
    train_seconds: float
    samples_per_second: float
    train_loss: float
    train_accuracy: float | None
    best_epoch: int
    validation_accuracy: float | None
    test_samples: int
    test_accuracy: float | None
    model: str
    beside_it: list[str]
    test_r2: dict[str, float | None] | None = None
    test_rmse: dict[str, float] | None = None

    def without(self, names: Collection[str]) -> "TrainingResult":
        """Return the result without files of these names beside the model."""
        return dataclasses.replace(self, beside_it=[name for name in self.beside_it if name not in names])

    @property
    def trained(self) -> Hyperparameters:
        """The hyperparameters as the training used them: the epochs that it had, and the weight decay in use.

        The optimizer's own weight decay is None here, as if it had not been given.
        """
        is_default = self.weight_decay == OPTIMIZERS[self.hyperparameters.optimizer].weight_decay
        weight_decay = None if is_default else self.weight_decay
        return dataclasses.replace(self.hyperparameters, epochs=self.epochs, weight_decay=weight_decay)

    def to_json(self) -> dict[str, Any]:
        """Return the result as `train --json` prints it: the hyperparameters are keys beside the others."""
        names = [field.name for field in dataclasses.fields(self) if field.name != "hyperparameters"]
        return self.hyperparameters.to_dict() | {name: getattr(self, name) for name in names}
