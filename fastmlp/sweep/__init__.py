"""Sweeps: many networks, on every core there is, no finished one trained again and none lost.

>>> from fastmlp.sweep import Sweep
>>> sweep = Sweep({"hidden": [(16, 16), (64,)], "learning_rate": [0.5, 2.0], "epochs": 3}, data="mnist", seeds=5)
>>> result = sweep.run("runs/sweep")
>>> result.best["settings"], result.best["validation_accuracy"]

Needs Optuna, which the extra `fastmlp[sweep]` brings.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastmlp.sweep.plan import Sweep as Sweep
    from fastmlp.sweep.results import Result as Result
    from fastmlp.sweep.run import run_sweep as run_sweep
    from fastmlp.sweep.settings import SETTINGS as SETTINGS

_HOMES = {"SETTINGS": "settings", "Result": "results", "Sweep": "plan", "run_sweep": "run"}
__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fastmlp.sweep' has no attribute {name!r}")
    return getattr(import_module(f"fastmlp.sweep.{_HOMES[name]}"), name)
