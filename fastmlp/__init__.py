"""A trainer for plain multilayer perceptrons on the CPU whose hot loops are Numba kernels.

>>> from fastmlp import Network, Trainer, load_dataset
>>> digits = load_dataset("mnist")
>>> network = Network((784, 16, 16, 10), activation="sigmoid", loss="squared_error", seed=0)
>>> trainer = Trainer(network, optimizer="sgd", learning_rate=1.0, batch_size=10, seed=0)
>>> history = trainer.fit(digits.train.X, digits.train.y, epochs=10)
>>> network.accuracy(digits.test.X, digits.test.y)

The public names stand in `__init__.pyi` and are imported when they are first used, so that `import fastmlp.kernels`
loads NumPy and Numba alone.
"""

from fastmlp.lazy import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(__name__, __file__)
