"""Networks of scikit-learn of every kind, tables to fit them on, and their comparison with a Network."""

import warnings

import numpy as np
import pytest

RNG = np.random.default_rng(0)


def table(kind):
    X = RNG.normal((5.0, -300.0, 0.01), (1.0, 50.0, 0.001), (120, 3))
    k = np.digitize(X[:, 0], [4.5, 5.5])
    return X, {
        "three classes": np.array(["low", "middle", "high"])[k],
        "two classes": k > 0,
        "two names": np.array(["é", "no"])[(k > 0).astype(int)],
        "numbers of classes": 10 * k,
        "several labels": np.stack([k > 0, k == 1, k == 2], axis=1).astype(int),
        "one target": X[:, 0] * 7,
        "two targets": X[:, :2] * [1, 0.1],
    }[kind]


KINDS = [
    "three classes",
    "two classes",
    "two names",
    "numbers of classes",
    "several labels",
    "one target",
    "two targets",
]


def estimator(kind, **more):
    neural = pytest.importorskip("sklearn.neural_network")
    chosen = neural.MLPRegressor if "target" in kind else neural.MLPClassifier
    return chosen(hidden_layer_sizes=(7, 6), random_state=0, **{"max_iter": 30} | more)


def fit_quietly(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an end before convergence
        return model.fit(X, y)


def assert_same(model, network, X, tolerance=1e-12):
    wanted = model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X).reshape(len(X), -1)
    np.testing.assert_allclose(network.predict_proba(X), wanted, rtol=0, atol=tolerance * max(1, np.abs(wanted).max()))
    predicted = network.predict(X)
    if network.loss == "cross_entropy":
        predicted = np.array(network.classes)[predicted]
        np.testing.assert_array_equal(predicted, model.predict(X).astype(str))
    elif network.loss == "binary_cross_entropy":
        np.testing.assert_array_equal(predicted, model.predict(X))
