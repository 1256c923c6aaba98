"""The losses: what the outputs pass through, the cost, and its derivative with respect to the weighted sums.

A loss decides the output layer's activation: sigmoid for SQUARED_ERROR, softmax for CROSS_ENTROPY.
"""

import math

import numpy as np

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.activations import sigmoid

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
def _softmax(z):
    """Overwrite weighted sums `z` (n,) by their softmax; return the largest of z, and log(sum(exp(z - largest))).

    The largest is subtracted first, so nothing overflows; -log(softmax) is (largest - z) + the logarithm.
    """
    largest = z[argmax(z)]
    total = z.dtype.type(0)
    for j in range(z.size):
        z[j] = math.exp(z[j] - largest)
        total += z[j]
    for j in range(z.size):
        z[j] /= total
    return largest, math.log(total)


@kernel
def activate_outputs(loss, z):
    """Turn the last layer's weighted sums of one sample into outputs in place: sigmoid or softmax.

    Parameters
    ----------
    loss : int
        SQUARED_ERROR (sigmoid) or CROSS_ENTROPY (softmax).
    z : (n_out,) float32 or float64, C-contiguous
        Overwritten.
    """
    if loss == CROSS_ENTROPY:
        _softmax(z)
    else:
        for j in range(z.size):
            z[j] = sigmoid(z[j])


@kernel
def loss_and_delta(loss, z, label, share, delta):
    """Compute the outputs of one sample, their cost, and the error of the output layer.

    With t the wanted output (1 for the label, 0 elsewhere), summed over the outputs:
    squared error C = 1/2 (a - t)^2, delta = (a - t) a (1 - a), a = sigmoid(z) (BP1 in [1]_);
    cross entropy C = -log(a_label), delta = a - t, a = softmax(z) ([1]_, chapter 3).

    Parameters
    ----------
    loss : int
        SQUARED_ERROR or CROSS_ENTROPY.
    z : (n_out,) float32 or float64, C-contiguous
        Weighted sums; overwritten by the outputs a.
    label : int
        From 0 to n_out - 1; not checked here.
    share : float
        The sample's share in the average over its batch: 1 / batch. Scales delta, not the cost.
    delta : (n_out,), same dtype as z
        Overwritten by dC/dz * share.

    Returns
    -------
    cost : float64
        C; NaN where a weighted sum is not finite.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapters 2 and 3.
    """
    T = z.dtype.type
    half, one, share = T(0.5), T(1), T(share)
    total = 0.0
    if loss == CROSS_ENTROPY:
        z_label = z[label]
        largest, log_total = _softmax(z)
        total = np.float64(largest) - np.float64(z_label) + log_total  # the sums may be large, their difference small
        for j in range(z.size):
            delta[j] = z[j] * share
        delta[label] -= share
    else:
        cost = T(0)
        for j in range(z.size):
            a = sigmoid(z[j])
            error = a - one if j == label else a
            cost += half * error * error
            delta[j] = error * a * (one - a) * share
            z[j] = a
        total += cost
    return total
