"""The section `estimators`: those of fastmlp.sklearn beside scikit-learn's, on data that scikit-learn brings along.

A data set has a process of its own, on one thread: `python -m benchmarks.estimators wine`. Ten times it is divided into
four parts anew, each of which is held out once, and both are fitted with the same parameters, one after the other.
"""

import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.arena import ContestantError, environment_of
from benchmarks.results import Options, heading
from fastmlp.system.terminal import notice

SEEDS, QUICK_SEEDS, FOLDS, CALLS = 10, 2, 4, 50
KINDS = ("fastmlp", "sklearn")


class Data(NamedTuple):
    """A data set: its name in scikit-learn, and the parameters of both estimators beside their defaults.

    Attributes
    ----------
    loader : str
        Function of `sklearn.datasets`.
    arguments : dict
        Of the loader.
    parameters : dict
        Of the estimators.
    is_regression : bool
    """

    loader: str
    arguments: dict[str, Any]
    parameters: dict[str, Any]
    is_regression: bool = False


def _generated(n: int, n_in: int, n_informative: int, n_classes: int) -> dict[str, Any]:
    shape = {"n_samples": n, "n_features": n_in, "n_informative": n_informative, "n_classes": n_classes}
    return shape | {"random_state": 0}


DATA = {
    "iris": Data("load_iris", {"return_X_y": True}, {}),
    "wine": Data("load_wine", {"return_X_y": True}, {}),
    "breast cancer": Data("load_breast_cancer", {"return_X_y": True}, {}),
    "digits": Data("load_digits", {"return_X_y": True}, {"max_iter": 50}),
    "1000 x 20": Data("make_classification", _generated(1000, 20, 10, 3), {"max_iter": 50}),
    "10000 x 50": Data("make_classification", _generated(10000, 50, 20, 5), {"max_iter": 50}),
    "diabetes": Data("load_diabetes", {"return_X_y": True}, {}, is_regression=True),
}


def run(options: Options) -> dict[str, Any]:
    """Return the result: for each data set and estimator, lists with a value for each seed."""
    result = heading("estimators", options, "none") | {"data": {}}
    seeds = QUICK_SEEDS if options.quick else options.seeds or SEEDS
    for name, data in DATA.items():
        notice(name)
        command = [sys.executable, "-m", "benchmarks.estimators", name, str(seeds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment_of(1))
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no error message"])[-1]
            raise ContestantError(f"The process of {name} ended: {last}")
        answer = json.loads(done.stdout)
        result["versions"] |= answer["versions"]
        result["data"][name] = {"score": "R2" if data.is_regression else "accuracy"} | answer["found"]
    return result


def measured(name: str, seeds: int) -> dict[str, Any]:
    """Return for each estimator lists with a value for each seed.

    They are the mean score on the quarter held out, the processor time of a `fit`, and that of the prediction of a row.
    """
    import sklearn
    from sklearn import datasets, neural_network
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.preprocessing import scale

    import fastmlp.sklearn as own

    warnings.simplefilter("ignore")  # 200 epochs are too few for some, for both alike
    data = DATA[name]
    X, y = getattr(datasets, data.loader)(**data.arguments)
    X, y, estimator = scale(X), scale(y) if data.is_regression else y, _estimator(data)
    kinds = dict(zip(KINDS, (getattr(own, estimator), getattr(neural_network, estimator)), strict=True))
    found: dict[str, Any] = {kind: {"score": [], "fit": [], "row": []} for kind in kinds}
    kinds["fastmlp"](**data.parameters).fit(X, y)  # compiles, or loads what was compiled
    division = KFold if data.is_regression else StratifiedKFold
    for seed in range(seeds):
        parts = list(division(FOLDS, shuffle=True, random_state=seed).split(X, y))
        scores: dict[str, list[float]] = {kind: [] for kind in kinds}
        times: dict[str, list[float]] = {kind: [] for kind in kinds}
        for train, test in parts:
            for kind, make in kinds.items():
                fitted = make(random_state=seed, **data.parameters)
                started = time.process_time()
                fitted.fit(X[train], y[train])
                times[kind].append(time.process_time() - started)
                scores[kind].append(float(fitted.score(X[test], y[test])))
                if len(times[kind]) == FOLDS:
                    found[kind]["row"].append(_time_of_a_row(fitted.predict, X[test][:1].copy()))
        for kind in kinds:
            found[kind]["score"].append(statistics.mean(scores[kind]))
            found[kind]["fit"].append(statistics.median(times[kind]))
    return {"found": found, "versions": {"scikit-learn": sklearn.__version__}}


def _estimator(data: Data) -> str:
    return "MLPRegressor" if data.is_regression else "MLPClassifier"


def _time_of_a_row(predict: Callable[[Any], Any], row: Any) -> float:
    """Return the processor time of a prediction: the median of ten series of calls."""
    times = []
    for _ in range(10):
        started = time.process_time()
        for _ in range(CALLS):
            predict(row)
        times.append((time.process_time() - started) / CALLS)
    return statistics.median(times)


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
