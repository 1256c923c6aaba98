"""FullGradient: the loss over all samples of a fit, and its gradient, as a function of the parameters.

The kernel that trains computes it, so that packed samples, weights of samples and threads come with it: momentum
without decay adds up the gradients of batches, and a learning rate of 0 leaves the parameters as they are.
"""

import functools
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.inputs.packed import FirstLayer, for_threads, pack_if_sparse
from fastmlp.kernels.epochs import train
from fastmlp.kernels.layout import scratch_size
from fastmlp.system.machine import aligned_empty
from fastmlp.system.threads import Team
from fastmlp.training.fit import Fit
from fastmlp.training.thread_choice import ThreadChoice

ROWS = 1024
"""Samples in a batch: enough for full speed, and scratch stays small."""


class Evaluated(NamedTuple):
    """The loss and its gradient at some parameters.

    Attributes
    ----------
    loss : float
        Mean over the samples, without the penalty.
    penalty : float
        l2 / 2 * sum w^2 over the weights.
    gradient : (n_params,) float64
        Of loss + penalty.
    n_correct : int
        Samples classified correctly.
    """

    loss: float
    penalty: float
    gradient: NDArray[np.float64]
    n_correct: int


class FullGradient:
    """The loss over all samples of a fit, and its gradient.

    Parameters
    ----------
    fit : Fit
        Its network and its state are overwritten by each evaluation; its samples are in memory.
    candidates : tuple of int
        Numbers of threads to choose from, as in TrainingLoop.
    """

    def __init__(self, fit: Fit, candidates: tuple[int, ...]) -> None:
        self._fit, self._order = fit, np.asarray(fit.data.rows)
        self._team = Team(max(candidates), min(candidates))
        try:
            self._prepare(candidates)
        except BaseException:
            self.close()
            raise

    def _prepare(self, candidates: tuple[int, ...]) -> None:
        """Prepare the samples for each number of threads, and working memory."""
        fit, network = self._fit, self._fit.network
        candidates = tuple(sorted({min(threads, self._team.threads) for threads in candidates}))
        self._rows = min(ROWS, len(self._order))
        layer = FirstLayer(network.sizes[0], network.sizes[1], network.dtype, self._rows)
        X: Any = fit.data.X
        packed = pack_if_sparse(X, layer.n_out)
        self._inputs = {each: X if packed is None else for_threads(packed, layer, each) for each in candidates}
        self._threads = ThreadChoice(candidates)
        scratch = aligned_empty(scratch_size(network.layout, self._rows), network.dtype)
        losses = np.empty(-(-len(self._order) // self._rows))
        correct = np.empty((self._team.threads, 1), np.int64)
        self._work = kernels.Work(scratch, aligned_empty(network.n_params, network.dtype), losses, correct)
        self._rates = np.zeros(len(losses))
        methods = fit.options.methods(fit.data.sample_weights, dropout_seed=0)
        self._methods = methods and methods._replace(l2=0.0)  # added once, not for each batch

    @property
    def threads(self) -> int:
        """The number of threads that was fastest."""
        return self._threads.fastest

    def close(self) -> None:
        """End the threads."""
        self._team.close()

    def __call__(self, params: NDArray[Any]) -> Evaluated:
        """Return the loss and its gradient at these parameters (n_params,), which the network then has."""
        state, n, l2 = self._fit.state, len(self._order), self._fit.options.regularization.l2
        state.check_writeable()  # a callback may have frozen the network
        state.params[:] = params
        whole, started, threads = n - n % self._rows, time.perf_counter(), self._threads.choose()
        total, n_correct, gradient = 0.0, 0, np.zeros(state.params.size)
        for part in filter(len, (self._order[:whole], self._order[whole:])):  # whole batches; the last, shorter one
            loss, correct = self._sum_up(part, threads)
            total, n_correct = total + loss, n_correct + correct
            gradient += state.opt_state[0] * (min(self._rows, len(part)) / n)
        self._threads.record(threads, n, time.perf_counter() - started)
        penalty = 0.0
        if l2:
            network = self._fit.network
            for (W, _), (dW, _) in zip(network.layers(network.params), network.layers(gradient), strict=True):
                dW += l2 * W
                penalty += l2 / 2 * float(np.vdot(W, W))
        return Evaluated(total / n, penalty, gradient, n_correct)

    def _sum_up(self, order: NDArray[np.int64], threads: int) -> tuple[float, int]:
        """Write the sum of the batches' gradients to the optimizer's state; return the loss and the correct samples."""
        fit, work, n_batches = self._fit, self._work, -(-len(order) // self._rows)
        fit.state.opt_state[:], work.epoch_correct[:] = 0, 0
        rule = kernels.Rule(
            optimizer=fit.options.constants.code,
            decay_1=1.0,
            decay_2=0.0,
            epsilon=0.0,
            rates=self._rates[:n_batches],
            opt_state=fit.state.opt_state,
            step=fit.state.step,
            batch_size=self._rows,
            methods=self._methods,
            epoch_size=len(order),
        )
        work = work._replace(batch_losses=work.batch_losses[:n_batches])
        evaluate = functools.partial(train, self._inputs[threads], fit.data.y, order, fit.network.model, rule, work)
        n_correct = sum(self._team.call(evaluate, threads))
        return float(work.batch_losses.sum()), n_correct
