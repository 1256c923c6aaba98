"""The losses: what the outputs pass through, the cost, and its derivative with respect to the weighted sums.

A loss decides the output layer's activation: sigmoid for SQUARED_ERROR, softmax for CROSS_ENTROPY.
"""

import math

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.activations import sigmoids
from fastmlp.kernels.exponential import exponentials

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
        z = Z[i]
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
        exponentials(Z.reshape(Z.size))
        for i in range(Z.shape[0]):
            _divide_by_sum(Z[i])
    else:
        sigmoids(Z.reshape(Z.size))


@kernel
def loss_and_delta(loss, Z, y, batch, delta):
    """Compute the outputs of a batch, their cost, and the error of the output layer.

    With t the wanted output (1 for the label, 0 elsewhere), summed over the outputs and averaged over the batch:
    squared error C = 1/2 (a - t)^2, delta = (a - t) a (1 - a), a = sigmoid(z) (BP1 in [1]_);
    cross entropy C = -log(a_label), delta = a - t, a = softmax(z) ([1]_, chapter 3).

    Parameters
    ----------
    loss : int
        SQUARED_ERROR or CROSS_ENTROPY.
    Z : (rows, n_out) float32 or float64, C-contiguous
        Weighted sums; overwritten by the outputs A.
    y : (n,) int64
        Labels from 0 to n_out - 1; not checked here.
    batch : (rows,) int64
        The number of each row's sample: row i has the label y[batch[i]].
    delta : (rows, n_out), same dtype as Z
        Overwritten by dC/dZ, the 1 / rows of the average included.

    Returns
    -------
    total : float64
        The losses of the samples, summed, not averaged; NaN where a weighted sum is NaN.
    n_correct : int
        How many samples have their largest output at their label.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapters 2 and 3.
    """
    n_correct = 0
    for i in range(batch.size):
        n_correct += argmax(Z[i]) == y[batch[i]]
    if loss == CROSS_ENTROPY:
        return _cross_entropy(Z, y, batch, delta), n_correct
    return _squared_error(Z, y, batch, delta), n_correct


@kernel
def _squared_error(Z, y, batch, delta):
    """Do what loss_and_delta does, for SQUARED_ERROR: first as if no output were wanted, then with each label."""
    T = Z.dtype.type
    one, share, total = T(1), T(1) / T(batch.size), 0.0
    A, d = Z.reshape(Z.size), delta.reshape(delta.size)
    sigmoids(A)
    for i in range(A.size):
        d[i] = A[i] * A[i] * (one - A[i]) * share
        total += A[i] * A[i]
    for i in range(batch.size):
        label = y[batch[i]]
        a = Z[i, label]
        delta[i, label] = (a - one) * a * (one - a) * share
        total += one - a - a  # (a - 1)^2 - a^2
    return 0.5 * total


@kernel
def _cross_entropy(Z, y, batch, delta):
    """Do what loss_and_delta does, for CROSS_ENTROPY."""
    share, total = Z.dtype.type(1) / Z.dtype.type(batch.size), 0.0
    _shift_rows(Z)
    for i in range(batch.size):
        total -= Z[i, y[batch[i]]]
    exponentials(Z.reshape(Z.size))
    for i in range(batch.size):
        total += math.log(_divide_by_sum(Z[i]))
        for j in range(Z.shape[1]):
            delta[i, j] = Z[i, j] * share
        delta[i, y[batch[i]]] -= share
    return total
