"""A trainer for plain multilayer perceptrons on the CPU whose hot loops are Numba kernels.

>>> from fastmlp import Network, Trainer, load_dataset
>>> digits = load_dataset("mnist")
>>> network = Network((784, 16, 16, 10), activation="sigmoid", loss="squared_error", seed=0)
>>> trainer = Trainer(network, optimizer="sgd", learning_rate=1.0, batch_size=10, seed=0)
>>> history = trainer.fit(digits.train.X, digits.train.y, epochs=10)
>>> network.accuracy(digits.test.X, digits.test.y)

Names are imported when they are first used, so that `import fastmlp.kernels` brings in NumPy and Numba alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastmlp.augmentation import Augmentation as Augmentation
    from fastmlp.callbacks import Callback as Callback
    from fastmlp.data import Dataset as Dataset
    from fastmlp.data import Split as Split
    from fastmlp.data import load_dataset as load_dataset
    from fastmlp.errors import InputError as InputError
    from fastmlp.fitting import DivergedError as DivergedError
    from fastmlp.history import Epoch as Epoch
    from fastmlp.history import History as History
    from fastmlp.network import Evaluation as Evaluation
    from fastmlp.network import Network as Network
    from fastmlp.network import load_network as load_network
    from fastmlp.regularisation import Regularisation as Regularisation
    from fastmlp.trainer import Trainer as Trainer

__version__ = "0.1.0"

_HOMES = {
    "Augmentation": "augmentation",
    "Callback": "callbacks",
    "Dataset": "data",
    "DivergedError": "fitting",
    "Epoch": "history",
    "Evaluation": "network",
    "History": "history",
    "InputError": "errors",
    "Network": "network",
    "Regularisation": "regularisation",
    "Split": "data",
    "Trainer": "trainer",
    "load_dataset": "data",
    "load_network": "network",
}
__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fastmlp' has no attribute {name!r}")
    return getattr(import_module(f"fastmlp.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
