"""MLPRegressor: a regressor for scikit-learn, trained by fastmlp's kernels."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import column_or_1d

from fastmlp.sklearn.estimator import BaseMLP, supports_partial_fit
from fastmlp.sklearn.parameters import CONSTRAINTS, keep
from fastmlp.sklearn.tasks import with_callbacks


class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]  # scikit-learn has no types
    """Multilayer perceptron for regression, with the parameters of scikit-learn's, and faster.

    Parameters
    ----------
    loss : {"squared_error"}
        "poisson" of scikit-learn is refused: there is no such loss here.
    hidden_layer_sizes, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter, shuffle
        As in `sklearn.neural_network.MLPRegressor`, with its defaults.
    random_state, tol, verbose, warm_start, nesterovs_momentum, early_stopping, validation_fraction
        As there.
    beta_1, beta_2, epsilon, n_iter_no_change, max_fun
        As there.
    activation, momentum, dropout, averaging, schedule, dtype, n_jobs
        As in `fastmlp.sklearn.MLPClassifier`.

    Attributes
    ----------
    network_ : fastmlp.Network
    history_ : fastmlp.History
        Each epoch, those of earlier fits too where a fit goes on: losses without the penalty, summed over the outputs;
        validation loss, seconds.
    coefs_, intercepts_ : lists of arrays (n_in, n_out) and (n_out,)
        Views of the network's parameters.
    loss_curve_ : list of float
        Half the mean squared error, with the penalty, one an epoch.
    validation_scores_ : list of float or None
        R2 on the validation samples, one an epoch.
    loss_, best_loss_, best_validation_score_, n_iter_, t_, n_layers_, n_outputs_, out_activation_, n_features_in_,
    feature_names_in_
        As in scikit-learn.
    """

    _parameter_constraints = CONSTRAINTS | {"loss": [StrOptions({"squared_error"})]}
    _wants_numbers = True
    _n_targets: int
    _is_2d: bool

    def __init__(  # noqa: PLR0913 (scikit-learn's)
        self,
        loss: str = "squared_error",
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
        dropout: float = 0.0,
        averaging: float | None = None,
        schedule: Any = None,
        dtype: str = "float32",
        n_jobs: int | None = None,
    ) -> None:
        keep(self, locals())

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Train on samples `X` (n, n_features) with targets `y`.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix (n, n_features)
        y : array-like (n,) or (n, n_targets)
            Numbers, learned as they are: they should be of about the size of 1.
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch on samples, going on from the last call; arguments as in `fit`."""
        return self._fit(X, y, sample_weight, (None, None), incremental=True)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the prediction for each sample, (n,) or (n, n_targets)."""
        outputs = self._outputs(self._samples(X)).astype(np.float64)
        return outputs if self._is_2d else outputs[:, 0]

    def _learn_targets(self, y: Any, goes_on: bool, incremental: bool) -> tuple[NDArray[Any], NDArray[np.int64], None]:
        targets = self._as_targets(y)
        if goes_on and targets.shape[1] != self._n_targets:
            raise ValueError(
                f"y has {targets.shape[1]} targets, and the earlier fit had {self._n_targets}: pass as many."
            )
        self._n_targets, self._is_2d = targets.shape[1], y.ndim == 2 and y.shape[1] > 1
        return targets, np.zeros(len(targets), np.int64), None

    def _score_of_outputs(
        self, targets: NDArray[Any], outputs: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> float:
        return float(r2_score(targets, outputs, sample_weight=weights))

    def _outputs_wanted(self) -> tuple[str, tuple[str, ...]]:
        return "regression", tuple(map(str, range(self._n_targets)))

    def _as_targets(self, y: Any) -> NDArray[Any]:
        """Return checked targets (n,) or (n, n_targets) as the network takes them."""
        flat = y if y.ndim == 2 and y.shape[1] > 1 else column_or_1d(y, warn=True)[:, None]
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(flat, dtype=self.dtype)
        if not np.isfinite(targets).all():
            raise ValueError(f"Input y contains infinity or a value too large for dtype('{self.dtype}').")
        return targets

    def _new_targets(self, y: Any) -> NDArray[Any]:
        checked = check_array(y, ensure_2d=False, dtype="numeric", input_name="y_val")
        targets = self._as_targets(checked)
        if targets.shape[1] != self._n_targets:
            raise ValueError(f"y_val has {targets.shape[1]} targets, and y has {self._n_targets}: pass as many.")
        return targets

    def _targets_to_json(self) -> Any:
        return {"n_targets": self._n_targets, "is_2d": self._is_2d}

    def _set_targets(self, stored: Any) -> None:
        self._n_targets, self._is_2d = int(stored["n_targets"]), bool(stored["is_2d"])

    def __sklearn_tags__(self) -> Any:
        """Return the facts about the estimator that scikit-learn asks for."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
