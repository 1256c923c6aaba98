"""Fit: one call of `Trainer.fit`, with all that belongs to it."""

import copy
import hashlib
import json
import operator
import os
from dataclasses import dataclass, field
from typing import Any

from fastmlp.errors import InputError, shown
from fastmlp.inputs.checks import positive_float, positive_int
from fastmlp.inputs.training_data import TrainingData
from fastmlp.network.network import Network
from fastmlp.training.callbacks import CallbackList
from fastmlp.training.checkpoints import DAMAGE, check_same, damaged, read_checkpoint
from fastmlp.training.history import Epoch, History, example_epoch
from fastmlp.training.options import TrainingOptions
from fastmlp.training.schedules import Length, check_schedule
from fastmlp.training.state import TrainState


@dataclass
class Fit:
    """A running fit.

    Attributes
    ----------
    network : Network
    options : TrainingOptions
    state : TrainState
    data : TrainingData
    callbacks : CallbackList
    epochs : int
        How many epochs this fit trains.
    first : int
        How many were trained before it.

    Raises
    ------
    InputError
        A number of epochs or a schedule that is wrong, or an array to be trained that is read-only.
    """

    network: Network
    options: TrainingOptions
    state: TrainState
    data: TrainingData
    callbacks: CallbackList
    epochs: int
    first: int = field(init=False)
    _learning_rate: float = field(init=False)

    def __post_init__(self) -> None:
        self.epochs, self.first = positive_int("epochs", self.epochs), len(self.history)
        self._learning_rate = self.options.learning_rate
        self.state.check_writeable()
        check_schedule(self.options.schedule, self.length, self.example)

    @property
    def history(self) -> History:
        """The epochs so far, those of earlier fits included."""
        return self.state.history

    @property
    def learning_rate(self) -> float:
        """The learning rate before the schedule's factor: that of the options, until a callback sets another one."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = positive_float("learning_rate", rate)

    @property
    def is_done(self) -> bool:
        """True if no epoch is left to train."""
        return self.callbacks.stopped or len(self.history) >= self.last_epoch

    @property
    def last_epoch(self) -> int:
        """The number of the last epoch, counted over all fits."""
        return self.first + self.epochs

    @property
    def length(self) -> Length:
        """The number of steps, for schedules."""
        steps = -(-len(self.data.rows) // self.options.batch_size)
        return Length(steps * self.epochs, steps)

    @property
    def example(self) -> Epoch:
        """A record with the metrics that the epochs of this fit have."""
        return example_epoch(self.network.loss, self.data.validation is not None)

    def state_dict(self) -> dict[str, Any]:
        """Return all that the training goes on from, in this process or in another."""
        schema = self.network.schema
        return training_state_dict(self.network, self.options, self.state) | {
            "schema": None if schema is None else schema.to_json(),
            "data": self._identity | {"first": self.first, "stopped": self.callbacks.stopped},
            "learning_rate": self.learning_rate,
            "configs": self.callbacks.configs,
            "callbacks": self.callbacks.state_dicts(),
        }

    def begin(self, resume: str | os.PathLike[str] | None) -> None:
        """Begin the callbacks, after going on from the checkpoint `resume` if one is given.

        If a callback refuses the checkpoint, the state is as it was before.
        """
        before = None if resume is None else copy.deepcopy(self.state.state_dict())
        try:
            if resume is not None:
                self.resume(resume)
            self.callbacks.on_train_begin(self)
        except BaseException:
            if before is not None:
                self.state.load_state_dict(before)
            raise

    def resume(self, path: str | os.PathLike[str]) -> None:
        """Go on from a checkpoint of the same fit.

        Raises
        ------
        InputError
            No checkpoint, a damaged one, or one from another training; or lbfgs, whose memory is not in it.
        """
        if self.options.constants.is_full_batch:
            raise InputError(
                f"A training with {self.options.optimizer} can't be resumed: train on with another fit of its network."
            )
        state = read_checkpoint(path)
        try:
            about = f"The checkpoint {str(path)!r}"
            check_same(about, state["options"], network_and_options(self.network, self.options))
            data, callbacks = state["data"], dict(state["callbacks"])
            check_same(about, {name: data[name] for name in self._identity}, self._identity)
            check_same(about, state["configs"], self.callbacks.configs)
            for name in callbacks:
                if name not in self.callbacks.names:
                    raise InputError(
                        f"The checkpoint {str(path)!r} was written with the callback {name}: pass it again, or start a "
                        "new training."
                    )
            first, stopped = operator.index(data["first"]), bool(data["stopped"])
            rate = positive_float("learning_rate", state["learning_rate"])
            if not 0 <= first <= len(state["history"]):
                raise TypeError(f"it begins after epoch {shown(first)}")
            self.state.load_state_dict(state)  # last: until here nothing is changed
        except InputError:
            raise
        except DAMAGE as error:
            raise damaged(path, error) from None
        self.first, self.callbacks.stopped, self.learning_rate = first, stopped, rate
        self.callbacks.load_state_dicts(callbacks)

    @property
    def _identity(self) -> dict[str, Any]:
        """The facts about the data and the length that must be the same if the fit is resumed, for JSON."""
        identity, schema = self.data.identity, self.network.schema
        if schema is not None:  # the same numbers may have meant something else
            meaning = json.dumps([schema.to_json(), self.network.classes])
            identity = identity | {"data": f"{identity['data']} {hashlib.sha256(meaning.encode()).hexdigest()}"}
        return {"epochs": self.epochs} | identity


def training_state_dict(network: Network, options: TrainingOptions, state: TrainState) -> dict[str, Any]:
    """Return the state of a training with the options it belongs to."""
    return {"options": network_and_options(network, options)} | state.state_dict()


def network_and_options(network: Network, options: TrainingOptions) -> dict[str, Any]:
    """Return all that decides the bits of a training but the data, as JSON can hold it."""
    about = {"sizes": network.sizes, "activation": network.activation, "loss": network.loss}
    return options.identity(network.sizes[-1]) | about | {"dtype": str(network.dtype)}
