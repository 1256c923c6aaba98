"""Networks from scikit-learn: refusals, and every kind of estimator where scikit-learn is installed."""

import types

import numpy as np
import pytest
from helpers.sklearn_models import KINDS, assert_same, estimator, fit_quietly, table

from fastmlp import Network
from fastmlp.errors import InputError
from fastmlp.exchange import from_sklearn
from fastmlp.exchange.sklearn_reader import two_outputs
from fastmlp.inputs.schema import Schema

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)


class MLPClassifier(types.SimpleNamespace):
    """What an estimator of scikit-learn has after its fit."""


def fitted(**more):
    attributes = {
        "coefs_": [RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))],
        "intercepts_": [RNG.normal(size=4), RNG.normal(size=2)],
        "activation": "logistic",
        "out_activation_": "softmax",
        "classes_": np.array(["cat", "dog"]),
    }
    return MLPClassifier(**attributes | more)


def test_a_network_of_its_attributes():
    network = from_sklearn(fitted())
    assert (network.activation, network.loss, network.classes) == ("sigmoid", "cross_entropy", ("cat", "dog"))
    assert network.dtype == "float64"
    assert isinstance(network, Network)


def test_the_softmax_of_two_outputs_is_one_sigmoid():
    layer = RNG.normal(size=(4, 1)), RNG.normal(size=1)
    W, b = two_outputs(layer)
    A = RNG.normal(size=(100, 4)) * 30
    z = A @ layer[0] + layer[1]
    np.testing.assert_array_equal(A @ W[:, 1:] + b[1:], z)
    np.testing.assert_array_equal(A @ W[:, :1] + b[:1], 0)


def pipeline(*steps):
    return types.SimpleNamespace(steps=[(str(number), step) for number, step in enumerate(steps)])


class PCA:
    pass


class StandardScaler:
    with_mean = with_std = True


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (3, "An object of type int is no perceptron of scikit-learn: pass an MLPClassifier or an MLPRegressor"),
        (MLPClassifier(hidden_layer_sizes=3), "The MLPClassifier is not fitted: call its fit first"),
        (fitted(activation="softplus"), "Unknown activation of the MLPClassifier 'softplus': known are identity"),
        (fitted(out_activation_="exp"), "Unknown function of the outputs of the MLPClassifier 'exp'"),
        (
            fitted(coefs_=[np.ones((3, 1))], intercepts_=[np.ones(1)], out_activation_="logistic", classes_=[0]),
            "was fitted on one class only",
        ),
        (fitted(intercepts_=[np.ones(4), np.ones(3)]), "Linear layer 1 of the MLPClassifier has weights"),
        (fitted(coefs_=[np.full((3, 2), np.nan)], intercepts_=[np.ones(2)]), "holds NaN or infinity"),
        (pipeline(PCA(), fitted()), "has the step 'PCA' before its network"),
        (pipeline(StandardScaler(), StandardScaler(), fitted()), "has the step 'StandardScaler' before its network"),
        (pipeline(StandardScaler(), fitted()), "The pipeline is not fitted"),
        (pipeline("passthrough", None), "The pipeline is empty"),
        (pipeline(PCA()), "An object of type PCA is no perceptron"),
    ],
)
def test_other_models_are_refused(model, message):
    with pytest.raises(InputError, match=message):
        from_sklearn(model)


@pytest.mark.slow
def test_a_schema_for_a_model_without_a_scaler():
    schema = Schema(scale="pixels", low=0.0, high=255.0)
    X = RNG.integers(0, 256, (9, 3), np.uint8)
    wanted = from_sklearn(model := fitted()).predict_proba(X / 255)
    np.testing.assert_allclose(from_sklearn(model, schema=schema).predict_proba(X), wanted, rtol=1e-12)
    assert np.abs(from_sklearn(model).predict_proba(X) - wanted).max() > 0.1  # numbers up to 255
    scaler = StandardScaler()
    scaler.n_features_in_, scaler.mean_, scaler.scale_ = 3, np.zeros(3), np.ones(3)
    with pytest.raises(InputError, match="The pipeline scales its inputs itself: leave schema out"):
        from_sklearn(pipeline(scaler, model), schema=schema)


# ---- scikit-learn itself ---------------------------------------------------------------------------------------------


@pytest.mark.slow  # scikit-learn comes with the extra "dev"
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_activation_and_each_kind(kind, activation):
    X, y = table(kind)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = fit_quietly(estimator(kind, activation=activation), X, y)
    network = from_sklearn(model)
    assert network.dtype == "float64"
    assert_same(model, network, X)


@pytest.mark.slow
def test_float32_is_kept():
    X, y = table("three classes")
    model = fit_quietly(estimator("three classes"), X.astype(np.float32), y)
    network = from_sklearn(model)
    assert network.dtype == "float32"
    assert_same(model, network, X.astype(np.float32), 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["two names", "two targets"])
def test_pipelines_with_a_scaler(kind):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    make_pipeline = pytest.importorskip("sklearn.pipeline").make_pipeline
    X, y = table(kind)
    for scaler in (
        preprocessing.StandardScaler(),
        preprocessing.StandardScaler(with_mean=False),
        preprocessing.StandardScaler(with_std=False),
        preprocessing.MinMaxScaler(),
        "passthrough",
    ):
        model = fit_quietly(make_pipeline(scaler, estimator(kind)), X, y)
        assert_same(model, from_sklearn(model), X, 1e-10)
    with pytest.raises(InputError, match="clips what is outside of its range: pass clip=False"):
        from_sklearn(fit_quietly(make_pipeline(preprocessing.MinMaxScaler(clip=True), estimator(kind)), X, y))


@pytest.mark.slow
def test_columns_of_a_data_frame_keep_their_names(tmp_path):
    pandas = pytest.importorskip("pandas")
    scaler = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    make_pipeline = pytest.importorskip("sklearn.pipeline").make_pipeline
    X, y = table("three classes")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    for model in (make_pipeline(scaler, estimator("three classes")), estimator("three classes")):
        network = from_sklearn(fit_quietly(model, frame, y))
        np.testing.assert_allclose(
            network.predict_proba(frame[["c", "a", "b"]]), model.predict_proba(frame), atol=1e-10
        )
        network.save(tmp_path / "a.safetensors")


@pytest.mark.slow
def test_other_estimators_are_refused():
    linear = pytest.importorskip("sklearn.linear_model")
    X, y = table("one target")
    with pytest.raises(InputError, match="An object of type LinearRegression is no perceptron"):
        from_sklearn(linear.LinearRegression().fit(X, y))
    with pytest.raises(InputError, match="The MLPRegressor is not fitted"):
        from_sklearn(estimator("one target"))
    model = fit_quietly(estimator("one target", loss="poisson"), X, y)
    with pytest.raises(InputError, match="Unknown function of the outputs of the MLPRegressor 'exp'"):
        from_sklearn(model)
