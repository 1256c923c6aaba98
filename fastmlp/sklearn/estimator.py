"""BaseMLP: the common part of the classifier and the regressor."""

import math
import os
import warnings
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fastmlp.inputs.arrays import for_kernels
from fastmlp.inputs.disk_samples import Samples, as_samples
from fastmlp.inputs.hold_out import hold_out
from fastmlp.inputs.training_data import TrainingData, Validation
from fastmlp.kernels.special import all_finite
from fastmlp.network.network import Network
from fastmlp.sklearn.files import DAMAGE, damaged, load_estimator, parameter, plain, save_estimator
from fastmlp.sklearn.monitor import Curve, EnoughEvaluationsError, Monitor
from fastmlp.sklearn.parameters import ACTIVATIONS, CONSTRAINTS, hidden_layers, make_trainer
from fastmlp.sklearn.tasks import CallbackSupportMixin, Tasks
from fastmlp.training.callbacks import Callback
from fastmlp.training.history import Epoch, History
from fastmlp.training.trainer import Trainer

KEPT = ("n_features_in_", "n_iter_", "t_")
"""Fitted attributes that a file holds as they are; the others follow from the rest of it."""
OUTPUT_ACTIVATIONS = {"cross_entropy": "softmax", "binary_cross_entropy": "logistic", "regression": "identity"}


class Checked(NamedTuple):
    """Samples of a call of `fit`, as the kernels take them.

    Attributes
    ----------
    X : (n, n_features) array of the network's dtype, or Packed
    targets : (n, n_outputs) array, or (n,) int64
    codes : (n,) int64
        Number of each sample's class, by which samples to validate with are chosen; zeros for a regression.
    weights : (n,) float64, or None
        Weights of the samples, those of their classes included.
    """

    X: Samples
    targets: NDArray[Any]
    codes: NDArray[np.int64]
    weights: NDArray[np.float64] | None


class BaseMLP(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the estimators: checks of samples, training, prediction, files."""

    _parameter_constraints = CONSTRAINTS

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a safetensors file, without pickle; `load` reads it.

        It is a model file too: `fastmlp.load_network` and the commands read its network.

        Raises
        ------
        NotFittedError
            It is not fitted.
        InputError
            A parameter or a class is neither a number nor a text.
        OSError
            The folder can't be written, or the disk is full; an existing file is then as it was.
        """
        check_is_fitted(self)
        state: dict[str, Any] = {"class": type(self).__name__, "seed": self._seed, "curve": vars(self._curve)}
        state["parameters"] = {name: plain(name, value) for name, value in self.get_params().items()}
        state["fitted"] = {name: getattr(self, name) for name in KEPT}
        state["feature_names"] = self.feature_names_in_.tolist() if hasattr(self, "feature_names_in_") else None
        state["targets"], state["history"] = self._targets_to_json(), self.history_.to_dicts()
        save_estimator(self.network_, state, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an estimator that `save` wrote.

        Raises
        ------
        InputError
            No such file, damaged, or not of an estimator of this class.
        """
        network, state = load_estimator(path, cls.__name__)
        try:
            estimator = cls(**{name: parameter(value) for name, value in state["parameters"].items()})
            estimator._validate_params()
            for name in KEPT:
                setattr(estimator, name, state["fitted"][name])
            if state["feature_names"] is not None:
                estimator.feature_names_in_ = np.array(state["feature_names"], object)
            estimator._set_targets(state["targets"])
            curve, history = Curve(**state["curve"]), History.from_dicts(state["history"])
            estimator._keep(network, curve, estimator.n_iter_, history, int(state["seed"]))
        except DAMAGE as error:
            raise damaged(path, error) from None
        return estimator

    # ---- what a fit has found ----------------------------------------------------------------------------------------

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weights of each layer, (n_in, n_out): views of `network_.params`."""
        return list(self.network_.weights)

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases of each layer, (n_out,): views of `network_.params`."""
        return list(self.network_.biases)

    @property
    def n_layers_(self) -> int:
        """The number of layers, inputs included."""
        return len(self.network_.sizes)

    @property
    def n_outputs_(self) -> int:
        """The number of outputs of the network."""
        return int(self.network_.sizes[-1])

    @property
    def out_activation_(self) -> str:
        """The activation of the outputs, in scikit-learn's words."""
        return OUTPUT_ACTIVATIONS[self.network_.loss]

    # ---- training ----------------------------------------------------------------------------------------------------

    def _fit(self, X: Any, y: Any, weights: Any, validation: tuple[Any, Any], incremental: bool) -> Self:
        """Train on samples as the user passed them; `incremental` for partial_fit."""
        self._validate_params()
        if incremental and (self.solver == "lbfgs" or self.early_stopping):
            which = "solver='lbfgs'" if self.solver == "lbfgs" else "early_stopping=True"
            raise ValueError(f"partial_fit does not support {which}: call fit.")
        goes_on = hasattr(self, "network_") and (self.warm_start or incremental)
        checked = self._check_samples(X, y, weights, goes_on, incremental)
        self._check_batch_size(len(checked.X))
        if not goes_on:
            seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
            network, curve, self.t_ = self._make_network(seed), Curve(), 0
        else:
            seed, network, curve = self._seed, self.network_, self._curve
            self._check_same_network()
        held_out = self._held_out(checked, validation, seed, incremental)
        rows, mean_weight, data = self._training_data(checked, held_out)
        trainer: Trainer | None = getattr(self, "_trainer", None) if incremental else None
        if trainer is None:
            trainer = make_trainer(self, network, seed, len(rows), mean_weight)
        self._continue_schedule(trainer)
        monitor = Monitor(self, curve, None if held_out is None else self._score_with(network, held_out))
        callbacks: list[Callback] = [monitor]
        if hasattr(self, "_skl_callbacks") or hasattr(self, "_parent_callback_ctx"):
            metadata = None if weights is None else {"sample_weight": weights}
            callbacks.append(Tasks(self, (X, y), metadata, {}))
        self._train(trainer, data, callbacks, 1 if incremental else self.max_iter)
        if monitor.best_params is not None:
            network.params[:] = monitor.best_params
        self._keep(network, curve, monitor.n_iter, trainer.history, seed)
        self.t_ += len(rows) * monitor.n_iter
        if incremental:
            self._trainer = trainer
        else:
            self.__dict__.pop("_trainer", None)
            self._warn_if_not_converged(monitor)
        for each in callbacks[1:]:
            each.close()  # type: ignore[attr-defined]
        return self

    def _train(self, trainer: Trainer, data: TrainingData, callbacks: list[Callback], epochs: int) -> None:
        """Train; Ctrl-C ends it with a warning, as in scikit-learn, and the network keeps what it has learned."""
        try:
            trainer.fit_checked(data, epochs, callbacks)
        except EnoughEvaluationsError:
            pass
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)

    def _keep(self, network: Network, curve: Curve, n_iter: int, history: History, seed: int) -> None:
        """Keep what a training has found."""
        self.network_, self.history_, self._curve, self._seed = network, history, curve, seed
        self.n_iter_, self.loss_curve_ = n_iter, curve.losses
        self.loss_ = curve.losses[-1] if curve.losses else math.inf
        self.validation_scores_ = curve.scores if curve.scores else None
        self.best_validation_score_ = max(curve.scores) if curve.scores else None
        self.best_loss_ = None if self.early_stopping else curve.best_loss

    def _warn_if_not_converged(self, monitor: Monitor) -> None:
        if monitor.n_iter == self.max_iter and not monitor.converged:
            warnings.warn(
                f"Maximum iterations ({self.max_iter}) reached and the optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _make_network(self, seed: int) -> Network:
        """Return a new network for the samples that have been checked."""
        loss, names = self._outputs_wanted()
        return Network(
            (self.n_features_in_, *hidden_layers(self.hidden_layer_sizes), len(names)),
            ACTIVATIONS[self.activation],
            loss,
            weight_init="glorot",
            seed=seed,
            dtype=self.dtype,
            classes=names,
        )

    def _check_same_network(self) -> None:
        """Raise ValueError if a parameter of the network has been changed since it was made."""
        network = self.network_
        wanted = {"hidden_layer_sizes": hidden_layers(self.hidden_layer_sizes), "dtype": self.dtype}
        wanted["activation"] = ACTIVATIONS[self.activation]
        kept = {
            "hidden_layer_sizes": network.sizes[1:-1],
            "dtype": str(network.dtype),
            "activation": network.activation,
        }
        for name, value in wanted.items():
            if value != kept[name]:
                raise ValueError(
                    f"{name} is {value}, and the network that goes on training has {kept[name]}: set it back, or train "
                    "a new one with warm_start=False."
                )

    def _check_batch_size(self, n: int) -> None:
        if self.batch_size != "auto" and self.batch_size > n and self.solver != "lbfgs":
            warnings.warn(
                f"batch_size is {self.batch_size} and there are {n} samples: it is clipped to {n}.", stacklevel=5
            )

    def _continue_schedule(self, trainer: Trainer) -> None:
        """Tell the schedule "invscaling" of a `partial_fit` how many samples were seen before."""
        if hasattr(trainer.options.schedule, "seen"):
            trainer.options.schedule.seen = self.t_

    def _held_out(self, checked: Checked, given: tuple[Any, Any], seed: int, incremental: bool) -> Validation | None:
        """Return the samples to validate with: those given, or with early stopping some of those to train on."""
        X_val, y_val = given
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together: pass both, or neither.")
        if X_val is not None:
            samples = self._new_samples(X_val, np.dtype(self.dtype))
            targets = self._new_targets(y_val)
            if len(targets) != len(samples):
                raise ValueError(
                    f"X_val has {len(samples)} samples and y_val has {len(targets)}: pass as many of each."
                )
            return Validation(samples, targets)
        if not self.early_stopping or self.solver == "lbfgs" or incremental:
            return None
        n = len(checked.X)
        n_held_out = math.ceil(self.validation_fraction * n)
        if not 2 <= n_held_out < n:
            raise ValueError(
                f"The validation set would have {n_held_out} of {n} samples: change validation_fraction, or pass X_val "
                "and y_val."
            )
        _, rows = hold_out(checked.codes, n_held_out, seed)
        return Validation(checked.X, checked.targets, rows)

    def _training_data(
        self, checked: Checked, held_out: Validation | None
    ) -> tuple[NDArray[np.int64], float, TrainingData]:
        """Return the rows to train on, the mean of their weights, and the data of the fit, with weights of mean 1."""
        rows = np.arange(len(checked.X))
        if held_out is not None and held_out.rows is not None:
            rows = np.delete(rows, held_out.rows)
        weights, mean = checked.weights, 1.0
        if weights is not None:
            mean = float(weights[rows].mean())
            if not mean > 0:
                raise ValueError("The weights of all samples to train on are zero: nothing would be learned.")
            weights = (weights / mean).astype(self.dtype)
        return rows, mean, TrainingData(checked.X, checked.targets, rows, weights, held_out)

    def _score_with(self, network: Network, held_out: Validation) -> Any:
        """Return the function that scores an epoch on the samples held out."""

        def score(record: Epoch) -> float:
            if record.validation_accuracy is not None:
                return record.validation_accuracy
            from sklearn.metrics import r2_score

            rows = slice(None) if held_out.rows is None else held_out.rows
            outputs = network.outputs_checked(held_out.X, threads=self.n_jobs)
            return float(r2_score(held_out.y[rows], outputs[rows]))

        return score

    # ---- samples -----------------------------------------------------------------------------------------------------

    def _check_samples(self, X: Any, y: Any, weights: Any, goes_on: bool, incremental: bool) -> Checked:
        """Return samples to train on, checked; the classes, or the number of targets, are known afterwards."""
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            checked_X, checked_y = validate_data(
                self,
                X,
                y,
                accept_sparse="csr",
                multi_output=True,
                y_numeric=self._wants_numbers,
                dtype=np.dtype(self.dtype),
                order="C",
                reset=not goes_on,
            )
        targets, codes, of_classes = self._learn_targets(checked_y, goes_on or incremental)
        if weights is not None:
            own = _check_sample_weight(weights, checked_X, dtype=np.float64)
            if (own < 0).any():
                raise ValueError("Negative values in data passed to `sample_weight`: pass numbers of at least 0.")
            of_classes = own if of_classes is None else own * of_classes
        return Checked(self._for_kernels(checked_X), targets, codes, of_classes)

    def _for_kernels(self, X: Any) -> Samples:
        """Return samples that scikit-learn has checked as the kernels take them."""
        if hasattr(X, "tocsr"):
            return as_samples(X, X.shape[1], np.dtype(self.dtype))
        return for_kernels(X)

    def _outputs(self, samples: Samples) -> NDArray[Any]:
        return self.network_.outputs_checked(samples, threads=self.n_jobs)

    def _samples(self, X: Any) -> Samples:
        """Return samples to predict as the kernels take them."""
        if not hasattr(self, "network_"):
            check_is_fitted(self)
        return self._new_samples(X, self.network_.dtype)

    def _new_samples(self, X: Any, dtype: np.dtype[Any]) -> Samples:
        """Return samples with the features of those in `fit` as the kernels take them.

        scikit-learn's checks take 0.3 ms, a hundred times as long as the prediction of a row. An array of numbers that
        passes all of them is recognized without.
        """
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            if type(X) is np.ndarray and X.ndim == 2 and X.dtype.kind == "f" and not hasattr(self, "feature_names_in_"):
                samples = X if X.dtype == dtype and X.flags.carray else for_kernels(X.astype(dtype, order="C"))
                if samples.shape[1] == self.n_features_in_ and len(samples) and all_finite(samples.reshape(-1)):
                    return samples
            checked = validate_data(self, X, accept_sparse="csr", dtype=dtype, order="C", reset=False)
        return self._for_kernels(checked)

    # ---- what an estimator adds --------------------------------------------------------------------------------------

    _wants_numbers = False
    """True if `y` must be numbers."""

    def _learn_targets(
        self, y: Any, are_known: bool
    ) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float64] | None]:
        """Learn the classes or the number of targets from a checked `y`, or check that they are the same as before.

        Returns
        -------
        targets : (n,) int64, or (n, n_outputs) array
            As the network takes them.
        codes : (n,) int64
            Number of each sample's class; 0 for other targets.
        weights : (n,) float64, or None
            Weights of the samples' classes.
        """
        raise NotImplementedError

    def _outputs_wanted(self) -> tuple[str, tuple[str, ...]]:
        """Return the loss of the network, and the name of each output."""
        raise NotImplementedError

    def _new_targets(self, y: Any) -> NDArray[Any]:
        """Return targets of samples to validate with, which are not checked yet, as the network takes them."""
        raise NotImplementedError

    def _targets_to_json(self) -> Any:
        """Return what has been learned of the targets, as JSON can hold it."""
        raise NotImplementedError

    def _set_targets(self, stored: Any) -> None:
        """Take over what `_targets_to_json` returned."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        """Return the facts about the estimator that scikit-learn asks for."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def supports_partial_fit(estimator: BaseMLP) -> bool:
    """Return True, or raise AttributeError if the solver needs all samples at once."""
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for the solvers adam and sgd.")
    return True
