"""Trainer: trains a network by mini-batch stochastic gradient descent."""

import os
from collections.abc import Sequence
from typing import Any, Unpack

from numpy.typing import ArrayLike

from fastmlp.errors import InputError, shown, unknown_name
from fastmlp.inputs.arrays import Inputs
from fastmlp.inputs.checks import positive_int
from fastmlp.inputs.training_data import Form, TrainingData
from fastmlp.network.network import Network
from fastmlp.system.machine import cores
from fastmlp.training.callbacks import Callback, CallbackList
from fastmlp.training.checkpoints import check_same
from fastmlp.training.fit import Fit, network_and_options, training_state_dict
from fastmlp.training.full_gradient import ROWS
from fastmlp.training.history import History
from fastmlp.training.lbfgs import LbfgsLoop
from fastmlp.training.loop import TrainingLoop
from fastmlp.training.options import MoreOptions, TrainingOptions
from fastmlp.training.progress import progress_line
from fastmlp.training.state import TrainState
from fastmlp.training.thread_choice import most_useful_threads


class Trainer:
    """Trains a network by mini-batch stochastic gradient descent, or by L-BFGS.

    Parameters
    ----------
    network : Network
        Trained in place.
    optimizer : {"sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs"}
        How a step follows from the gradient of the batch's mean loss: see `fastmlp.kernels.optimizers.update`. "lbfgs"
        steps with the gradient over all samples and chooses the length of its steps: learning rate, batch size and
        momentum do not matter, an epoch is an iteration, and `fit` ends earlier if nothing improves any more. It needs
        SciPy, and suits small data: see `fastmlp.training.lbfgs`.
    learning_rate : float
        3.0 is Nielsen's for the lecture's network (sigmoid, squared error); with the scaled initial weights 1.0 does
        better there. 0.1 is a start for ReLU and cross-entropy, 0.001 for RMSprop and Adam.
    batch_size : int
        Samples in a step; the last batch of an epoch may be shorter.
    seed : int
        Seed of the sample order (reshuffled every epoch) and of dropout.
    threads : int, optional
        Number of threads that train together, and the largest number for the validation. By default one or as many as
        may be useful, whichever is measured to be faster: at most one a core, fewer if OMP_NUM_THREADS, another
        variable or threadpoolctl says so (see `fastmlp.system.machine.cores`), and one where no other can be
        started. The result is the same bits for any number.
    **options
        momentum : float
            Fraction of the last step's direction that is kept, from 0 to below 1: for "momentum" and "nesterov", and
            Adam's beta_1; "sgd" and "rmsprop" ignore it. By default 0.9.
        weight_decay : float, optional
            Each step takes the fraction learning_rate * weight_decay off the weights, whatever the optimizer
            (decoupled; the penalty in the loss is `Regularization.l2`). By default 0.01 for "adamw", else 0.
        schedule : str, Schedule or function, optional
            Factor of the learning rate at each step: "step", "exponential", "cosine", "one-cycle" or "plateau", an
            object of `fastmlp.training.schedules`, or a function of the step's number. It spans one `fit`.
        regularization : Regularization, optional
            Penalties, dropout, label smoothing, limits of norms; by default none.
        averaging : float, optional
            Decay of an average of the parameters over the steps, such as 0.999, which spans about the last 1,000 steps.
            The network has the average after every epoch: for validation, for callbacks, at the end. The training goes
            on from the raw parameters, which the Trainer keeps, unless the network has been changed meanwhile.
        augmentation : Augmentation, optional
            Random changes of the images, new in each epoch; by default none.
        class_weights : "balanced", mapping or array-like (n_out,), optional
            Factor of the loss of a sample, for each label; labels that a mapping does not name count 1. "balanced":
            inversely to the number of samples with the label.
        shuffle : bool
            Whether the samples are shuffled anew for each epoch; by default they are.
        beta_2, epsilon : float, optional
            Decay of the average of the gradient's squares, and the term added to its root: for "rmsprop", "adam" and
            "adamw". By default 0.999, for "rmsprop" 0.99, and 1e-8.
        tolerance : float
            "lbfgs" ends where no component of the gradient is larger; by default 1e-5.

    Attributes
    ----------
    options : TrainingOptions
        All of these, checked.
    state : TrainState
        All that the training goes on from.
    history : History
        Every epoch trained by this Trainer so far; `fit` goes on where the last one ended.
    threads : int
        Number of threads; if it is chosen, the one measured to be the fastest so far.

    Raises
    ------
    InputError
        An unknown name; a rate, batch size or number of threads that is not positive; a method that does not go with
        the network.
    """

    def __init__(
        self,
        network: Network,
        optimizer: str = "sgd",
        learning_rate: float = 3.0,
        batch_size: int = 10,
        seed: int = 0,
        threads: int | None = None,
        **options: Unpack[MoreOptions],
    ) -> None:
        if not isinstance(network, Network):
            raise InputError(f"network is {shown(network)}: pass a Network.")
        for name in options:
            if name not in MoreOptions.__annotations__:
                raise unknown_name("option", name, MoreOptions.__annotations__)
        self.network = network
        self.options = TrainingOptions(optimizer, learning_rate, batch_size, seed, **options)  # type: ignore[arg-type]
        self.options.check_network(network)
        self._wanted_threads = None if threads is None else positive_int("threads", threads)
        self.threads = self._thread_candidates()[-1]
        self.state = TrainState.new(network, self.options)

    @property
    def history(self) -> History:
        """Every epoch trained by this Trainer so far."""
        return self.state.history

    def fit(
        self,
        X: Inputs,
        y: ArrayLike,
        epochs: int = 1,
        validation: tuple[Inputs, ArrayLike] | float | None = None,
        callbacks: Sequence[Callback] = (),
        *,
        sample_weights: ArrayLike | None = None,
        resume: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> History:
        """Train for some epochs, going on from where the last `fit` ended.

        Parameters
        ----------
        X : array-like, data frame or SciPy sparse matrix (n, n_in)
            As in Network.predict. Not changed; not copied if a C-contiguous array of uint8 or of the network's dtype
            that needs no scaling. A sparse matrix is not made dense; more than 1 GiB mapped read-only stays on disk.
        y : array-like (n,)
            Labels, whole numbers from 0 to n_out - 1; for "binary_cross_entropy" and "regression" numbers (n, n_out).
        epochs : int
            Passes over all samples.
        validation : (X, y), float or int, optional
            Samples to evaluate after each epoch; or the fraction, or number, of those in X that are held out for that:
            the same fraction of each class, chosen by the seed.
        callbacks : sequence of Callback
            Called after every slice and every epoch; they may stop the training.
        sample_weights : array-like (n,), optional
            Factor of each sample's loss, whose mean is still over their number; accuracy and validation are unweighted.
        resume : path, optional
            A file that Checkpoint wrote in a `fit` with the same arguments and options (threads may differ): the rest
            of that fit is trained, and ends with the bits it would have had.
        progress : bool
            Whether a line of text shows the last epoch and the time left, on standard error or in the notebook.

        Returns
        -------
        History
            `trainer.history`: this fit's epochs after those of earlier ones.

        Raises
        ------
        InputError
            Bad input, a checkpoint of another training, or read-only parameters; nothing was trained. Or samples on the
            disk, or factors of your schedule, found wrong when needed; the weights are then those before that epoch.
        DivergedError
            The loss is no longer finite; the network has the weights from before that epoch.
        KeyboardInterrupt
            Ctrl-C, after the running slice; the network keeps what it has learned. All that a signal handler or a
            callback raises ends `fit` in the same way.
        """
        weights, seed = (sample_weights, self.options.class_weights), self.options.seed
        data = TrainingData.checked(_form(self.network), X, y, validation=validation, weights=weights, seed=seed)
        return self.fit_checked(data, epochs, callbacks, resume=resume, progress=progress)

    def fit_checked(
        self,
        data: TrainingData,
        epochs: int = 1,
        callbacks: Sequence[Callback] = (),
        *,
        resume: str | os.PathLike[str] | None = None,
        progress: bool = False,
    ) -> History:
        """Train as `fit` does, on samples that are checked already and of the form that the kernels take."""
        self.options.check_samples(data.X)
        with progress_line(progress) as line:
            fit = Fit(self.network, self.options, self.state, data, CallbackList(callbacks, line), epochs)
            return self._run(fit, resume)

    def state_dict(self) -> dict[str, Any]:
        """Return all that training goes on from, for `load_state_dict`, in this process or from a file in another.

        Returns
        -------
        dict
            Arrays, which are the Trainer's own and change with it; values that JSON knows; and such dicts.
        """
        return training_state_dict(self.network, self.options, self.state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned for a Trainer with the same network and options.

        Raises
        ------
        InputError
            The state is of another network or other options, or is none; or this network's parameters are read-only.
            Nothing is changed then.
        """
        try:
            check_same("The state", state["options"], network_and_options(self.network, self.options))
            self.state.load_state_dict(state)
        except (KeyError, TypeError) as error:
            raise InputError(
                f"This is no state of a Trainer ({shown(error)}): pass what state_dict returned."
            ) from None

    def __repr__(self) -> str:
        from fastmlp.training.trainer_html import option_texts

        more = "".join(f", {name} {text}" for name, text in option_texts(self.options).items())
        return f"Trainer({self.network!r}{more}, {len(self.history)} epochs)"

    def _repr_html_(self) -> str:
        """Return the network, the options and the history, for notebooks."""
        from fastmlp.training.trainer_html import trainer_html

        return trainer_html(self.network, self.options, self.history)

    def _run(self, fit: Fit, resume: str | os.PathLike[str] | None) -> History:
        """Train the epochs of a fit, or those that its checkpoint leaves."""
        fit.begin(resume)
        if not fit.is_done:
            loop_of_optimizer = LbfgsLoop if self.options.constants.is_full_batch else TrainingLoop
            with loop_of_optimizer(fit, self._thread_candidates(), self._wanted_threads) as loop:
                try:
                    loop.run()
                finally:
                    self.threads = loop.threads
        fit.callbacks.on_train_end()
        return self.history

    def _thread_candidates(self) -> tuple[int, ...]:
        """Return the numbers of threads to choose from, the one expected to be fastest last."""
        if self._wanted_threads is not None:
            return (self._wanted_threads,)
        rows = ROWS if self.options.constants.is_full_batch else self.options.batch_size
        most = most_useful_threads(cores(), self.network.n_params, rows)
        return (1,) if most == 1 else (1, most)


def _form(network: Network) -> Form:
    """Return the form of the samples that a network takes."""
    return Form(network.sizes[0], network.sizes[-1], network.loss, network.dtype, network.schema)
