"""TPE's choice of hyperparameters and successive halving, as functions of what the store holds.

Optuna's own loop would ask one sampler again and again. Here each choice starts anew from the store, so that a search
that was interrupted goes on as if it had not been.
"""

from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from fastmlp.sweep.claims import Claims
from fastmlp.sweep.config import PlannedTrial, SweepConfig
from fastmlp.sweep.results import settings_of
from fastmlp.sweep.space import suggest
from fastmlp.sweep.trial import Hopeless
from fastmlp.training.history import Epoch

REDUCTION = 3
"""Factor of successive halving: after 1, 3, 9, ... epochs the best third goes on."""


def choose_settings(config: SweepConfig, claims: Claims, trial: FrozenTrial) -> dict[str, Any]:
    """Return the combination that TPE chooses for a trial, and write it to the store.

    The sampler's random numbers depend on the trial's entry, and it sees the other trials in the order of the plan.
    With one job, an interrupted sweep therefore chooses the same combinations as an undisturbed one.

    Raises
    ------
    UpdateFinishedTrialError
        The trial was taken away from this process.
    """
    entry = trial.user_attrs["entry"]
    seed = int(np.random.SeedSequence((config.seed, entry)).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    seen = optuna.create_study(directions=claims.study.directions, sampler=sampler)
    others = claims.trials([TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING])
    for each in sorted(others, key=lambda other: other.user_attrs["entry"]):
        if each.number != trial.number:
            seen.add_trial(_copy(each))
    asked = seen.ask()
    chosen = suggest(asked, config.searched)
    trial_id = claims.id_of(trial)
    for name, known in asked.distributions.items():
        claims.storage.set_trial_param(trial_id, name, known.to_internal_repr(asked.params[name]), known)
    return chosen


def find_same(
    config: SweepConfig, claims: Claims, planned: PlannedTrial, settings: dict[str, Any]
) -> FrozenTrial | None:
    """Return a finished trial with the same settings and seeds, if a search has sampled them twice."""
    if config.sampler == "grid":
        return None
    for other in claims.trials([TrialState.COMPLETE]):
        same_seeds = config.planned_trials[other.user_attrs["entry"]].seeds == planned.seeds
        if same_seeds and settings_of(config, other) == settings:
            return other
    return None


def successive_halving(claims: Claims, trial: FrozenTrial) -> Hopeless:
    """Return the function that decides after an epoch whether a trial is hopeless among all trials of the store."""
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
    study = optuna.load_study(study_name=claims.study.study_name, storage=claims.storage, pruner=pruner)
    known = optuna.Trial(study, claims.id_of(trial))

    def hopeless(record: Epoch) -> bool:
        known.report(record.validation_accuracy or 0.0, record.epoch)
        return known.should_prune()

    return hopeless


def _copy(trial: FrozenTrial) -> FrozenTrial:
    return create_trial(
        state=trial.state,
        values=trial.values,
        params=trial.params,
        distributions=trial.distributions,
        intermediate_values=trial.intermediate_values,
    )
