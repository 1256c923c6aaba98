"""scikit-learn: a Network made of a fitted MLPClassifier or MLPRegressor; scikit-learn itself is not imported."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import InputError, shown
from fastmlp.exchange.plain_network import LOSSES, Layer, as_it_is, network_of_layers
from fastmlp.inputs.checks import known_name
from fastmlp.inputs.schema import Schema
from fastmlp.network.network import Network

ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
OUTPUTS = {"softmax": "softmax", "logistic": "sigmoid", "identity": "identity"}
"""scikit-learn's names of activations and functions of the outputs, and their names here."""


def from_sklearn(model: Any, *, schema: Schema | None = None) -> Network:
    """Return a Network with the weights of a fitted scikit-learn network, and the same dtype.

    `predict` gives numbers of classes, `network.classes` their names. A classifier of two classes, which has one output
    in scikit-learn, gets two: the weighted sums 0 and z, whose softmax are scikit-learn's two probabilities. One of
    several labels has the loss "binary_cross_entropy", a regressor "regression".

    Parameters
    ----------
    model : MLPClassifier, MLPRegressor, or a Pipeline of a StandardScaler or MinMaxScaler and one of these
        Fitted. The scaler becomes the network's schema.
    schema : Schema, optional
        How samples become inputs, such as that of a data set, for a model without a scaler. By default numbers are
        taken as they are, as scikit-learn takes them, bytes too. Columns of data frames are found by their names if the
        model knows these.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        Another estimator, one that is not fitted, or a pipeline with other steps.

    Examples
    --------
    >>> from sklearn.neural_network import MLPClassifier
    >>> network = from_sklearn(MLPClassifier().fit(X, y))
    """
    scaler, mlp = _steps(model)
    kind = type(mlp).__name__
    if not hasattr(mlp, "coefs_"):
        if hasattr(mlp, "hidden_layer_sizes"):
            raise InputError(f"The {kind} is not fitted: call its fit first.")
        raise InputError(
            f"An object of type {kind} is no perceptron of scikit-learn: pass an MLPClassifier or an MLPRegressor."
        )
    layers = [(np.asarray(W), np.asarray(b)) for W, b in zip(mlp.coefs_, mlp.intercepts_, strict=True)]
    activation = ACTIVATIONS[known_name("activation of the " + kind, mlp.activation, ACTIVATIONS)]
    function = OUTPUTS[known_name("function of the outputs of the " + kind, mlp.out_activation_, OUTPUTS)]
    loss, classes = LOSSES[function], getattr(mlp, "classes_", None)
    if function == "sigmoid" and layers[-1][0].shape[1] == 1:
        if classes is None or len(classes) != 2:
            raise InputError(f"The {kind} was fitted on one class only: fit it on two or more.")
        layers[-1], loss = two_outputs(layers[-1]), "cross_entropy"
    if scaler is not None:
        if schema is not None:
            raise InputError("The pipeline scales its inputs itself: leave schema out.")
        schema = as_it_is(columns=_names(model), **_standardization(scaler, layers[0][0].shape[0]))
    schema = schema or as_it_is(columns=_names(model))
    return network_of_layers(layers, activation, loss, f"the {kind}", classes=classes, schema=schema)


def two_outputs(layer: Layer) -> Layer:
    """Return a last layer with the weighted sums 0 and z in place of z.

    The softmax of these is 1 - s and s, with s = sigmoid(z); the larger one is the second if s exceeds 1/2.
    """
    W, b = layer
    return np.concatenate([np.zeros_like(W), W], axis=1), np.concatenate([np.zeros_like(b), b])


def _steps(model: Any) -> tuple[Any, Any]:
    """Return the scaler of a pipeline, or None, and the network itself."""
    if not hasattr(model, "steps"):
        return None, model
    steps = [step for _, step in model.steps if step is not None and not isinstance(step, str)]
    if not steps:
        raise InputError("The pipeline is empty: pass one that ends with an MLPClassifier or MLPRegressor.")
    *before, last = steps
    for step in before:
        if type(step).__name__ not in ("StandardScaler", "MinMaxScaler") or len(before) > 1:
            raise InputError(
                f"The pipeline has the step {shown(type(step).__name__)} before its network: one StandardScaler or "
                "MinMaxScaler is known; pass the network alone, and transform the samples yourself."
            )
    return (before[0] if before else None), last


def _standardization(scaler: Any, n_in: int) -> dict[str, NDArray[Any]]:
    if not hasattr(scaler, "n_features_in_"):
        raise InputError("The pipeline is not fitted: call its fit first.")
    if type(scaler).__name__ == "MinMaxScaler":  # X * scale_ + min_
        if scaler.clip:
            raise InputError("The MinMaxScaler of the pipeline clips what is outside of its range: pass clip=False.")
        return {"mean": -scaler.min_ / scaler.scale_, "deviation": 1 / scaler.scale_}
    mean = np.asarray(scaler.mean_) if scaler.with_mean else np.zeros(n_in)
    return {"mean": mean, "deviation": np.asarray(scaler.scale_) if scaler.with_std else np.ones(n_in)}


def _names(model: Any) -> list[str] | None:
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]
