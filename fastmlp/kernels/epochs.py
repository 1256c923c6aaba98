"""Training: a whole epoch of mini-batches, or a slice of one, in one call."""

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.layout import B_AT, layer_biases, layer_delta, layer_outputs, layer_weights
from fastmlp.kernels.passes import loss_and_gradient, loss_and_gradient_above
from fastmlp.kernels.simd import borrow
from fastmlp.kernels.sparse import add_outer_packed, forward_packed
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
    X, y, order, layout = borrow(X), borrow(y), borrow(order), borrow(layout)
    params, scratch, gradient = borrow(params), borrow(scratch), borrow(gradient)
    n_correct = 0
    for number, start in enumerate(range(0, order.size, batch_size)):
        batch = order[start : start + batch_size]
        total, correct = loss_and_gradient(X, y, batch, layout, params, activation, loss, scratch, gradient)
        sgd_update(params, gradient, learning_rate)
        batch_losses[number] = total
        n_correct += correct
    return n_correct


@kernel
def train_sgd_packed(
    starts,
    columns,
    values,
    y,
    order,
    layout,
    params,
    activation,
    loss,
    batch_size,
    learning_rate,
    scratch,
    gradient,
    batch_losses,
):
    """Do what train_sgd does, on packed samples: zeros are skipped, and the first layer has its step in place.

    Parameters
    ----------
    starts, columns, values
        Packed samples, from pack_rows.
    y, order, layout, params, activation, loss, batch_size, learning_rate, scratch, gradient, batch_losses
        As in train_sgd; the part of `gradient` that is the first layer's weights' is not used.

    Returns
    -------
    n_correct : int
        As train_sgd does.
    """
    starts, columns, values = borrow(starts), borrow(columns), borrow(values)
    y, order, layout = borrow(y), borrow(order), borrow(layout)
    params, scratch, gradient = borrow(params), borrow(scratch), borrow(gradient)
    n_correct = 0
    W, b = layer_weights(layout, params, 0), layer_biases(layout, params, 0)
    above = layout[0, B_AT]  # where everything but the first layer's weights starts
    for number, start in enumerate(range(0, order.size, batch_size)):
        batch = order[start : start + batch_size]
        ahead = order[start + batch_size : start + 2 * batch_size]
        forward_packed(starts, columns, values, batch, ahead, W, b, layer_outputs(layout, scratch, 0, batch.size))
        total, correct = loss_and_gradient_above(y, batch, layout, params, activation, loss, scratch, gradient)
        delta = layer_delta(layout, scratch, 0, batch.size)
        add_outer_packed(starts, columns, values, batch, -learning_rate, delta, W)
        sgd_update(params[above:], gradient[above:], learning_rate)
        batch_losses[number] = total
        n_correct += correct
    return n_correct
