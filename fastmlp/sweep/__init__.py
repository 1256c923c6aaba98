"""Sweeps: many networks, trained on all cores; no finished network is trained again and none is lost.

>>> from fastmlp.sweep import SweepConfig, run_sweep
>>> config = SweepConfig({"hidden": [(16, 16), (64,)], "learning_rate": [0.5, 2.0], "epochs": 3}, data="mnist", seeds=5)
>>> result = run_sweep(config, "runs/sweep")
>>> result.best["settings"], result.best["validation_accuracy"]

Requires Optuna, which the extra `fastmlp[sweep]` installs.
"""

from fastmlp.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
