"""The check that all contestants train the same network; a contestant that does not is not timed.

All start from the same weights and take the same batches, and must agree with the baseline on two losses: the loss that
they report over these steps, and the loss of their final weights, which is computed here in float64 from the equations.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.arena import ContestantError, Process
from benchmarks.workloads import Workload

Parameters = list[tuple[Any, Any]]
"""The weights (n_in, n_out) and biases (n_out,) of each layer."""
TOLERANCE = 1e-4
"""Largest relative difference of two losses."""
STEPS = 10
"""Number of full batches, which a shorter one follows. After 40 steps of Adam rounding alone makes a difference of
4e-4: the sign of a gradient that is almost 0 decides the step."""


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
    """Return the fraction of `X` (n, n_in), values from 0 to 1, that a network classifies as the labels `y` (n,)."""
    return float((outputs(parameters, workload, X).argmax(axis=1) == y).mean())


def losses_after_steps(process: Process, workload: Workload, X: Any, y: Any) -> dict[str, float | None]:
    """Train for some steps; return the mean loss that is reported, and the final weights' loss on the same samples."""
    samples = min(len(X), STEPS * workload.batch_size + workload.batch_size // 2)
    process.prepare(workload, samples=samples)
    reported = process.train_epoch(1)["loss"]
    version = process.contestant.version_of(workload)
    return {"reported": reported, "at the end": mean_loss(process.parameters(), version, X[:samples], y[:samples])}


def check(
    field: list[Process], judge: Process, workload: Workload, X: NDArray[Any], y: NDArray[np.int64]
) -> dict[str, dict[str, float | None]]:
    """Return the losses of every contestant after some steps.

    Parameters
    ----------
    field : list of Process
        The processes that are about to be timed.
    judge : Process
        The baseline. It trains each version of the workload: the original, and the one with cross-entropy for
        contestants that have no squared error.
    workload, X, y
        The workload and the training samples, (n, n_in) and (n,).

    Raises
    ------
    ContestantError
        A loss differs from the judge's.
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
