"""LbfgsLoop: the iterations of SciPy's L-BFGS, each recorded as an epoch.

L-BFGS ([1]_) steps with the gradient over all samples and an estimate of the curvature from the last steps. On small
data it needs far fewer passes over the samples than gradient descent on batches, and no learning rate.

References
----------
.. [1] R. Byrd, P. Lu, J. Nocedal, C. Zhu, A limited memory algorithm for bound constrained optimization, 1995.
"""

import contextlib
import math
import sys
import time
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastmlp.errors import DivergedError, InputError
from fastmlp.training.fit import Fit
from fastmlp.training.full_gradient import Evaluated, FullGradient
from fastmlp.training.history import Epoch


class LbfgsLoop:
    """The iterations of one fit; a context, which ends its threads.

    Parameters
    ----------
    fit : Fit
        Its number of epochs is the largest number of iterations.
    candidates : tuple of int
        Numbers of threads to choose from.
    validation_threads : int or None
        Most threads for the validation; None for the default number.

    Raises
    ------
    InputError
        SciPy is not installed, or the system can't start the threads.
    """

    def __init__(self, fit: Fit, candidates: tuple[int, ...], validation_threads: int | None = None) -> None:
        try:
            from scipy.optimize import minimize
        except ModuleNotFoundError:
            raise InputError("The optimizer lbfgs needs SciPy: pip install scipy, or choose adam.") from None
        self._minimize = minimize
        self._fit, self._validation_threads = fit, validation_threads
        self._evaluate = FullGradient(fit, candidates)
        self._accepted = fit.network.params.copy()
        self._last: tuple[NDArray[np.float64], Evaluated] | None = None
        self._started = 0.0

    @property
    def threads(self) -> int:
        """The number of threads that was fastest."""
        return self._evaluate.threads

    def run(self) -> None:
        """Train until the gradient is below the tolerance, nothing improves, or the epochs are over.

        Whatever ends it early, the network has the parameters of the last iteration.

        Raises
        ------
        DivergedError
            The loss is not finite.
        """
        fit = self._fit
        options = {"maxiter": fit.last_epoch - len(fit.history), "maxfun": sys.maxsize, "gtol": fit.options.tolerance}
        start = fit.network.params.astype(np.float64)
        try:
            self._started = time.perf_counter()
            result = self._minimize(
                self._loss_and_gradient,
                start,
                jac=True,
                method="L-BFGS-B",
                callback=self._end_iteration,
                options=options,
            )
            if not result.nit:  # the gradient is below the tolerance at the start: an epoch that changes nothing
                with contextlib.suppress(StopIteration):
                    self._end_iteration(result)
        finally:
            if fit.network.params.flags.writeable:  # else a callback has frozen it, and an error says so
                fit.network.params[:] = self._accepted

    def close(self) -> None:
        """End the threads."""
        self._evaluate.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _loss_and_gradient(self, params: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return loss and gradient for SciPy."""
        epoch, n = len(self._fit.history) + 1, len(self._fit.data.rows)
        evaluated = self._evaluate(params)
        if self._last is None and not math.isfinite(evaluated.loss):
            raise self._diverged()
        self._last = params.copy(), evaluated
        self._fit.callbacks.on_slice_end(epoch, n, n)
        return evaluated.loss + evaluated.penalty, evaluated.gradient

    def _end_iteration(self, intermediate_result: Any) -> None:
        """Record an iteration that SciPy has ended; the name of the argument is what SciPy looks for."""
        fit, params = self._fit, intermediate_result.x
        if self._last is None or not np.array_equal(self._last[0], params):
            self._last = params.copy(), self._evaluate(params)
        evaluated, n = self._last[1], len(fit.data.rows)
        if not (math.isfinite(evaluated.loss) and np.isfinite(params).all()):
            raise self._diverged()
        fit.network.params[:] = params
        self._accepted[:] = fit.network.params
        fit.state.step += 1
        seconds = time.perf_counter() - self._started
        validation: tuple[float | None, ...] = (None, None)
        if fit.data.validation is not None:
            validation = fit.network.evaluate_checked(*fit.data.validation, threads=self._validation_threads)
        record = Epoch(
            epoch=len(fit.history) + 1,
            loss=evaluated.loss,
            accuracy=evaluated.n_correct / n if fit.network.loss != "regression" else None,
            seconds=seconds,
            samples_per_second=n / seconds,
            validation_loss=validation[0],
            validation_accuracy=validation[1],
        )
        fit.history.append(record)
        fit.callbacks.on_epoch_end(record)
        if fit.is_done:
            raise StopIteration
        self._started = time.perf_counter()

    def _diverged(self) -> DivergedError:
        return DivergedError(
            f"The loss became NaN in epoch {len(self._fit.history) + 1}: scale the inputs to about 1; the network has "
            "the weights from before that epoch."
        )
