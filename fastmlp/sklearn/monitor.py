"""Monitor: scikit-learn's bookkeeping of a training, and its rule for the end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.training.callbacks import Callback, RunningFit
from fastmlp.training.history import Epoch

SLOWEST = 1e-6
"""Rate below which "adaptive" ends the training."""


@dataclass
class Curve:
    """The figures that go on from one `fit` to the next, where that one continues.

    Attributes
    ----------
    losses, scores : list of float
        Loss with penalty, and the validation score, of each epoch.
    best_loss, best_score : float
    waited : int
        Epochs without an improvement by `tol`.
    learning_rate : float or None
        Rate that "adaptive" has come to, where partial_fit goes on.
    """

    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    best_loss: float = np.inf
    best_score: float = -np.inf
    waited: int = 0
    learning_rate: float | None = None


class Monitor(Callback):
    """Keeps the curve, prints it, and ends the training as scikit-learn does.

    Parameters
    ----------
    estimator : estimator
    curve : Curve
        Continued.
    score : function of an Epoch, or None
        Returns the score on the validation samples; None without them.

    Attributes
    ----------
    n_iter : int
        Epochs of this fit.
    converged : bool
        Whether the rule has ended the training.
    is_exhausted : bool
        Whether `max_iter` or `max_fun` has.
    best_params : (n_params,) array or None
        With early stopping, the parameters with the best score.
    """

    def __init__(self, estimator: Any, curve: Curve, score: Callable[[Epoch], float] | None) -> None:
        self.curve, self.n_iter, self.converged, self.is_exhausted = curve, 0, False, False
        self.best_params: NDArray[Any] | None = None
        self._estimator, self._score, self._evaluations = estimator, score, 0
        self._stops_early = estimator.early_stopping and estimator.solver != "lbfgs"
        is_adaptive = estimator.solver == "sgd" and estimator.learning_rate == "adaptive"
        self._is_adaptive = is_adaptive and estimator.schedule is None

    def on_train_begin(self, fit: RunningFit) -> None:
        """Go on with the best weights so far, and with the learning rate that partial_fit has come to."""
        self._fit = fit
        if self._stops_early and self.curve.best_score > -np.inf:
            self.best_params = fit.network.params.copy()
        if self._is_adaptive and self.curve.learning_rate is not None:
            fit.learning_rate = self.curve.learning_rate

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        """Count the evaluations of L-BFGS."""
        self._evaluations += 1

    def on_epoch_end(self, record: Epoch) -> bool:
        """Add the epoch to the curve; return whether it is the last one."""
        self.n_iter += 1
        network = self._fit.network
        penalty = self._fit.options.regularization.l2 / 2
        loss = record.loss / (network.sizes[-1] if network.loss == "regression" else 1)  # scikit-learn's mean
        loss += penalty * sum(float(np.vdot(W, W)) for W in network.weights) if penalty else 0.0
        self.curve.losses.append(loss)
        if self._estimator.verbose:
            print(f"Iteration {self.n_iter}, loss = {loss:.8f}")
        if self._score is not None:
            self.curve.scores.append(self._score(record))
            if self._estimator.verbose:
                print(f"Validation score: {self.curve.scores[-1]:f}")
        self._compare()
        return self._is_over()

    def _compare(self) -> None:
        """Compare the last epoch with the best one so far."""
        curve, tol = self.curve, self._estimator.tol
        if self._stops_early:
            score = curve.scores[-1]
            curve.waited = curve.waited + 1 if score < curve.best_score + tol else 0
            if score > curve.best_score:
                curve.best_score, self.best_params = score, self._fit.network.params.copy()
            return
        loss = curve.losses[-1]
        curve.waited = curve.waited + 1 if loss > curve.best_loss - tol else 0
        curve.best_loss = min(loss, curve.best_loss)

    def _is_over(self) -> bool:
        """Return whether the training ends, or let it go on with a lower rate."""
        self.is_exhausted = self.n_iter == self._estimator.max_iter
        if self._estimator.solver == "lbfgs":
            self.is_exhausted |= self._evaluations >= self._estimator.max_fun
            return self.is_exhausted
        if self.curve.waited <= self._estimator.n_iter_no_change:
            return False
        if self._is_adaptive and self._fit.learning_rate > SLOWEST:
            self._fit.learning_rate = self.curve.learning_rate = self._fit.learning_rate / 5
            self.curve.waited = 0
            return False
        self.converged = True
        return True
