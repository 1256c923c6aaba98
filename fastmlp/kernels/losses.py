"""The losses: what the outputs pass through, the cost, and its derivative with respect to the weighted sums.

A loss decides the output layer's activation and what a sample's target is:

====================  =======  ===============================================
SQUARED_ERROR         sigmoid  a label
CROSS_ENTROPY         softmax  a label
BINARY_CROSS_ENTROPY  sigmoid  a number from 0 to 1 for each output
REGRESSION            none     a number for each output
====================  =======  ===============================================

Labels are an array (n_samples,) of integers, other targets a matrix (n_samples, n_out): a kernel is compiled for one or
the other, and holds the code of its losses only.
"""

import math

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.activations import sigmoids
from fastmlp.kernels.exponential import exp, exponentials, log1p
from fastmlp.kernels.team import GROUP_ROWS
from fastmlp.kernels.views import flat, rows_of, segment

SQUARED_ERROR, CROSS_ENTROPY, BINARY_CROSS_ENTROPY, REGRESSION = range(4)

LOSSES = {
    "squared_error": SQUARED_ERROR,
    "cross_entropy": CROSS_ENTROPY,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "regression": REGRESSION,
}
"""The code of each loss by its name."""

OF_LABELS = frozenset({"squared_error", "cross_entropy"})
"""The losses whose targets are labels."""


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
    """Turn the last layer's weighted sums into outputs in place: sigmoid, softmax row by row, or nothing.

    Parameters
    ----------
    loss : int
        A code, see LOSSES.
    Z : (batch, n_out) float32 or float64, C-contiguous
        Overwritten.
    """
    if loss == CROSS_ENTROPY:
        _shift_rows(Z)
        exponentials(flat(Z))
        for i in range(Z.shape[0]):
            _divide_by_sum(segment(Z, i * Z.shape[1], Z.shape[1]))
    elif loss != REGRESSION:
        sigmoids(flat(Z))


@kernel
def loss_and_delta(loss, Z, y, sample_weights, batch, rows, smoothing, delta, losses):
    """Compute the outputs of a batch, or some of its rows, their cost, and the error of the output layer.

    With t the wanted output, summed over the outputs and averaged over the batch:
    squared error C = 1/2 (a - t)^2, delta = (a - t) a (1 - a), a = sigmoid(z) (BP1 in [1]_);
    cross entropy C = -t log(a), delta = a - t, a = softmax(z) ([1]_, chapter 3);
    binary cross entropy C = -t log(a) - (1 - t) log(1 - a), delta = a - t, a = sigmoid(z);
    regression C = 1/2 (a - t)^2, delta = a - t, a = z.

    Parameters
    ----------
    loss : int
        A code, see LOSSES.
    Z : (n, n_out) float32 or float64, C-contiguous
        Weighted sums; overwritten by the outputs A.
    y : (n_samples,) int64, or (n_samples, n_out) of Z's dtype
        Labels from 0 to n_out - 1 for the losses OF_LABELS: t is 1 for the label, 0 elsewhere. For the others the
        wanted outputs themselves. Not checked here.
    sample_weights : (n_samples,) or (0,), same dtype as Z
        What each sample's cost and error are multiplied by; empty for 1.
    batch : (n,) int64
        The number of each row's sample: row i has the target y[batch[i]].
    rows : int
        Samples in the whole batch, which the cost is averaged over.
    smoothing : float
        Label smoothing ([2]_): t becomes (1 - smoothing) t + smoothing / n_out, or smoothing / 2 for binary cross
        entropy; nothing for regression.
    delta : (n, n_out), same dtype as Z
        Overwritten by dC/dZ, the 1 / rows of the average included.
    losses : (at least ceil(n / GROUP_ROWS),), same dtype as Z
        Overwritten by the samples' losses, those of GROUP_ROWS samples summed, not averaged; NaN where a weighted sum
        is. So a batch's loss has the same bits if its groups are given to several calls.

    Returns
    -------
    n_correct : int
        How many samples have their largest output at their label; or all their outputs on the target's side of 1/2.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapters 2 and 3.
    .. [2] C. Szegedy et al., Rethinking the Inception architecture for computer vision, 2016, section 7.
    """
    n_correct, n_out = _count_correct(Z, y, batch), Z.shape[1]
    at_once = max(1, batch.size if sample_weights.size == 0 else 1)
    for i in range(0, batch.size, at_once):
        group = i // GROUP_ROWS
        z, own, before = rows_of(Z, i, i + at_once), rows_of(delta, i, i + at_once), losses[group]
        some = segment(losses, group, losses.size - group)
        _cost_and_error(loss, z, y, segment(batch, i, at_once), rows, smoothing, own, some)
        if sample_weights.size:
            weight, d = sample_weights[batch[i]], flat(own)
            losses[group] = weight * losses[group] + (before if i % GROUP_ROWS else Z.dtype.type(0))
            for j in range(n_out):
                d[j] *= weight
    return n_correct


@kernel
def _count_correct(Z, y, batch):
    """Return what loss_and_delta does, from weighted sums: an output is above 1/2 where its sum is above 0."""
    n_correct, half = 0, Z.dtype.type(0.5)
    for i in range(batch.size):
        z = segment(Z, i * Z.shape[1], Z.shape[1])
        if y.ndim == 1:
            n_correct += argmax(z) == y[batch[i]]
        else:
            wrong = 0
            for j in range(z.size):
                wrong += (z[j] > 0) != (y[batch[i], j] > half)
            n_correct += wrong == 0
    return n_correct


@kernel
def _cost_and_error(loss, Z, y, batch, rows, smoothing, delta, losses):
    """Do what loss_and_delta does for samples of weight 1, but for counting."""
    if y.ndim == 1:
        if loss == CROSS_ENTROPY:
            _cross_entropy(Z, y, batch, rows, smoothing, delta, losses)
        else:
            _squared_error(Z, y, batch, rows, smoothing, delta, losses)
    else:
        _by_output(loss, Z, y, batch, rows, smoothing, delta, losses)


@kernel
def sum_losses(losses, n):
    """Return the sum of what loss_and_delta wrote for `n` samples, as float64, always in the same order."""
    total = 0.0
    for group in range((n + GROUP_ROWS - 1) // GROUP_ROWS):
        total += losses[group]
    return total


@kernel
def _squared_error(Z, y, batch, rows, smoothing, delta, losses):
    """Do what loss_and_delta does, for SQUARED_ERROR: first as if no sample had a label, then with each label."""
    T, n_out = Z.dtype.type, Z.shape[1]
    half, one, share = T(0.5), T(1), T(1) / T(rows)
    low, high = T(smoothing / n_out), T(1 - smoothing + smoothing / n_out)
    A, d = flat(Z), flat(delta)
    sigmoids(A)
    for i in range(A.size):
        d[i] = (A[i] - low) * A[i] * (one - A[i]) * share
    for start in range(0, batch.size, GROUP_ROWS):
        total, stop = T(0), min(start + GROUP_ROWS, batch.size)
        for i in range(start * n_out, stop * n_out):
            total += (A[i] - low) * (A[i] - low)
        for i in range(start, stop):
            a = Z[i, y[batch[i]]]
            delta[i, y[batch[i]]] = (a - high) * a * (one - a) * share
            total += (high - low) * (high + low - a - a)  # (a - high)^2 - (a - low)^2
        losses[start // GROUP_ROWS] = half * total


@kernel
def _cross_entropy(Z, y, batch, rows, smoothing, delta, losses):
    """Do what loss_and_delta does, for CROSS_ENTROPY."""
    T, n_out = Z.dtype.type, Z.shape[1]
    share, low = T(1) / T(rows), T(smoothing / n_out)
    label_share, low_share = T((1 - smoothing) / rows), T(smoothing / n_out / rows)
    _shift_rows(Z)
    for start in range(0, batch.size, GROUP_ROWS):
        losses[start // GROUP_ROWS] = T(0)
    for i in range(batch.size):
        losses[i // GROUP_ROWS] -= T(1 - smoothing) * Z[i, y[batch[i]]]
        if smoothing > 0:
            for j in range(n_out):
                losses[i // GROUP_ROWS] -= low * Z[i, j]
    exponentials(flat(Z))
    for i in range(batch.size):
        losses[i // GROUP_ROWS] += T(math.log(_divide_by_sum(segment(Z, i * n_out, n_out))))
        for j in range(n_out):
            delta[i, j] = Z[i, j] * share - low_share
        delta[i, y[batch[i]]] -= label_share


@kernel
def _by_output(loss, Z, y, batch, rows, smoothing, delta, losses):
    """Do what loss_and_delta does, for BINARY_CROSS_ENTROPY and REGRESSION, whose outputs have a target each."""
    T, n_out = Z.dtype.type, Z.shape[1]
    zero, half, share, entropy = T(0), T(0.5), T(1) / T(rows), loss == BINARY_CROSS_ENTROPY
    kept, added = (T(1 - smoothing), T(smoothing / 2)) if entropy else (T(1), zero)
    for start in range(0, batch.size, GROUP_ROWS):
        losses[start // GROUP_ROWS] = zero
    for i in range(batch.size):
        total, z, d = zero, segment(Z, i * n_out, n_out), segment(delta, i * n_out, n_out)
        for j in range(n_out):
            d[j] = kept * y[batch[i], j] + added
        if entropy:  # log(1 + e^z) - t z
            for j in range(n_out):
                total += (z[j] if z[j] > zero else zero) + log1p(exp(-abs(z[j]))) - d[j] * z[j]
            sigmoids(z)
        else:
            for j in range(n_out):
                total += half * (z[j] - d[j]) * (z[j] - d[j])
        for j in range(n_out):
            d[j] = (z[j] - d[j]) * share
        losses[i // GROUP_ROWS] += total
