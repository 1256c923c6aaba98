"""Trainer: the settings of a training; checks its input once, has it trained epoch by epoch, keeps the History.

Imports Network, History, Fitting and the checks of inputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp.callbacks import Callback
from fastmlp.errors import InputError, unknown_name
from fastmlp.fitting import Fitting
from fastmlp.history import Epoch, History
from fastmlp.inputs import as_inputs, as_labels, as_seed, positive_float, positive_int, share
from fastmlp.machine import cores
from fastmlp.network import Network
from fastmlp.packing import Inputs, Packed
from fastmlp.team import Team

FLOP_A_THREAD, ROWS_A_THREAD = 1e6, 8
"""Work in a batch, and samples, that a thread has at least, so that waiting for the others is little beside it."""


class Trainer:
    """Trains a network by mini-batch stochastic gradient descent.

    Parameters
    ----------
    network : Network
        Trained in place.
    optimizer : {"sgd", "momentum", "adam"}
        The rule of a step, from the gradient of the batch's mean loss: see `kernels.update`.
    learning_rate : float
        3.0 is Nielsen's for the lecture's network (sigmoid, squared error); with the scaled initial weights 1.0 does
        better there. 0.1 is a start for ReLU and cross-entropy, 0.001 for Adam.
    batch_size : int
        Samples in a step; the last batch of an epoch may be shorter.
    seed : int
        Of the order of the samples, shuffled anew for each epoch from (seed, epoch).
    threads : int, optional
        How many threads train together; by default one or as many as may pay, whichever is seen to be faster while
        training. The result is the same bits for any number.
    momentum : float
        Share of the last step's direction that is kept, from 0 to below 1: for "momentum", and Adam's beta_1.

    Attributes
    ----------
    history : History
        Every epoch trained by this Trainer so far; `fit` goes on where the last one ended.
    threads : int
        The threads in use; where they are chosen, those of the last epoch.

    Raises
    ------
    InputError
        An unknown optimizer; a rate, batch size or number of threads that is not positive.
    """

    def __init__(
        self,
        network: Network,
        optimizer: str = "sgd",
        learning_rate: float = 3.0,
        batch_size: int = 10,
        seed: int = 0,
        threads: int | None = None,
        momentum: float = 0.9,
    ) -> None:
        if not isinstance(network, Network):
            raise InputError(f"network is {network!r}: pass a Network.")
        if optimizer not in kernels.OPTIMIZERS:
            raise unknown_name("optimizer", optimizer, kernels.OPTIMIZERS)
        self.network = network
        self.optimizer = optimizer
        self.learning_rate = positive_float("learning_rate", learning_rate)
        self.batch_size = positive_int("batch_size", batch_size)
        self.seed = as_seed(seed)
        most = positive_int("threads", cores() if threads is None else threads)
        self._candidates = (most,) if threads is not None else tuple({1: 0, self._that_pay(most): 0})
        self.threads = self._candidates[-1]
        self.momentum = share("momentum", momentum)
        self.history = History()
        self._code = kernels.OPTIMIZERS[optimizer]
        self._state = np.zeros((kernels.STATES[self._code], network.n_params), network.dtype)
        self._steps = 0

    def fit(
        self,
        X: Inputs,
        y: ArrayLike,
        epochs: int = 1,
        validation: tuple[Inputs, ArrayLike] | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> History:
        """Train for some epochs, going on from where the last `fit` ended.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix (n, n_in)
            uint8 (value / 255), or numbers taken as they are. Not changed, and not copied if it is a C-contiguous array
            of uint8 or of the network's dtype. A sparse matrix is not made dense.
        y : array-like (n,)
            Labels, whole numbers from 0 to n_out - 1.
        epochs : int
            Passes over all samples.
        validation : (X, y), optional
            Samples to evaluate after each epoch.
        callbacks : sequence of Callback
            Told of every slice and every epoch.

        Returns
        -------
        History
            `trainer.history`: this fit's epochs behind those of earlier ones.

        Raises
        ------
        InputError
            Bad input; nothing was trained then.
        DivergedError
            The loss is no longer finite; the network has the weights from before that epoch.
        KeyboardInterrupt
            Ctrl-C, after the running slice; the network keeps what it has learned until then.
        """
        X, y = self._checked(X, y, "")
        epochs = positive_int("epochs", epochs)
        if validation is not None:
            if not isinstance(validation, tuple | list) or len(validation) != 2:
                raise InputError("validation is not a pair: pass (X, y), or the test split of a data set.")
            validation = self._checked(*validation, "validation ")
        with Team(max(self._candidates)) as team:
            fitting = Fitting(self, X, y, np.arange(len(X)), team)
            for _ in range(epochs):
                epoch = len(self.history) + 1
                loss, accuracy, seconds = fitting.train_epoch(epoch, callbacks)
                evaluation = self.network.evaluate_checked(*validation) if validation is not None else (None, None)
                record = Epoch(epoch, loss, accuracy, seconds, len(X) / seconds, *evaluation)
                self.history.append(record)
                for callback in callbacks:
                    callback.on_epoch(record)
        return self.history

    def _that_pay(self, most: int) -> int:
        """Return how many threads may pay, `most` at most."""
        work = 6 * self.network.n_params * self.batch_size
        return int(max(1, min(most, work // FLOP_A_THREAD, self.batch_size // ROWS_A_THREAD)))

    def _checked(self, X: Inputs, y: ArrayLike, which: str) -> tuple[NDArray[Any] | Packed, NDArray[np.int64]]:
        sizes = self.network.sizes
        X = as_inputs(X, sizes[0], self.network.dtype, f"{which}X")
        return X, as_labels(y, len(X), sizes[-1], f"{which}y")
