"""Importance of each hyperparameter for the held-out accuracy: main effects of a grid, PED-ANOVA of a search."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp.sweep.config import SweepConfig

if TYPE_CHECKING:
    from optuna import Study

FEWEST_TRIALS = 50
"""Trials below which PED-ANOVA, which compares the best tenth with the others, means nothing."""


def importances(config: SweepConfig, study: "Study", combinations: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the importance of each hyperparameter that varies; nothing if there are too few results.

    Parameters
    ----------
    config : SweepConfig
    study : Study
        Used for a search.
    combinations : list of dict
        As in SweepResult; used for a grid.
    """
    if config.sampler == "grid":
        return main_effects(combinations, list(config.searched))
    return _ped_anova(config, study)


def main_effects(combinations: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, float]:
    """Return the fraction of the variance of the combinations' medians that each hyperparameter explains alone.

    It is the variance of the means over the combinations with each of its values. What is missing from 1 is how the
    hyperparameters act together.
    """
    medians = np.array([each["validation_accuracy"] for each in combinations])
    if len(medians) < 2 or not medians.var():
        return {}
    fractions = {}
    for name in names:
        values = [str(each["settings"].get(name)) for each in combinations]
        means = {value: medians[[other == value for other in values]].mean() for value in set(values)}
        fractions[name] = float(np.var([means[value] for value in values]) / medians.var())
    return fractions


def _ped_anova(config: SweepConfig, study: "Study") -> dict[str, float]:
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    names = list(config.searched)
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < FEWEST_TRIALS or len(names) < 2:
        return {}
    column = config.objectives.index("accuracy")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # says that all are equal because there is too little to tell
        warnings.filterwarnings("ignore", message=".*computes the importances of params to achieve low")
        try:
            return get_param_importances(
                study, evaluator=PedAnovaImportanceEvaluator(), params=names, target=lambda trial: -trial.values[column]
            )
        except UserWarning:
            return {}
