"""BaseMLP: the common part of the classifier and the regressor."""

import copy
import math
import os
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fastmlp.inputs.arrays import for_kernels
from fastmlp.inputs.disk_samples import Samples
from fastmlp.inputs.training_data import TrainingData
from fastmlp.kernels.special import all_finite
from fastmlp.network.network import Network
from fastmlp.sklearn.files import DAMAGE, damaged, load_estimator, parameter, plain, save_estimator
from fastmlp.sklearn.monitor import Curve, Monitor
from fastmlp.sklearn.parameters import ACTIVATIONS, CONSTRAINTS, hidden_layers, make_trainer, n_threads
from fastmlp.sklearn.samples import Checked, HeldOut, as_kernels_take, split, training_data
from fastmlp.sklearn.tasks import CallbackSupportMixin, Tasks
from fastmlp.sklearn.warn import warn
from fastmlp.training.callbacks import Callback
from fastmlp.training.history import Epoch, History
from fastmlp.training.trainer import Trainer

KEPT = ("n_features_in_", "n_iter_", "t_")
"""Fitted attributes that a file holds as they are; the others follow from the rest of it."""
OUTPUT_ACTIVATIONS = {"cross_entropy": "softmax", "binary_cross_entropy": "logistic", "regression": "identity"}


class BaseMLP(CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
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
        check_is_fitted(self, "network_")
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
            if estimator.n_features_in_ != network.sizes[0]:
                raise ValueError("its features are not those of the network")
            if state["feature_names"] is not None:
                estimator.feature_names_in_ = np.array(state["feature_names"], object)
            estimator._set_targets(state["targets"])
            curve, history = Curve(**state["curve"]), History.from_dicts(state["history"])
            estimator._keep(network, curve, estimator.n_iter_, history, int(state["seed"]))
            estimator._state = None
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
        """Train on samples as the user passed them; `incremental` for partial_fit.

        If that fails, the estimator has the attributes that it had before.
        """
        before = dict(vars(self))
        try:
            return self._fit_anew(X, y, weights, validation, incremental)
        except BaseException:
            callbacks = {name: each for name, each in vars(self).items() if name.startswith(("_skl", "_callback"))}
            self.__dict__ = before | callbacks
            raise

    def _fit_anew(self, X: Any, y: Any, weights: Any, validation: tuple[Any, Any], incremental: bool) -> Self:
        """Do what _fit does."""
        self._validate_params()
        if incremental:
            self._check_incremental()
        goes_on = hasattr(self, "network_") and (self.warm_start or incremental)
        checked = self._check_samples(X, y, weights, goes_on, incremental)
        if goes_on:
            seed, network, curve = self._seed, self.network_, copy.deepcopy(self._curve)
            self._check_same_network()
        else:
            seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
            network, curve, self.t_ = self._make_network(seed), Curve(), 0
        held_out = self._given_validation(*validation)
        if held_out is None and self.early_stopping and self.solver != "lbfgs":
            checked, held_out = split(checked, self.validation_fraction, seed)
        mean_weight, data = training_data(checked, held_out, self.dtype)
        self._warn_of_batch_size(len(data.rows))
        seen = self.t_ if incremental else 0
        trainer = make_trainer(self, network, seed, len(data.rows), mean_weight, seen)
        self._continue_state(trainer, goes_on, incremental)
        curve.learning_rate = curve.learning_rate if incremental else None
        monitor = Monitor(self, curve, None if held_out is None else self._score_with(network, held_out))
        self._train(trainer, data, monitor, (X, y, weights), 1 if incremental else self.max_iter)
        self._keep(network, curve, monitor.n_iter, trainer.history, seed)
        self.t_ += len(data.rows) * monitor.n_iter
        self._state = trainer.state if incremental else None
        if not (incremental or monitor.converged) and monitor.is_exhausted:
            warn(
                f"Maximum iterations ({self.max_iter}) reached and the optimization hasn't converged yet."
                if monitor.n_iter == self.max_iter
                else f"max_fun={self.max_fun} evaluations are over and the optimization hasn't converged yet.",
                ConvergenceWarning,
            )
        return self

    def _check_incremental(self) -> None:
        """Raise ValueError if a parameter does not go with partial_fit."""
        for name, value, is_wrong in (
            ("solver", self.solver, self.solver == "lbfgs"),
            ("early_stopping", self.early_stopping, self.early_stopping),
            ("schedule", self.schedule, self.schedule is not None),
        ):
            if is_wrong:
                raise ValueError(f"partial_fit does not support {name}={value!r}, which is for a whole fit: call fit.")

    def _train(
        self, trainer: Trainer, data: TrainingData, monitor: Monitor, given: tuple[Any, ...], epochs: int
    ) -> None:
        """Train; Ctrl-C ends it with a warning, as in scikit-learn, and the network keeps what it has learned."""
        callbacks: list[Callback] = [monitor]
        tasks = None
        if hasattr(self, "_skl_callbacks") or hasattr(self, "_parent_callback_ctx"):
            tasks = Tasks(self, given, epochs)
            callbacks.append(tasks)
        try:
            trainer.fit_checked(data, epochs, callbacks)
        except KeyboardInterrupt:
            warn("Training interrupted by user.")
        if monitor.best_params is not None:
            trainer.network.params[:] = monitor.best_params
        if tasks is not None:
            tasks.close()

    def _continue_state(self, trainer: Trainer, goes_on: bool, incremental: bool) -> None:
        """Let the optimizer of a partial_fit go on from the last one, and the numbers of epochs from those before."""
        if not goes_on:
            return
        state = self._state if incremental else None
        if state is not None and state.opt_state.shape == trainer.state.opt_state.shape:
            trainer.state = state
        trainer.state.history = History(self.history_)

    def _keep(self, network: Network, curve: Curve, n_iter: int, history: History, seed: int) -> None:
        """Keep what a training has found."""
        self.network_, self.history_, self._curve, self._seed = network, history, curve, seed
        self.n_iter_, self.loss_curve_ = n_iter, curve.losses
        self.loss_ = curve.losses[-1] if curve.losses else math.inf
        self.validation_scores_ = curve.scores if curve.scores else None
        self.best_validation_score_ = max(curve.scores) if curve.scores else None
        self.best_loss_ = None if self.early_stopping else curve.best_loss

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

    def _warn_of_batch_size(self, n: int) -> None:
        if self.batch_size != "auto" and self.batch_size > n and self.solver != "lbfgs":
            warn(f"batch_size is {self.batch_size} and there are {n} samples: it is clipped to {n}.")

    def _given_validation(self, X_val: Any, y_val: Any) -> HeldOut | None:
        """Return the samples to validate with that the user passed, or None."""
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together: pass both, or neither.")
        if X_val is None:
            return None
        samples = self._new_samples(X_val, np.dtype(self.dtype), self.n_features_in_)
        targets = self._new_targets(y_val)
        if len(targets) != len(samples):
            raise ValueError(f"X_val has {len(samples)} samples and y_val has {len(targets)}: pass as many of each.")
        return HeldOut(samples, targets, None)

    def _score_with(self, network: Network, held_out: HeldOut) -> Any:
        """Return the function that scores an epoch on samples held out, with their weights."""

        def score(record: Epoch) -> float:
            if held_out.weights is None and record.validation_accuracy is not None:
                return record.validation_accuracy
            outputs = network.outputs_checked(held_out.X, threads=n_threads(self.n_jobs))
            return self._score_of_outputs(held_out.targets, outputs, held_out.weights)

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
        targets, codes, of_classes = self._learn_targets(checked_y, goes_on, incremental)
        if weights is not None:
            own = _check_sample_weight(weights, checked_X, dtype=np.float64)
            if (own < 0).any():
                raise ValueError("Negative values in data passed to `sample_weight`: pass numbers of at least 0.")
            of_classes = own if of_classes is None else own * of_classes
        return Checked(checked_X, targets, codes, of_classes)

    def _outputs(self, samples: Samples) -> NDArray[Any]:
        return self.network_.outputs_checked(samples, threads=n_threads(self.n_jobs))

    def _samples(self, X: Any) -> Samples:
        """Return samples to predict as the kernels take them."""
        if not hasattr(self, "network_"):
            check_is_fitted(self, "network_")
        return self._new_samples(X, self.network_.dtype, self.network_.sizes[0])

    def _new_samples(self, X: Any, dtype: np.dtype[Any], n_features: int) -> Samples:
        """Return samples with the features of those in `fit` as the kernels take them.

        scikit-learn's checks take 0.3 ms, a hundred times as long as the prediction of a row. An array of numbers that
        passes all of them is recognized without.
        """
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            if type(X) is np.ndarray and X.ndim == 2 and X.dtype.kind == "f" and not hasattr(self, "feature_names_in_"):
                samples = X if X.dtype == dtype and X.flags.carray else for_kernels(X.astype(dtype, order="C"))
                if samples.shape[1] == n_features and len(samples) and all_finite(samples.reshape(-1)):
                    return samples
            checked = validate_data(self, X, accept_sparse="csr", dtype=dtype, order="C", reset=False)
        return as_kernels_take(checked)

    # ---- what an estimator adds --------------------------------------------------------------------------------------

    _wants_numbers = False
    """True if `y` must be numbers."""

    @abstractmethod
    def _learn_targets(
        self, y: Any, goes_on: bool, incremental: bool
    ) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float64] | None]:
        """Learn the classes or the number of targets from a checked `y`, or check that they are the same as before.

        Those of partial_fit are known before the first call.

        Returns
        -------
        targets : (n,) int64, or (n, n_outputs) array
            As the network takes them.
        codes : (n,) int64
            Number of each sample's class; 0 for other targets.
        weights : (n,) float64, or None
            Weights of the samples' classes.
        """

    @abstractmethod
    def _outputs_wanted(self) -> tuple[str, tuple[str, ...]]:
        """Return the loss of the network, and the name of each output."""

    @abstractmethod
    def _new_targets(self, y: Any) -> NDArray[Any]:
        """Return targets of samples to validate with, which are not checked yet, as the network takes them."""

    @abstractmethod
    def _score_of_outputs(
        self, targets: NDArray[Any], outputs: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> float:
        """Return the score of outputs of the network, with weights of the samples."""

    @abstractmethod
    def _targets_to_json(self) -> Any:
        """Return what has been learned of the targets, as JSON can hold it."""

    @abstractmethod
    def _set_targets(self, stored: Any) -> None:
        """Take over what `_targets_to_json` returned."""

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
