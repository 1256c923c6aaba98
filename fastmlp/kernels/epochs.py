"""Training: a whole epoch of mini-batches, or a slice of one, in one call."""

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.passes import loss_and_gradient
from fastmlp.kernels.updates import sgd_update


@kernel
def train_sgd(
    X, y, order, layout, params, activation, loss, batch_size, learning_rate, scratch, gradient, batch_losses
):
    """Train by mini-batch stochastic gradient descent over the samples in `order`, a step for every batch.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Bytes mean value / 255.
    y : (n,) int64
        Labels from 0 to n_out - 1; not checked here.
    order : (m,) int64
        Row numbers of X in the order of training: a permutation for an epoch, or a slice of one. Every `batch_size` of
        them are a batch; the last one may be shorter, and is averaged over the samples that it has.
    layout : (n_layers, 5) int64
        From make_layout.
    params : (n_params,) float32 or float64, C-contiguous
        Overwritten by the trained parameters.
    activation, loss : int
        Codes, see ACTIVATIONS and LOSSES.
    batch_size : int
    learning_rate : float
    scratch : (at least scratch_size(layout, batch_size),), same dtype as params
        Overwritten.
    gradient : (n_params,), same dtype
        Overwritten; ends as the gradient of the last batch.
    batch_losses : (at least ceil(m / batch_size),) float64
        Overwritten by each batch's loss, summed over its samples, as it was before the batch's step.

    Returns
    -------
    n_correct : int
        How many samples were classified rightly at the time when they were trained on.

    Notes
    -----
    Allocates nothing. A slice that ends at a multiple of `batch_size` leaves the same bits as an undivided run.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 1 (`SGD` and `update_mini_batch` of network.py).
    """
    n_correct = 0
    for number, start in enumerate(range(0, order.size, batch_size)):
        batch = order[start : start + batch_size]
        total, correct = loss_and_gradient(X, y, batch, layout, params, activation, loss, scratch, gradient)
        sgd_update(params, gradient, learning_rate)
        batch_losses[number] = total
        n_correct += correct
    return n_correct
