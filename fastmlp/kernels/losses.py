"""Losses: the activation of the output layer, the cost, and its derivative with respect to the weighted sums.

A loss decides the output layer's activation and the form of a sample's target:

====================  =======  ===============================================
SQUARED_ERROR         sigmoid  a label
CROSS_ENTROPY         softmax  a label
BINARY_CROSS_ENTROPY  sigmoid  a number from 0 to 1 for each output
REGRESSION            none     a number for each output
====================  =======  ===============================================

Labels are an array (n_samples,) of integers, other targets a matrix (n_samples, n_out). A kernel is compiled for one or
the other and holds the code of its losses only.
"""

import math

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.activations import sigmoids
from fastmlp.kernels.llvm.views import flat, rows_of, segment
from fastmlp.kernels.special import exp, exponentials, log1p
from fastmlp.kernels.threads import GROUP_ROWS

SQUARED_ERROR, CROSS_ENTROPY, BINARY_CROSS_ENTROPY, REGRESSION = range(4)

LOSSES = {
    "squared_error": SQUARED_ERROR,
    "cross_entropy": CROSS_ENTROPY,
    "binary_cross_entropy": BINARY_CROSS_ENTROPY,
    "regression": REGRESSION,
}
"""The code of each loss by its name."""

LABEL_LOSSES = frozenset({"squared_error", "cross_entropy"})
"""The losses whose targets are labels."""


@kernel
def argmax(a):
    """Return the index of the largest number, the first one if several are equal; 0 if all are NaN.

    Parameters
    ----------
    a : (n,) float32 or float64

    Returns
    -------
    int
    """
    best = 0
    for j in range(1, a.size):
        if a[j] > a[best]:
            best = j
    return best


@kernel
def _shift_rows(Z):
    """Subtract from each row of `Z` (batch, n_out), in place, its largest number, so that no exponential overflows."""
    for i in range(Z.shape[0]):
        z = segment(Z, i * Z.shape[1], Z.shape[1])
        largest = z[argmax(z)]
        for j in range(z.size):
            z[j] -= largest


@kernel
def _divide_by_sum(z):
    """Divide `z` (n,) in place by its sum; return the sum."""
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
def loss_and_delta(loss, Z, targets, batch, rows, methods, delta, losses):
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
    targets : (n_samples,) int64, or (n_samples, n_out) of Z's dtype
        Labels from 0 to n_out - 1 for LABEL_LOSSES: t is 1 for the label, 0 elsewhere. For the other losses the wanted
        outputs themselves.
    batch : (n,) int64
        The sample of each row: row i has the target targets[batch[i]].
    rows : int
        Samples in the whole batch, which the cost is averaged over.
    methods : Methods or None
        Its sample_weights are factors of each sample's cost and error. Its label_smoothing s ([2]_) turns t into
        (1 - s) t + s / n_out, or s / 2 for binary cross entropy; regression ignores it.
    delta : (n, n_out), same dtype as Z
        Overwritten by dC/dZ, the 1 / rows of the average included.
    losses : (at least ceil(n / GROUP_ROWS),), same dtype as Z
        Overwritten by the samples' losses, those of GROUP_ROWS samples summed, not averaged; NaN if a weighted sum is
        NaN. So a batch's loss has the same bits if its groups are given to several calls.

    Returns
    -------
    n_correct : int
        Samples whose largest output is at their label; or all of whose outputs are on the target's side of 1/2.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapters 2 and 3.
    .. [2] C. Szegedy et al., Rethinking the Inception architecture for computer vision, 2016, section 7.
    """
    n_correct = _count_correct(Z, targets, batch)
    if methods is None:
        _cost_and_error(loss, Z, targets, batch, rows, 0.0, delta, losses)
    else:
        _weighted_cost_and_error(loss, Z, targets, batch, rows, methods, delta, losses)
    return n_correct


@kernel
def _weighted_cost_and_error(loss, Z, targets, batch, rows, methods, delta, losses):
    """Compute cost and error as loss_and_delta does: all samples at once, or one by one if they have weights."""
    at_once = max(1, _samples_at_once(methods.sample_weights, batch.size))
    for i in range(0, batch.size, at_once):
        group = i // GROUP_ROWS
        z, own, before = rows_of(Z, i, i + at_once), rows_of(delta, i, i + at_once), losses[group]
        some = segment(losses, group, losses.size - group)
        _cost_and_error(loss, z, targets, segment(batch, i, at_once), rows, methods.label_smoothing, own, some)
        _apply_weight(methods.sample_weights, batch[i], own, some, before if i % GROUP_ROWS else Z.dtype.type(0))


@kernel
def _samples_at_once(sample_weights, n):
    """Return how many of n samples can be taken at once."""
    if sample_weights is None:
        return n
    return 1


@kernel
def _apply_weight(sample_weights, sample, delta, losses, before):
    """Multiply a sample's error and loss by its weight, and add the losses of its group before it."""
    if sample_weights is not None:
        weight, d = sample_weights[sample], flat(delta)
        losses[0] = weight * losses[0] + before
        for j in range(d.size):
            d[j] *= weight


@kernel
def _count_correct(Z, y, batch):
    """Count the correct samples from their weighted sums: an output is above 1/2 if its sum is above 0."""
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
    """Compute cost and error of samples of weight 1."""
    if y.ndim == 1:
        if loss == CROSS_ENTROPY:
            _cross_entropy(Z, y, batch, rows, smoothing, delta, losses)
        else:
            _squared_error(Z, y, batch, rows, smoothing, delta, losses)
    else:
        _by_output(loss, Z, y, batch, rows, smoothing, delta, losses)


@kernel
def sum_losses(losses, n):
    """Return the sum of the losses of a batch, always added in the same order.

    Parameters
    ----------
    losses : (at least ceil(n / GROUP_ROWS),) float32 or float64
        From loss_and_delta.
    n : int
        Samples in the batch.

    Returns
    -------
    float64
    """
    total = 0.0
    for group in range((n + GROUP_ROWS - 1) // GROUP_ROWS):
        total += losses[group]
    return total


@kernel
def _squared_error(Z, y, batch, rows, smoothing, delta, losses):
    """Compute cost and error for SQUARED_ERROR: first as if no sample had a label, then for each label."""
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
    """Compute cost and error for CROSS_ENTROPY."""
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
    """Compute cost and error for BINARY_CROSS_ENTROPY and REGRESSION, whose outputs have a target each."""
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
