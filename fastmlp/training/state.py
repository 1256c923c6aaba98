"""TrainState: all that a training goes on from, and nothing else."""

import contextlib
import operator
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.errors import InputError, shown
from fastmlp.network.network import Network
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
    params : (n_params,)
        The network's own parameters, trained in place. With averaging they are the average after every epoch.
    opt_state : (STATES[optimizer], n_params)
        The optimizer's averages of gradients. With averaging one more row, the last: the average of the parameters.
    raw_params : (n_params,) or None
        With averaging, the parameters that training goes on from.
    step : int
        Steps taken.
    history : History
    """

    params: NDArray[Any]
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
        return cls(network.params, opt_state, np.zeros_like(network.params) if averaging else None)

    def snapshot(self) -> Snapshot:
        """Return a copy of all that a step changes, for `roll_back`."""
        return self.params.copy(), self.opt_state.copy(), self.step

    def roll_back(self, snapshot: Snapshot) -> None:
        """Restore a snapshot."""
        self.params[:], self.opt_state[:], self.step = snapshot

    @contextlib.contextmanager
    def raw(self) -> Iterator[None]:
        """Swap the raw parameters into `params`, and their average back at the end; do nothing if none is kept.

        Training goes on from the raw parameters, unless someone has changed the network meanwhile: then from those.
        """
        if self.raw_params is None:
            yield
            return
        averaged = self.opt_state[-1]
        if np.array_equal(self.params, averaged):
            self.params[:] = self.raw_params
        else:  # the first epoch, or a changed network
            averaged[:] = self.params
        try:
            yield
        finally:
            self.raw_params[:], self.params[:] = self.params, averaged

    def state_dict(self) -> dict[str, Any]:
        """Return the state as a dict of its own arrays, which change with it, and of values that JSON knows."""
        raw = {} if self.raw_params is None else {"raw_params": self.raw_params}
        about = {"step": self.step, "history": self.history.to_dicts()}
        return {"params": self.params, "opt_state": self.opt_state} | raw | about

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state that `state_dict` returned for a training with the same options.

        Raises
        ------
        InputError
            An array has another shape; nothing is changed then.
        KeyError, TypeError
            Something is missing, or no state; nothing is changed then.
        """
        arrays = {name: value for name, value in self.state_dict().items() if isinstance(value, np.ndarray)}
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
        for name, array in arrays.items():
            array[:] = state[name]
        self.step, self.history = step, history
