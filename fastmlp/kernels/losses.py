"""The losses: what the outputs pass through, the cost, and its derivative with respect to the weighted sums.

A loss decides the output layer's activation: sigmoid for SQUARED_ERROR, softmax for CROSS_ENTROPY.
"""

import math

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.activations import sigmoids
from fastmlp.kernels.exponential import exponentials
from fastmlp.kernels.team import GROUP_ROWS
from fastmlp.kernels.views import flat, segment

SQUARED_ERROR, CROSS_ENTROPY = 0, 1

LOSSES = {"squared_error": SQUARED_ERROR, "cross_entropy": CROSS_ENTROPY}
"""The code of each loss by its name."""


@kernel
def argmax(a):
    """Return the index of the largest of `a` (n,), the first one if several are equal; 0 if all are NaN."""
    best = 0
    for j in range(1, a.size):
        if a[j] > a[best]:
            best = j
    return best


@kernel
def _shift_rows(Z):
    """Subtract from each row of `Z` (batch, n_out), in place, its largest: then no exponential overflows."""
    for i in range(Z.shape[0]):
        z = segment(Z, i * Z.shape[1], Z.shape[1])
        largest = z[argmax(z)]
        for j in range(z.size):
            z[j] -= largest


@kernel
def _divide_by_sum(z):
    """Divide `z` (n,) in place by its sum, and return that."""
    total = z.dtype.type(0)
    for j in range(z.size):
        total += z[j]
    for j in range(z.size):
        z[j] /= total
    return total


@kernel
def activate_outputs(loss, Z):
    """Turn the last layer's weighted sums into outputs in place: sigmoid or, row by row, softmax.

    Parameters
    ----------
    loss : int
        SQUARED_ERROR (sigmoid) or CROSS_ENTROPY (softmax).
    Z : (batch, n_out) float32 or float64, C-contiguous
        Overwritten.
    """
    if loss == CROSS_ENTROPY:
        _shift_rows(Z)
        exponentials(flat(Z))
        for i in range(Z.shape[0]):
            _divide_by_sum(segment(Z, i * Z.shape[1], Z.shape[1]))
    else:
        sigmoids(flat(Z))


@kernel
def loss_and_delta(loss, Z, y, batch, rows, delta, losses):
    """Compute the outputs of a batch, or some of its rows, their cost, and the error of the output layer.

    With t the wanted output (1 for the label, 0 elsewhere), summed over the outputs and averaged over the batch:
    squared error C = 1/2 (a - t)^2, delta = (a - t) a (1 - a), a = sigmoid(z) (BP1 in [1]_);
    cross entropy C = -log(a_label), delta = a - t, a = softmax(z) ([1]_, chapter 3).

    Parameters
    ----------
    loss : int
        SQUARED_ERROR or CROSS_ENTROPY.
    Z : (n, n_out) float32 or float64, C-contiguous
        Weighted sums; overwritten by the outputs A.
    y : (n_samples,) int64
        Labels from 0 to n_out - 1; not checked here.
    batch : (n,) int64
        The number of each row's sample: row i has the label y[batch[i]].
    rows : int
        Samples in the whole batch, which the cost is averaged over.
    delta : (n, n_out), same dtype as Z
        Overwritten by dC/dZ, the 1 / rows of the average included.
    losses : (at least ceil(n / GROUP_ROWS),), same dtype as Z
        Overwritten by the samples' losses, those of GROUP_ROWS samples summed, not averaged; NaN where a weighted sum
        is. So a batch's loss has the same bits if its groups are given to several calls.

    Returns
    -------
    n_correct : int
        How many samples have their largest output at their label.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapters 2 and 3.
    """
    n_correct = 0
    for i in range(batch.size):
        n_correct += argmax(segment(Z, i * Z.shape[1], Z.shape[1])) == y[batch[i]]
    if loss == CROSS_ENTROPY:
        _cross_entropy(Z, y, batch, rows, delta, losses)
    else:
        _squared_error(Z, y, batch, rows, delta, losses)
    return n_correct


@kernel
def sum_losses(losses, n):
    """Return the sum of what loss_and_delta wrote for `n` samples, as float64, always in the same order."""
    total = 0.0
    for group in range((n + GROUP_ROWS - 1) // GROUP_ROWS):
        total += losses[group]
    return total


@kernel
def _squared_error(Z, y, batch, rows, delta, losses):
    """Do what loss_and_delta does, for SQUARED_ERROR: first as if no output were wanted, then with each label."""
    T, n_out = Z.dtype.type, Z.shape[1]
    half, one, share = T(0.5), T(1), T(1) / T(rows)
    A, d = flat(Z), flat(delta)
    sigmoids(A)
    for i in range(A.size):
        d[i] = A[i] * A[i] * (one - A[i]) * share
    for start in range(0, batch.size, GROUP_ROWS):
        total, stop = T(0), min(start + GROUP_ROWS, batch.size)
        for i in range(start * n_out, stop * n_out):
            total += A[i] * A[i]
        for i in range(start, stop):
            a = Z[i, y[batch[i]]]
            delta[i, y[batch[i]]] = (a - one) * a * (one - a) * share
            total += one - a - a  # (a - 1)^2 - a^2
        losses[start // GROUP_ROWS] = half * total


@kernel
def _cross_entropy(Z, y, batch, rows, delta, losses):
    """Do what loss_and_delta does, for CROSS_ENTROPY."""
    T = Z.dtype.type
    share = T(1) / T(rows)
    _shift_rows(Z)
    for start in range(0, batch.size, GROUP_ROWS):
        losses[start // GROUP_ROWS] = T(0)
    for i in range(batch.size):
        losses[i // GROUP_ROWS] -= Z[i, y[batch[i]]]
    exponentials(flat(Z))
    for i in range(batch.size):
        losses[i // GROUP_ROWS] += T(math.log(_divide_by_sum(segment(Z, i * Z.shape[1], Z.shape[1]))))
        for j in range(Z.shape[1]):
            delta[i, j] = Z[i, j] * share
        delta[i, y[batch[i]]] -= share
