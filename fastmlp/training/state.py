"""TrainState: all that a training goes on from, and nothing else."""

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.errors import InputError, shown
from fastmlp.network.network import Network
from fastmlp.system.machine import aligned_empty, own_memory
from fastmlp.system.one_step import in_one_step
from fastmlp.training.history import History
from fastmlp.training.options import TrainingOptions

MOST_STEPS = 1 << 53
"""More steps than any computer takes; the kernels count them in 64 bits."""

Snapshot = tuple[NDArray[Any], NDArray[Any], int]


@dataclass
class TrainState:
    """The state of a training.

    Attributes
    ----------
    network : Network
        Its `params` are trained in place. With averaging they are the average.
    opt_state : (STATES[optimizer], n_params)
        The optimizer's averages of gradients. With averaging one more row, the last: the average of the parameters.
    raw_params : (n_params,) or None
        With averaging, the parameters that training goes on from.
    step : int
        Steps taken.
    history : History
    """

    network: Network
    opt_state: NDArray[Any]
    raw_params: NDArray[Any] | None = None
    step: int = 0
    history: History = field(default_factory=History)

    @classmethod
    def new(cls, network: Network, options: TrainingOptions) -> "TrainState":
        """Return the state before the first step."""
        averaging = options.averaging is not None
        rows = kernels.STATES[options.constants.code] + averaging
        opt_state = np.zeros((rows, network.n_params), network.dtype)
        if not averaging:
            return cls(network, opt_state)
        raw_params = aligned_empty(network.n_params, network.dtype)
        raw_params[:] = 0
        return cls(network, opt_state, raw_params)

    @property
    def params(self) -> NDArray[Any]:
        """The network's own parameters (n_params,): never another array, which a copy of this state might train."""
        return self.network.params

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the state of a pickle or a copy, with memory of its own; see own_memory."""
        arrays = {name: own_memory(value) for name, value in state.items() if isinstance(value, np.ndarray)}
        self.__dict__.update(state | arrays)

    def check_writeable(self) -> None:
        """Raise InputError if an array that training overwrites is read-only: a kernel would write all the same."""
        for name, array in self._arrays().items():
            if not array.flags.writeable:
                whose = "network" if name == "params" else "trainer.state"
                raise InputError(
                    f"{whose}.{name} is read-only: set {whose}.{name}.flags.writeable = True, or train a copy made by "
                    "copy.deepcopy."
                )

    def _arrays(self) -> dict[str, NDArray[Any]]:
        raw = {} if self.raw_params is None else {"raw_params": self.raw_params}
        return {"params": self.params, "opt_state": self.opt_state} | raw

    @property
    def trained(self) -> NDArray[Any]:
        """The parameters that steps change: with averaging the raw ones, else the network's own."""
        return self.params if self.raw_params is None else self.raw_params

    def begin_epoch(self) -> None:
        """Let the training go on from the network's parameters if someone has changed them, which shows with averaging.

        Without averaging it always does.
        """
        if self.raw_params is not None and not np.array_equal(self.params, self.opt_state[-1]):
            self.raw_params[:] = self.params
            self.opt_state[-1] = self.params  # last: if that does not come to pass, all is done again

    def after_steps(self, step: int) -> tuple[Callable[[], Any], ...]:
        """Return what belongs to steps that a kernel has taken up to number `step`, as functions for `in_one_step`."""
        count = functools.partial(setattr, self, "step", step)
        if self.raw_params is None:
            return (count,)
        return count, functools.partial(operator.setitem, self.params, ..., self.opt_state[-1])

    def snapshot(self) -> Snapshot:
        """Return a copy of all that a step changes, for `roll_back`."""
        return self.trained.copy(), self.opt_state.copy(), self.step

    def roll_back(self, snapshot: Snapshot) -> None:
        """Restore a snapshot."""
        trained, opt_state, step = snapshot
        in_one_step(
            functools.partial(operator.setitem, self.trained, ..., trained),
            functools.partial(operator.setitem, self.opt_state, ..., opt_state),
            *self.after_steps(step),
        )

    def is_finite(self) -> bool:
        """Return whether there is neither NaN nor infinity in the parameters."""
        return bool(np.isfinite(self.trained).all())

    def state_dict(self) -> dict[str, Any]:
        """Return the state as a dict of its own arrays, which change with it, and of values that JSON knows."""
        return self._arrays() | {"step": self.step, "history": self.history.to_dicts()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned for a training with the same options.

        Raises
        ------
        InputError
            An array has another shape, or one of this training is read-only; nothing is changed then.
        KeyError, TypeError
            Something is missing, or no state; nothing is changed then.
        """
        self.check_writeable()
        arrays = self._arrays()
        for name, array in arrays.items():
            stored = state[name]
            if not isinstance(stored, np.ndarray):
                raise TypeError(f"{name} is no array")
            if stored.shape != array.shape:
                raise InputError(
                    f"The state has {name} of shape {stored.shape}, and this training {array.shape}: load it "
                    "into a training of the same network with the same options."
                )
            if stored.dtype != array.dtype:
                raise TypeError(f"{name} is no array of {array.dtype}")
        step, history = operator.index(state["step"]), History.from_dicts(state["history"])
        if not 0 <= step <= MOST_STEPS:
            raise TypeError(f"{shown(step)} is no number of steps")
        in_one_step(
            *(functools.partial(operator.setitem, array, ..., state[name]) for name, array in arrays.items()),
            functools.partial(setattr, self, "step", step),
            functools.partial(setattr, self, "history", history),
        )
