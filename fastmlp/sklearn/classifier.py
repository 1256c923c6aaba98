"""MLPClassifier: a classifier for scikit-learn, trained by fastmlp's kernels."""

import math
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_sample_weight
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if

from fastmlp.sklearn.estimator import BaseMLP, supports_partial_fit
from fastmlp.sklearn.files import classes_from_json, classes_to_json
from fastmlp.sklearn.labels import Labels
from fastmlp.sklearn.parameters import CONSTRAINTS, keep, n_threads
from fastmlp.sklearn.tasks import with_callbacks


class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """Multilayer perceptron for classification, with the parameters of scikit-learn's, and faster.

    Bytes (uint8) are taken as the numbers 0 to 255, as scikit-learn does; divide pixels by 255.

    Parameters
    ----------
    hidden_layer_sizes, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter, shuffle
        As in `sklearn.neural_network.MLPClassifier`, with its defaults.
    random_state, tol, verbose, warm_start, nesterovs_momentum, early_stopping, validation_fraction
        As there.
    beta_1, beta_2, epsilon, n_iter_no_change, max_fun
        As there.
    activation : {"identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "silu", "gelu", "softplus"}
    momentum : float
        As there, but below 1.
    class_weight : dict, list of dicts, "balanced" or None
        Weights of the classes, as in scikit-learn's other classifiers.
    dropout : float
        Probability that a hidden unit is dropped in a step.
    label_smoothing : float
        Fraction of each target that is spread over all outputs.
    averaging : float or None
        Decay of an average of the weights over the steps, such as 0.999, which the network then has.
    schedule : str, Schedule, function or None
        Factor of the learning rate at each step of a `fit`, as in `fastmlp.Trainer`, for the solvers adam and sgd; in
        place of `learning_rate`.
    dtype : {"float32", "float64"}
        Type of the weights and of the numbers that are computed with.
    n_jobs : int or None
        Threads that train together, and the most that predict; -1 for one a core, None for the number measured to be
        the fastest. The result does not depend on it.

    Attributes
    ----------
    classes_ : (n_classes,) array
    network_ : fastmlp.Network
    history_ : fastmlp.History
        Each epoch, those of earlier fits too where a fit goes on: losses without the penalty, validation loss, seconds.
    coefs_, intercepts_ : lists of arrays (n_in, n_out) and (n_out,)
        Views of the network's parameters.
    loss_curve_ : list of float
        Loss with the penalty, one an epoch.
    validation_scores_ : list of float or None
        Accuracy on the validation samples, one an epoch.
    loss_, best_loss_, best_validation_score_, n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_,
    feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> MLPClassifier(solver="lbfgs", random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    _parameter_constraints = CONSTRAINTS | {
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(  # noqa: PLR0913 (scikit-learn's)
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
        class_weight: Any = None,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        averaging: float | None = None,
        schedule: Any = None,
        dtype: str = "float32",
        n_jobs: int | None = None,
    ) -> None:
        keep(self, locals())

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Train on samples `X` (n, n_features) with labels `y`.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix (n, n_features)
        y : array-like (n,), or (n, n_labels) of 0 and 1
            Labels of any type; or which of several labels each sample has.
        sample_weight : array-like (n,), optional
            As in scikit-learn: the loss is the mean with these weights.
        X_val, y_val : optional
            Samples to validate with after each epoch; early stopping uses them, and holds out none.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            As in scikit-learn: samples or parameters that are wrong; or the loss is no longer finite.
        """
        return self._fit(X, y, sample_weight, (X_val, y_val), incremental=False)

    @available_if(supports_partial_fit)
    @with_callbacks
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train one epoch on samples, going on from the last call.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes : array-like, optional
            All classes that will occur; needed in the first call.
        """
        if not hasattr(self, "classes_"):
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            labels, _ = Labels.learn(y)
            self._labels = (
                labels if labels.is_multilabel else Labels(np.unique(np.asarray(classes)), is_multilabel=False)
            )
            self.classes_ = self._labels.classes
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            )
        return self._fit(X, y, sample_weight, (None, None), incremental=True)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label of each sample, (n,); or (n, n_labels) of 0 and 1."""
        samples = self._samples(X)
        if self.network_.loss == "cross_entropy":
            labels: NDArray[Any] = self.classes_[self.network_.labels_checked(samples, threads=n_threads(self.n_jobs))]
            return labels
        return self._labels.labels_of_outputs(self._outputs(samples))

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probability of each class, (n, n_classes), in the order of `classes_`."""
        outputs = self._outputs(self._samples(X))
        return self._labels.probabilities(outputs)

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithm of the probability of each class, (n, n_classes)."""
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(probabilities))

    def _learn_targets(
        self, y: Any, goes_on: bool, incremental: bool
    ) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float64] | None]:
        if goes_on or incremental:
            codes = self._labels.codes(y)
        else:
            self._labels, codes = Labels.learn(y)
            self.classes_ = self._labels.classes
        weights = None if self.class_weight is None else self._weights_of_classes(y, codes, incremental)
        return self._labels.targets(y, codes, self.dtype), codes, weights

    def _weights_of_classes(self, y: Any, codes: NDArray[np.int64], incremental: bool) -> NDArray[np.float64]:
        """Return the weight of each sample's class; samples of a partial_fit need not have every class."""
        if not incremental:
            weights: NDArray[np.float64] = compute_sample_weight(self.class_weight, y)
            return weights
        if not isinstance(self.class_weight, dict) or self._labels.is_multilabel:
            raise ValueError(
                f"partial_fit does not support class_weight={self.class_weight!r}: pass a dict of the weights of "
                "classes, or sample_weight."
            )
        return np.array([self.class_weight.get(each, 1.0) for each in self.classes_.tolist()])[codes]

    def _score_of_outputs(
        self, targets: NDArray[Any], outputs: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> float:
        if targets.ndim == 1:
            correct = outputs.argmax(axis=1) == targets
        else:
            correct = ((outputs > 0.5) == (targets > 0.5)).all(axis=1)
        return float(np.average(correct, weights=weights)) if weights is None or weights.any() else math.nan

    def _outputs_wanted(self) -> tuple[str, tuple[str, ...]]:
        return self._labels.loss, self._labels.output_names

    def _new_targets(self, y: Any) -> NDArray[Any]:
        return self._labels.targets(y, self._labels.codes(y), self.dtype)

    def _targets_to_json(self) -> Any:
        return {"classes": classes_to_json(self._labels.classes), "is_multilabel": self._labels.is_multilabel}

    def _set_targets(self, stored: Any) -> None:
        self._labels = Labels(classes_from_json(stored["classes"]), bool(stored["is_multilabel"]))
        self.classes_ = self._labels.classes

    def _codes(self, y: Any) -> NDArray[np.int64]:
        return self._labels.codes(y)

    def __sklearn_tags__(self) -> Any:
        """Return the facts about the estimator that scikit-learn asks for."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
