"""Callbacks: objects that watch a training and may stop it.

Divergence needs none: `fit` itself ends when the loss or a weight is no longer finite. The network then has the weights
from before that epoch.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from fastmlp.errors import InputError, shown
from fastmlp.inputs.checks import not_negative, positive_int
from fastmlp.inputs.training_data import TrainingData
from fastmlp.network.network import Network
from fastmlp.training.history import Epoch, History, as_monitor, improves, monitored
from fastmlp.training.options import TrainingOptions

State = dict[str, Any]


class RunningFit(Protocol):
    """The running `fit` as callbacks see it."""

    @property
    def network(self) -> Network:
        """The network that is trained."""

    @property
    def options(self) -> TrainingOptions:
        """The options of the training."""

    @property
    def history(self) -> History:
        """The epochs so far, those of earlier fits included."""

    @property
    def learning_rate(self) -> float:
        """The learning rate before the schedule's factor; set it, and the next slice of an epoch has the new one."""

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None: ...

    @property
    def last_epoch(self) -> int:
        """The number of the last epoch, counted over all fits, if nothing ends the training before."""

    @property
    def data(self) -> TrainingData:
        """The samples."""

    @property
    def example(self) -> Epoch:
        """A record with the metrics that the epochs of this fit have, for checks before the first one."""

    def state_dict(self) -> State:
        """Return all that the training goes on from."""


class Callback:
    """Base class of callbacks: override what you need. An exception of a callback ends the training and passes through.

    Attributes
    ----------
    runs_last : bool
        True if it is called after the others, such as a callback that saves their state. Those that run last keep the
        order in which they are passed: pass a Checkpoint as the last of them.
    hears_late : bool
        True if it may hear of several epochs at once, after the last of them. Epochs of less than a millisecond are
        then trained together, which is much faster; `on_slice_end` is not called for these.
    config : value that JSON knows
        Settings that must be the same if a training is resumed.
    """

    runs_last = False
    hears_late = False
    config: Any = None

    def on_train_begin(self, fit: RunningFit) -> None:
        """Handle the start of a `fit`, whose network, history and data can be read from `fit`."""

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        """Handle progress, several times a second: `done` of the `total` samples of `epoch` (from 1) are trained on."""

    def on_epoch_end(self, record: Epoch) -> bool | None:
        """Handle the end of an epoch and its validation; return True to make it the last one."""

    def on_train_end(self) -> None:
        """Handle the regular end of the training; errors and Ctrl-C do not call it."""

    def state_dict(self) -> State:
        """Return what `load_state_dict` needs in another process: arrays, and values that JSON knows.

        It is called after `on_train_begin` only. An empty dict is not restored.
        """
        return {}

    def load_state_dict(self, state: State) -> None:
        """Go on from the state of an earlier process; called after `on_train_begin`."""


class CallbackList:
    """The callbacks of one fit, called in order; those that run last come last.

    Parameters
    ----------
    callbacks : sequence of Callback
        The user's.
    own : sequence of Callback
        More of them.

    Raises
    ------
    InputError
        Something else than a callback is among them.

    Attributes
    ----------
    stopped : bool
        Whether a callback has asked for the end of the training.
    """

    def __init__(self, callbacks: Sequence[Callback], own: Sequence[Callback] = ()) -> None:
        if not isinstance(callbacks, Iterable):
            raise InputError(f"callbacks is {shown(callbacks)}: pass a list of callbacks, [EarlyStopping()].")
        given = list(callbacks)
        for callback in given:
            if not isinstance(callback, Callback):
                raise InputError(
                    f"callbacks has {shown(callback)} in it: pass objects of fastmlp.Callback, [EarlyStopping()]."
                )
        given = sorted([*given, *own], key=lambda callback: callback.runs_last)
        types = [type(callback).__name__ for callback in given]
        names = [f"{name} {types[:place].count(name) + 1}" for place, name in enumerate(types)]
        self._callbacks = dict(zip(names, given, strict=True))
        self.stopped = False
        self._pending: State = {}
        self._started: list[str] = []

    @property
    def names(self) -> list[str]:
        """A name for each callback, independent of the others: "EarlyStopping 1"."""
        return list(self._callbacks)

    @property
    def hears_late(self) -> bool:
        """True if each callback, or there is none, may hear of several epochs at once."""
        return all(callback.hears_late for callback in self._callbacks.values())

    @property
    def configs(self) -> State:
        """The settings of each callback that must be the same if a training is resumed."""
        return {name: each.config for name, each in self._callbacks.items() if each.config is not None}

    def load_state_dicts(self, states: State) -> None:
        """Keep the states of an earlier process, by name, until each callback has begun."""
        self._pending = dict(states)

    def state_dicts(self) -> State:
        """Return the states of the callbacks by name; of one that has not begun, the state it will be given."""
        states = self._pending | {name: self._callbacks[name].state_dict() for name in self._started}
        return {name: state for name, state in states.items() if state}

    def on_train_begin(self, fit: RunningFit) -> None:
        """Begin each callback, and give it its earlier state."""
        for name, callback in self._callbacks.items():
            callback.on_train_begin(fit)
            if name in self._pending:
                _load_state(name, callback, self._pending.pop(name))
            self._started.append(name)  # before a Checkpoint, which runs last, saves its state again

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        """Tell each callback of the progress."""
        for callback in self._callbacks.values():
            callback.on_slice_end(epoch, done, total)

    def on_epoch_end(self, record: Epoch) -> None:
        """Tell each callback of the epoch; `stopped` is up to date for the callbacks that run after one that stops."""
        for callback in self._callbacks.values():
            self.stopped |= bool(callback.on_epoch_end(record))

    def on_train_end(self) -> None:
        """Tell each callback of the end."""
        for callback in self._callbacks.values():
            callback.on_train_end()


def _load_state(name: str, callback: Callback, state: State) -> None:
    """Give a callback its earlier state; raise InputError if that is damaged."""
    try:
        callback.load_state_dict(state)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"The stored state of the callback {name} is damaged ({shown(error)}): start a new training."
        ) from error


class EarlyStopping(Callback):
    """Ends a training that no longer improves, and restores the best weights.

    Parameters
    ----------
    patience : int
        Epochs without improvement after which the training ends.
    min_delta : float
        Least improvement over the best value so far that counts.
    monitor : {"validation_loss", "validation_accuracy", "loss", "accuracy"} or None
        None stands for the validation loss, or for the loss if there are no validation samples.

    Attributes
    ----------
    best : float or None
        The best value in this fit.
    best_epoch : int or None
        The epoch whose weights the network has at the end.
    """

    def __init__(self, patience: int = 5, min_delta: float = 0.0, monitor: str | None = "validation_loss") -> None:
        self.patience = positive_int("patience", patience)
        self.min_delta = not_negative("min_delta", min_delta)
        self.monitor = as_monitor(monitor)
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.waited, self.params = 0, np.empty(0)

    @property
    def config(self) -> Any:
        """Settings that must be the same if a training is resumed."""
        return [self.patience, self.min_delta, self.monitor]

    def on_train_begin(self, fit: RunningFit) -> None:
        """Forget an earlier fit; raise InputError if the metric does not exist."""
        monitored(fit.example, self.monitor)
        self.network, self.best, self.best_epoch, self.waited = fit.network, None, None, 0
        self.params = fit.network.params.copy()

    def on_epoch_end(self, record: Epoch) -> bool:
        """Keep the weights if they are the best; return whether the patience is over."""
        name, value = monitored(record, self.monitor)
        if improves(name, value, self.best, self.min_delta):
            self.best, self.best_epoch, self.waited = value, record.epoch, 0
            self.params[:] = self.network.params
        else:
            self.waited += 1
        return self.waited >= self.patience

    def on_train_end(self) -> None:
        """Give the network the best weights."""
        self.network.params[:] = self.params

    def state_dict(self) -> State:
        """Return the best value so far, and its weights."""
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited, "params": self.params}

    def load_state_dict(self, state: State) -> None:
        """Take over the best value so far, and its weights."""
        params, best, epoch, waited = state["params"], state["best"], state["best_epoch"], state["waited"]
        if np.shape(params) != self.params.shape or params.dtype != self.params.dtype:
            raise ValueError("the best weights are of another network")
        if not isinstance(waited, int) or not all(isinstance(each, float | int | None) for each in (best, epoch)):
            raise TypeError("its values are no numbers")
        self.best, self.best_epoch, self.waited = best, epoch, waited
        self.params[:] = params
