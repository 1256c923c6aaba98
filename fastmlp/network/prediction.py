"""Prediction: forward passes over many samples, in chunks that threads share, each with scratch of its own."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.inputs.disk_samples import DiskSamples, Samples
from fastmlp.inputs.packed import Packed
from fastmlp.inputs.targets import Targets, some_targets
from fastmlp.kernels.layout import scratch_size
from fastmlp.kernels.prediction import evaluate, predict_labels, predict_outputs
from fastmlp.system.threads import run_in_chunks, threads_for_chunks

T = TypeVar("T")
Scratch = NDArray[Any]  # not spelled out where functions are made in each call: that takes as long as a small network

BLOCK = 48
"""Samples that go through a layer at a time: their activations stay in the cache, and they fill tiles of 8, 6 and 4
rows."""
CHUNK_FLOP = 2e7
"""Work in one kernel call: a quarter of a millisecond or more."""


class Evaluation(NamedTuple):
    """Mean loss over some samples, and the fraction of them classified correctly; None for "regression"."""

    loss: float
    accuracy: float | None


class Predictor:
    """The forward passes of one network.

    Parameters
    ----------
    model : kernels.Model
        Its parameters may change between calls.
    n_out : int
    """

    def __init__(self, model: kernels.Model, n_out: int) -> None:
        # A view stays as it is if the network's own array is frozen, for which Numba would compile another form.
        self._model, self._n_out = model._replace(params=model.params[:]), n_out
        self._scratches: list[Scratch] = []

    def outputs(self, X: Samples, threads: int | None = None) -> NDArray[Any]:
        """Return the outputs (n, n_out) of samples that as_samples has returned."""
        return self._predict(predict_outputs, X, np.empty((len(X), self._n_out), self._model.params.dtype), threads)

    def labels(self, X: Samples, threads: int | None = None) -> NDArray[np.int64]:
        """Return the number of the largest output (n,) of samples that as_samples has returned."""
        return self._predict(predict_labels, X, np.empty(len(X), np.int64), threads)

    def _predict(self, kernel: Any, X: Samples, results: NDArray[Any], threads: int | None) -> NDArray[Any]:
        """Write the results of a kernel of prediction, one a sample, and return them."""
        if isinstance(X, np.ndarray) and len(X) <= BLOCK:  # microseconds count
            scratch = self._take_scratch()
            kernel(X, None, *self._model, scratch, results)
            self._scratches.append(scratch)
        elif isinstance(X, DiskSamples):
            for where, part in X.parts():
                self._predict(kernel, part, results[where], threads)
        else:

            def predict(chunk: slice, scratch: Scratch) -> None:
                kernel(*_chunk_of(X, chunk), *self._model, scratch, results[chunk])

            self._in_chunks(len(X), predict, threads)
        return results

    def evaluate(
        self, X: Samples, y: Targets, rows: NDArray[np.int64] | None = None, threads: int | None = None
    ) -> tuple[float, int]:
        """Return the sum of the losses and the number of correct samples among some rows of checked samples, or all."""
        if isinstance(X, DiskSamples):
            in_turn = y if rows is None else y[rows]
            parts = X.parts(rows)
            evaluated = [self.evaluate(part, some_targets(in_turn, where), None, threads) for where, part in parts]
            return sum(loss for loss, _ in evaluated), sum(n for _, n in evaluated)
        rows = np.arange(len(X)) if rows is None else rows

        def evaluate_chunk(chunk: slice, scratch: Scratch) -> Any:
            return evaluate(X, y, rows[chunk], self._model, scratch)

        losses, n_correct = zip(*self._in_chunks(len(rows), evaluate_chunk, threads), strict=True)
        return sum(losses), sum(n_correct)

    def _in_chunks(self, n: int, call: Callable[[slice, Scratch], T], threads: int | None) -> list[T]:
        """Return call(chunk, scratch) for each chunk of n samples, in their order, from at most `threads` threads."""

        def work(chunk: slice) -> T:
            scratch = self._take_scratch()
            answer = call(chunk, scratch)
            self._scratches.append(scratch)
            return answer

        if n <= BLOCK:
            return [work(slice(0, n))]
        rows = BLOCK * max(1, int(CHUNK_FLOP / (2 * self._model.params.size * BLOCK)))
        return run_in_chunks(n, rows, threads_for_chunks(n, rows, threads), work)

    def _take_scratch(self) -> Scratch:
        """Return scratch that no other thread uses. It goes back to `_scratches` after use, or is lost."""
        try:
            return self._scratches.pop()
        except IndexError:
            return np.empty(scratch_size(self._model.layout, BLOCK), self._model.params.dtype)


def _chunk_of(X: NDArray[Any] | Packed, chunk: slice) -> tuple[Any, NDArray[np.int64] | None]:
    """Return samples and their numbers as the kernels take them: a slice of dense ones, numbers of packed ones."""
    if isinstance(X, Packed):
        return X, np.arange(chunk.start, min(chunk.stop, len(X)))
    return X[chunk], None
