"""Trainer: the settings of a training; checks its input once, has it trained epoch by epoch, keeps the History.

Imports Network, History, Fitting and the checks of inputs.
"""

import contextlib
import inspect
import os
from collections.abc import Iterable, Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp.augmentation import Augmentation
from fastmlp.callbacks import Callback
from fastmlp.checkpoints import State, check_same, damaged, read_checkpoint
from fastmlp.errors import InputError, unknown_name
from fastmlp.fitting import Fitting
from fastmlp.history import Epoch, History
from fastmlp.inputs import as_inputs, as_seed, not_negative, positive_float, positive_int, share
from fastmlp.machine import cores
from fastmlp.network import Network
from fastmlp.optimizers import OPTIMIZERS
from fastmlp.packing import Inputs, Packed
from fastmlp.plan import Plan
from fastmlp.regularisation import Regularisation
from fastmlp.schedules import Constant, Length, as_schedule, check_schedule, epoch_factors
from fastmlp.targets import ClassWeights, Targets, as_class_weights, as_sample_weights, as_targets
from fastmlp.team import Team

FLOP_A_THREAD, ROWS_A_THREAD = 1e6, 8
"""Work in a batch, and samples, that a thread has at least, so that waiting for the others is little beside it."""


class Trainer:
    """Trains a network by mini-batch stochastic gradient descent.

    Parameters
    ----------
    network : Network
        Trained in place.
    optimizer : {"sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"}
        The rule of a step, from the gradient of the batch's mean loss: see `kernels.update`.
    learning_rate : float
        3.0 is Nielsen's for the lecture's network (sigmoid, squared error); with the scaled initial weights 1.0 does
        better there. 0.1 is a start for ReLU and cross-entropy, 0.001 for RMSprop and Adam.
    batch_size : int
        Samples in a step; the last batch of an epoch may be shorter.
    seed : int
        Of the order of the samples, shuffled anew for each epoch from (seed, epoch), and of dropout.
    threads : int, optional
        How many threads train together; by default one or as many as may pay, whichever is seen to be faster while
        training. The result is the same bits for any number.
    momentum : float
        Share of the last step's direction that is kept, from 0 to below 1: for "momentum" and "nesterov", and
        Adam's beta_1; "sgd" and "rmsprop" have none, and leave it alone.
    weight_decay : float, optional
        Each step takes the share learning_rate * weight_decay off the weights, whatever the optimizer (decoupled; the
        penalty in the loss is `Regularisation.l2`). By default 0.01 for "adamw", else 0.
    schedule : str, Schedule or function, optional
        What the learning rate is multiplied by at each step: "step", "exponential", "cosine", "one-cycle" or "plateau",
        an object of `fastmlp.schedules`, or a function of the step's number. It is as long as a `fit`.
    regularisation : Regularisation, optional
        Penalties, dropout, label smoothing, limits of norms; by default none.
    averaging : float, optional
        Decay of an average of the parameters over the steps, such as 0.999, which counts the last 1,000 steps or so.
        The network has the average after every epoch: for validation, for callbacks, at the end. The training goes on
        from the parameters themselves, which the Trainer keeps, unless the network has been changed meanwhile.
    augmentation : Augmentation, optional
        How the images are changed at random, anew for each epoch; by default not at all.
    class_weights : "balanced", mapping or array-like (n_out,), optional
        What the loss of a sample is multiplied by, for each label; labels that a mapping does not name count 1.
        "balanced": inversely to how many samples have the label.

    Attributes
    ----------
    history : History
        Every epoch trained by this Trainer so far; `fit` goes on where the last one ended.
    threads : int
        The threads in use; where they are chosen, those of the last epoch.
    plan : Plan or None
        What the running `fit` is going to do.

    Raises
    ------
    InputError
        An unknown optimizer or schedule; a rate, batch size or number of threads that is not positive; a method that
        does not go with the network.
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
        *,
        weight_decay: float | None = None,
        schedule: Any = None,
        regularisation: Regularisation | None = None,
        averaging: float | None = None,
        augmentation: Augmentation | None = None,
        class_weights: ClassWeights | None = None,
    ) -> None:
        if not isinstance(network, Network):
            raise InputError(f"network is {network!r}: pass a Network.")
        if not isinstance(optimizer, str) or optimizer not in OPTIMIZERS:
            raise unknown_name("optimizer", optimizer, OPTIMIZERS)
        rule = OPTIMIZERS[optimizer]
        self.network = network
        self.optimizer = optimizer
        self.learning_rate = positive_float("learning_rate", learning_rate)
        self.batch_size = positive_int("batch_size", batch_size)
        self.seed = as_seed(seed)
        most = positive_int("threads", cores() if threads is None else threads)
        self._candidates = (most,) if threads is not None else tuple({1: 0, self._that_pay(most): 0})
        self.threads = self._candidates[-1]
        self.momentum = share("momentum", momentum)
        self.weight_decay = rule.weight_decay if weight_decay is None else not_negative("weight_decay", weight_decay)
        self.schedule = as_schedule(schedule)
        self.regularisation = _checked_regularisation(regularisation, network)
        self.averaging = (averaging and share("averaging", averaging)) or None
        self.augmentation = _checked_augmentation(augmentation, network)
        self.class_weights = class_weights
        if class_weights is not None and network.loss not in kernels.OF_LABELS:
            raise InputError(f"class_weights go with labels, and {network.loss} has none: pass sample_weights to fit.")
        self.history = History()
        self.plan: Plan | None = None
        self._callbacks: list[Callback] = []
        self._states: State = {}  # of callbacks that are not started yet
        self._started: list[tuple[str, Callback]] = []
        self._code = rule.code
        averages = 0 if self.averaging is None else 1
        self._state = np.zeros((kernels.STATES[self._code] + averages, network.n_params), network.dtype)
        self._params = np.zeros((averages, network.n_params), network.dtype)  # where the network has their average
        self._steps = 0

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
    ) -> History:
        """Train for some epochs, going on from where the last `fit` ended.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix (n, n_in)
            uint8 (value / 255), or numbers taken as they are. Not changed, and not copied if it is a C-contiguous array
            of uint8 or of the network's dtype. A sparse matrix is not made dense.
        y : array-like (n,)
            Labels, whole numbers from 0 to n_out - 1. For the losses "binary_cross_entropy" and "regression" a number
            for each output, (n, n_out).
        epochs : int
            Passes over all samples.
        validation : (X, y), float or int, optional
            Samples to evaluate after each epoch; or the share, or number, of those in X that are held out for that: of
            each class as large a share, chosen by the seed.
        callbacks : sequence of Callback
            Told of every slice and every epoch, and may stop the training.
        sample_weights : array-like (n,), optional
            What the loss of each sample is multiplied by. The mean is still over the number of samples; accuracy and
            validation take no notice.
        resume : path, optional
            A file that the callback Checkpoint wrote in a `fit` with the same settings and arguments: what was left of
            that one is trained, and ends with the bits it would have had. The number of threads may be another.

        Returns
        -------
        History
            `trainer.history`: this fit's epochs behind those of earlier ones.

        Raises
        ------
        InputError
            Bad input, or a checkpoint of another training; nothing was trained then.
        DivergedError
            The loss is no longer finite; the network has the weights from before that epoch.
        KeyboardInterrupt
            Ctrl-C, after the running slice; the network keeps what it has learned until then.
        """
        X, y = self._checked(X, y, "")
        if self.regularisation.input_dropout and isinstance(X, Packed):
            raise InputError("input_dropout does not go with sparse samples: pass X.toarray(), or leave it out.")
        if isinstance(X, Packed):
            self.augmentation.check_packed()
        epochs = positive_int("epochs", epochs)
        if isinstance(validation, tuple | list) and len(validation) == 2:
            validation = self._checked(*validation, "validation ")
        elif validation is not None and not isinstance(validation, Real):
            raise InputError(
                "validation is not a pair: pass (X, y), the test split of a data set, or a share such as 0.1."
            )
        try:
            weights = as_sample_weights(sample_weights, self._class_weights(y), y, self.network.dtype)
            self.plan = Plan(X, y, validation, epochs, self.seed, len(self.history), weights)
            record = self.plan.sample_record(self.network.loss)
            check_schedule(self.schedule, self._length(self.plan), record)
            self._callbacks = _checked_callbacks(callbacks)
            names = _names(self._callbacks)
            self._states = {} if resume is None else self._go_on(self.plan, resume, names)
            for name, callback in zip(names, self._callbacks, strict=True):
                callback.on_start(self)
                if name in self._states:
                    callback.restore(self._states.pop(name))
                self._started.append((name, callback))  # before a Checkpoint, which comes last, writes its state again
            if not self.plan.is_done(self.history):
                self._train(self.plan)
            for callback in self._callbacks:
                callback.on_end()
        finally:
            self.plan, self._callbacks, self._states, self._started = None, [], {}, []
        return self.history

    def state(self) -> State:
        """Return all that training goes on from, for `restore`, in this process or from a file in another.

        Returns
        -------
        dict
            Arrays, which are the Trainer's own and change with it; values that JSON knows; and such dicts. Within a
            `fit` its plan and its callbacks' states too.
        """
        states = self._states | {name: callback.state() for name, callback in self._started}
        return {
            "settings": self._settings(),
            "plan": self.plan and self.plan.state(),
            "rules": _rules(self._callbacks),
            "callbacks": {name: state for name, state in states.items() if state},
            "params": self.network.params,
            "optimizer": self._state,
            "not averaged": self._params,
            "steps": self._steps,
            "history": self.history.to_dicts(),
        }

    def restore(self, state: State) -> None:
        """Go on from what `state` returned, of a Trainer with the same settings: weights, optimizer, history."""
        self.network.params[:], self._state[:] = state["params"], state["optimizer"]
        self._params[:] = state["not averaged"]
        self._steps = int(state["steps"])
        self.history = History(Epoch(**record) for record in state["history"])

    def _train(self, plan: Plan) -> None:
        """Train and validate epoch by epoch until the plan is done."""
        with Team(max(self._candidates)) as team, contextlib.closing(Fitting(self, plan, team)) as fitting:
            length = self._length(plan)
            while not plan.is_done(self.history):
                epoch, done = len(self.history) + 1, len(self.history) - plan.first
                if not isinstance(self.schedule, Constant):
                    factors = epoch_factors(self.schedule, done, length, self.history[plan.first :])
                    fitting.rates[:] = self.learning_rate * factors
                with self._params_in_training():
                    loss, accuracy, seconds = fitting.train_epoch(epoch, self._callbacks)
                evaluation: tuple[float | None, ...] = (None, None)
                if plan.validation is not None:
                    evaluation = self.network.evaluate_checked(*plan.validation)
                numbers = (loss, accuracy, seconds, len(plan.rows) / seconds, *evaluation, fitting.rates[-1].item())
                record = Epoch(epoch, *numbers)
                self.history.append(record)
                for callback in self._callbacks:
                    plan.stopped |= bool(callback.on_epoch(record))

    @contextlib.contextmanager
    def _params_in_training(self) -> Iterator[None]:
        """Give the network the parameters that are trained on, and then their average, where one is kept."""
        if self.averaging is None:
            yield
            return
        params, kept, averaged = self.network.params, self._params[0], self._state[-1]
        if np.array_equal(params, averaged):
            params[:] = kept
        else:  # the first epoch, or someone has changed the network: go on from what it has
            averaged[:] = params
        try:
            yield
        finally:
            kept[:], params[:] = params, averaged

    def _go_on(self, plan: Plan, path: str | os.PathLike[str], names: list[str]) -> State:
        """Restore what a Checkpoint wrote in a fit of the same plan; return the states of its callbacks, by `names`."""
        state = read_checkpoint(path)
        try:
            check_same(path, state["settings"], self._settings())
            check_same(path, {name: state["plan"][name] for name in plan.facts}, plan.facts)
            check_same(path, state["rules"], _rules(self._callbacks))
            for name in state["callbacks"]:
                if name not in names:
                    raise InputError(
                        f"The checkpoint {str(path)!r} is of a training with the callback {name}: pass such a one "
                        "again, or train anew."
                    )
            self.restore(state)
            plan.first, plan.stopped = state["plan"]["first"], state["plan"]["stopped"]
        except (KeyError, TypeError) as error:
            raise damaged(path, error) from None
        return dict(state["callbacks"])

    def _settings(self) -> State:
        """Return what decides the bits of a training, for JSON: all of a Trainer's settings but the threads."""
        network = self.network
        about = {"sizes": network.sizes, "activation": network.activation, "loss": network.loss}
        names = [name for name in inspect.signature(Trainer).parameters if name not in ("network", "threads")]
        values = {name: getattr(self, name) for name in names} | about | {"dtype": str(network.dtype)}
        if self.class_weights is not None and not isinstance(self.class_weights, str):
            values["class_weights"] = self._class_weights(np.empty(0, np.int64)).tolist()
        return {name: value if _is_plain(value) else repr(value) for name, value in values.items()}

    def _length(self, plan: Plan) -> Length:
        steps = -(-len(plan.rows) // self.batch_size)
        return Length(steps * plan.epochs, steps)

    def _that_pay(self, most: int) -> int:
        """Return how many threads may pay, `most` at most."""
        work = 6 * self.network.n_params * self.batch_size
        return int(max(1, min(most, work // FLOP_A_THREAD, self.batch_size // ROWS_A_THREAD)))

    def _checked(self, X: Inputs, y: ArrayLike, which: str) -> tuple[NDArray[Any] | Packed, Targets]:
        sizes, dtype = self.network.sizes, self.network.dtype
        X = as_inputs(X, sizes[0], dtype, f"{which}X")
        return X, as_targets(y, len(X), sizes[-1], self.network.loss, dtype, f"{which}y")

    def _class_weights(self, y: Targets) -> Any:
        return None if self.class_weights is None else as_class_weights(self.class_weights, self.network.sizes[-1], y)


def _checked_callbacks(callbacks: Sequence[Callback]) -> list[Callback]:
    """Return the callbacks in the order in which they are told; raise InputError where there is another thing."""
    if not isinstance(callbacks, Iterable):
        raise InputError(f"callbacks is {callbacks!r}: pass a list of callbacks, [EarlyStopping()].")
    callbacks = list(callbacks)
    for callback in callbacks:
        if not isinstance(callback, Callback):
            raise InputError(f"callbacks has {callback!r} in it: pass objects of fastmlp.Callback, [EarlyStopping()].")
    return sorted(callbacks, key=lambda callback: callback.told_last)


def _names(callbacks: Sequence[Callback]) -> list[str]:
    """Return a name for each callback, which others before or behind it don't change: EarlyStopping 1."""
    types = [type(callback).__name__ for callback in callbacks]
    return [f"{name} {types[:place].count(name) + 1}" for place, name in enumerate(types)]


def _rules(callbacks: Sequence[Callback]) -> State:
    pairs = zip(_names(callbacks), callbacks, strict=True)
    return {name: callback.rule for name, callback in pairs if callback.rule is not None}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | list | tuple)


def _checked_regularisation(regularisation: Regularisation | None, network: Network) -> Regularisation:
    """Return `regularisation`, none where it is None; raise InputError where it does not go with the network."""
    if regularisation is None:
        return Regularisation()
    if not isinstance(regularisation, Regularisation):
        raise InputError(f"regularisation is {regularisation!r}: pass a fastmlp.Regularisation.")
    if regularisation.dropout and len(network.sizes) == 2:
        raise InputError("dropout is of hidden units, and the network has none: use input_dropout, or add a layer.")
    if regularisation.label_smoothing and network.loss == "regression":
        raise InputError("label_smoothing is for classes, and the loss is regression: leave it out.")
    return regularisation


def _checked_augmentation(augmentation: Augmentation | None, network: Network) -> Augmentation:
    """Return `augmentation`, none where it is None; raise InputError where it does not go with the network."""
    if augmentation is None:
        return Augmentation()
    if not isinstance(augmentation, Augmentation):
        raise InputError(f"augmentation is {augmentation!r}: pass a fastmlp.Augmentation.")
    if augmentation.is_on:
        augmentation.image_shape(network.sizes[0])
    return augmentation
