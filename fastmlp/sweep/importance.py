"""How much each setting mattered for the held-out accuracy: of a grid its main effects, of a search PED-ANOVA."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp.sweep.plan import Sweep

if TYPE_CHECKING:
    from optuna import Study

FEWEST_TRIALS = 50
"""That PED-ANOVA, which compares the best tenth of them with the others, says something about."""


def importances(sweep: Sweep, study: "Study", settings: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the share of each setting that the sweep varies; nothing where there is too little to say.

    Parameters
    ----------
    sweep : Sweep
    study : Study
        Of a search.
    settings : list of dict
        As in Result.
    """
    if sweep.sampler == "grid":
        return main_effects(settings, list(sweep.searched))
    return _of_search(sweep, study)


def main_effects(settings: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, float]:
    """Return which share of the variance of the combinations' medians each setting explains alone.

    It is the variance of the means over the combinations with each of its values. What is missing from 1 is how the
    settings act together.
    """
    medians = np.array([each["validation_accuracy"] for each in settings])
    if len(medians) < 2 or not medians.var():
        return {}
    shares = {}
    for name in names:
        values = [str(each["settings"].get(name)) for each in settings]
        means = {value: medians[[other == value for other in values]].mean() for value in set(values)}
        shares[name] = float(np.var([means[value] for value in values]) / medians.var())
    return shares


def _of_search(sweep: Sweep, study: "Study") -> dict[str, float]:
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    names = list(sweep.searched)
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < FEWEST_TRIALS or len(names) < 2:
        return {}
    column = sweep.objectives.index("accuracy")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # that all would be equal, as there is too little to tell
        warnings.filterwarnings("ignore", message=".*computes the importances of params to achieve low")
        try:
            return get_param_importances(
                study, evaluator=PedAnovaImportanceEvaluator(), params=names, target=lambda trial: -trial.values[column]
            )
        except UserWarning:
            return {}
