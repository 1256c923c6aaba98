"""Do all contestants train the same network? Asked before anything is timed; who does not is not timed.

Everyone starts from the same weights, takes the same batches, and must agree with the baseline on the loss: the one
that they report over these steps, and the one of the weights that they end with, computed here in float64 from the
equations, for all by the same lines.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.arena import ContestantError, Process
from benchmarks.workloads import Workload

Parameters = list[tuple[Any, Any]]
"""The weights (n_in, n_out) and biases (n_out,) of each layer."""
TOLERANCE = 1e-4
"""Relative."""
STEPS = 10
"""Full batches; a shorter one follows. Of 40 with Adam, rounding alone makes 4e-4: where a gradient is all but 0, its
sign decides the step."""


def outputs(parameters: Parameters, workload: Workload, X: NDArray[Any]) -> NDArray[Any]:
    """Return the outputs (n, n_out) of a network for `X` (n, n_in), computed in the dtype of X."""
    A = X
    for layer, (W, b) in enumerate(parameters, start=1):
        Z = A @ W.astype(X.dtype) + b.astype(X.dtype)
        if layer < len(parameters):
            A = np.maximum(Z, 0) if workload.activation == "relu" else 1 / (1 + np.exp(-Z))
    if workload.loss == "squared_error":
        return np.asarray(1 / (1 + np.exp(-Z)))
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(E / E.sum(axis=1, keepdims=True))


def mean_loss(parameters: Parameters, workload: Workload, X: NDArray[Any], y: NDArray[np.int64]) -> float:
    """Return the mean loss of a network over `X` (n, n_in) with labels `y` (n,)."""
    A = outputs(parameters, workload, X / 255)
    if workload.loss == "cross_entropy":
        return float(-np.log(A[np.arange(len(y)), y]).mean())
    return float(((A - np.eye(A.shape[1])[y]) ** 2).sum(axis=1).mean() / 2)


def accuracy(parameters: Parameters, workload: Workload, X: NDArray[Any], y: NDArray[np.int64]) -> float:
    """Return the share of `X` (n, n_in), values from 0 to 1, that a network takes for what the labels `y` (n,) say."""
    return float((outputs(parameters, workload, X).argmax(axis=1) == y).mean())


def losses_after_steps(process: Process, workload: Workload, X: Any, y: Any) -> dict[str, float | None]:
    """Train for some steps; return the reported mean loss and that of the weights at the end over the same samples."""
    samples = min(len(X), STEPS * workload.batch_size + workload.batch_size // 2)
    process.prepare(workload, samples=samples)
    reported = process.train_epoch(1)["loss"]
    version = process.contestant.version_of(workload)
    return {"reported": reported, "at the end": mean_loss(process.parameters(), version, X[:samples], y[:samples])}


def check(
    field: list[Process], judge: Process, workload: Workload, X: NDArray[Any], y: NDArray[np.int64]
) -> dict[str, dict[str, float | None]]:
    """Return everyone's losses after some steps, or raise ContestantError where one is not the judge's.

    Parameters
    ----------
    field : list of Process
        Whoever is about to be timed.
    judge : Process
        The baseline. It trains each version of the workload: its own, and the one with cross-entropy for contestants
        that have no squared error.
    workload, X, y
        The workload and the training samples, (n, n_in) and (n,).
    """
    found, expected = {}, {}
    for process in field:
        version = process.contestant.version_of(workload)
        if version.loss not in expected:
            expected[version.loss] = losses_after_steps(judge, version, X, y)
        losses = losses_after_steps(process, workload, X, y)
        for what, loss in losses.items():
            right = expected[version.loss][what]
            if loss is not None and not abs(loss - right) <= TOLERANCE * right:  # type: ignore[operator]
                raise ContestantError(
                    f"{process.contestant.title} on {process.threads} threads does not train {workload.name}: its loss "
                    f"{what} is {loss:.6f}, the baseline's {right:.6f}. Nothing is timed; leave it out by naming the "
                    "others with --contestant."
                )
        found[f"{process.contestant.name}-{process.threads}"] = losses
    return found
