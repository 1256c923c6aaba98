"""Training: a whole epoch of mini-batches, or a slice of one, in one call, by one thread or by a team.

A batch has two halves. In the first, each thread takes some of the samples forward, to their loss, and back to the
errors of all layers; in the second, each takes some inputs of every layer, sums their weights' gradient over all
samples, and takes the optimizer's step while it is warm. After each half the threads wait for each other.
"""

import numpy as np

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.dense import backward_weights, sum_rows
from fastmlp.kernels.dropout import drop, dropout_key
from fastmlp.kernels.finishing import average_own, finish_step, transpose_own
from fastmlp.kernels.layout import (
    B_AT,
    N_IN,
    N_OUT,
    W_AT,
    group_losses,
    layer_biases,
    layer_delta,
    layer_inputs,
    layer_outputs,
    layer_weights,
)
from fastmlp.kernels.losses import sum_losses
from fastmlp.kernels.passes import (
    BatchRules,
    forward_first_layer,
    forward_loss_backward,
    load_sample,
)
from fastmlp.kernels.settings import DROPOUT, INPUT_DROPOUT, LABEL_SMOOTHING, SEED
from fastmlp.kernels.simd import prefetch
from fastmlp.kernels.sparse import (
    PackedSamples,
    add_outer_packed,
    add_outer_transposed,
    forward_packed,
    transpose_batch,
)
from fastmlp.kernels.team import barrier, part, part_of_rows
from fastmlp.kernels.tiles import TILE_ROWS
from fastmlp.kernels.updates import SGD, are_regularised, bias_factors, shrink_weights, step_factors, update
from fastmlp.kernels.views import borrow, flat, matrix, rows_of, segment

WARM, LEAST_WARM_ROWS = 16384, 96
"""Numbers of gradient that are summed before their step is taken: they stay in the second-level cache. And rows of it:
for few rows a matrix product does not copy what it reads, and wide layers want that."""
GATHER_FROM, GATHER_ROWS = 64, 32
"""Units of a first layer, and samples in a batch, from which on the gradient of packed samples is summed over the
batch's transpose: for smaller batches a row for every input that is not zero is less than one for every input."""


@kernel
def _rows_warm(n_out):
    """Return how many rows of weights have their gradient summed, and then their step, at a time."""
    return max(LEAST_WARM_ROWS, WARM // n_out) // TILE_ROWS * TILE_ROWS


@kernel
def _step_weights(layer, layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads):
    """Sum the gradient of a thread's share of a layer's weights over the batch, and take their step."""
    A, delta = layer_inputs(layout, scratch, layer, rows), layer_delta(layout, scratch, layer, rows)
    n_in, n_out, start = layout[layer, N_IN], layout[layer, N_OUT], layout[layer, W_AT]
    first, last = part(n_in, TILE_ROWS, thread, threads)
    for k in range(first, last, _rows_warm(n_out)):
        stop, place = min(last, k + _rows_warm(n_out)), _place(factors, first, k)
        backward_weights(A, delta, _over(gradient, start, place, k, n_in, n_out), k, stop)
        own, at, n = start + place * n_out, start + k * n_out, (stop - k) * n_out
        if factors.clip_norm == 0:
            update(optimizer, factors, segment(gradient, own, n), segment(params, at, n), state, at)


@kernel
def _place(factors, first, k):
    """Return in which row of the gradient its rows from k on are kept until their step.

    All of a thread's gradient is summed in the same place, `first`, piece by piece, which so stays in its cache. Only
    if its norm may be clipped must all of it be there at once.
    """
    return first if factors.clip_norm == 0 else k


@kernel
def _over(gradient, start, place, k, n_in, n_out):
    """Return the gradient of a layer's weights so displaced that its rows from k on lie where its rows `place` are."""
    return matrix(gradient, start + (place - k) * n_out, n_in, n_out)


@kernel
def _step_biases(layer, layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads):
    """Sum the gradient of a thread's share of a layer's biases over the batch, and take their step."""
    first, last = part(layout[layer, N_OUT], 64, thread, threads)
    sum_rows(layer_delta(layout, scratch, layer, rows), layer_biases(layout, gradient, layer), first, last)
    at, n = layout[layer, B_AT] + first, last - first
    if factors.clip_norm == 0:
        update(optimizer, bias_factors(factors), segment(gradient, at, n), segment(params, at, n), state, at)


@kernel
def _step_above(layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads):
    """Take a thread's share of the step of all but the first layer's weights."""
    for layer in range(layout.shape[0] - 1, -1, -1):
        if layer > 0:
            _step_weights(layer, layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads)
        _step_biases(layer, layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads)


@kernel
def _drop_inputs(settings, step, inputs, first):
    """Drop some of a batch's inputs, from row `first` on."""
    if settings[INPUT_DROPOUT] > 0:
        key = dropout_key(np.int64(settings[SEED]), step, 0)
        drop(settings[INPUT_DROPOUT], key, first * inputs.shape[1], flat(inputs))


@kernel
def _rules(sample_weights, settings, step):
    """Return what a batch's first half needs of the settings."""
    return BatchRules(
        sample_weights, settings[LABEL_SMOOTHING], settings[DROPOUT], np.int64(settings[SEED]), np.int64(step)
    )


@kernel
def train(
    X,
    y,
    sample_weights,
    order,
    layout,
    params,
    activation,
    loss,
    optimizer,
    settings,
    rates,
    step,
    batch_size,
    scratch,
    gradient,
    state,
    batch_losses,
    thread,
    threads,
    team,
):
    """Train by mini-batch gradient descent over the samples in `order`, a step for every batch.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Bytes mean value / 255.
    y : (n,) int64, or (n, n_out) of params' dtype
        Labels or targets, see loss_and_delta; not checked here.
    sample_weights : (n,) or (0,), same dtype as params
        What each sample's loss is multiplied by; empty for 1.
    order : (m,) int64
        Row numbers of X in the order of training: a permutation for an epoch, or a slice of one. Every `batch_size` of
        them are a batch; the last one may be shorter, and is averaged over the samples that it has.
    layout : (n_layers, 5) int64
        From make_layout.
    params : (n_params,) float32 or float64, C-contiguous
        Overwritten by the trained parameters.
    activation, loss, optimizer : int
        Codes, see ACTIVATIONS, LOSSES and OPTIMIZERS.
    settings : (13,) float64
        From make_settings.
    rates : (at least ceil(m / batch_size),) float64
        The learning rate of each batch's step.
    step : int
        Steps taken before this call: Adam, the average and dropout count them.
    batch_size : int
    scratch : (at least scratch_size(layout, batch_size),), same dtype as params
        Overwritten.
    gradient : (n_params,), same dtype
        Working memory, overwritten: only pieces of the gradient are there at a time.
    state : (STATES[optimizer], n_params), same dtype
        The optimizer's averages; overwritten. With `averaging` it has one row more, the last: that of the parameters.
    batch_losses : (at least ceil(m / batch_size),) float64
        Overwritten by each batch's loss, summed over its samples, as it was before the batch's step.
    thread, threads : int
        0 and 1 for one thread alone. Else as many threads as `threads` must each call this at the same time with the
        same arguments but for their number, or they wait for ever. The results are the same bits.
    team : (16,) int64
        From new_team, the same for all threads of a call; may be used again.

    Returns
    -------
    n_correct : int
        How many of this thread's samples were classified rightly at the time when they were trained on.

    Notes
    -----
    Allocates nothing. A slice that ends at a multiple of `batch_size` leaves the same bits as an undivided run.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 1 (`SGD` and `update_mini_batch` of network.py).
    """
    X, y, order, layout = borrow(X), borrow(y), borrow(order), borrow(layout)
    params, scratch, gradient, state = borrow(params), borrow(scratch), borrow(gradient), borrow(state)
    sample_weights, rates, settings, n_correct = borrow(sample_weights), borrow(rates), borrow(settings), 0
    transpose_own(layout, params, scratch, thread, threads)
    barrier(team, threads)
    for number, start in enumerate(range(0, order.size, batch_size)):
        batch = order[start : start + batch_size]
        rows = batch.size
        first, last = part_of_rows(rows, thread, threads)
        rules = _rules(sample_weights, settings, step + number)
        inputs = layer_inputs(layout, scratch, 0, rows)
        for i in range(first, last):
            load_sample(X, batch[i], inputs[i])
        _drop_inputs(settings, step + number, rows_of(inputs, first, last), first)
        forward_first_layer(layout, params, rows, scratch, first, last)
        n_correct += forward_loss_backward(y, batch, layout, params, activation, loss, rules, scratch, first, last)
        barrier(team, threads)
        factors = step_factors(optimizer, settings, rates[number], step + number + 1)
        _step_weights(0, layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads)
        _step_above(layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads)
        finish_step(layout, params, rows, scratch, gradient, optimizer, settings, factors, state, thread, threads, team)
        if thread == 0:
            batch_losses[number] = sum_losses(group_losses(layout, scratch, rows), rows)
        barrier(team, threads)
        average_own(settings, step + number + 1, params, state, thread, threads)
    return n_correct


@kernel
def _borrowed(packed):
    """Return packed samples as they are, but without their arrays' reference counts."""
    return PackedSamples(
        borrow(packed.starts),
        borrow(packed.columns),
        borrow(packed.values),
        borrow(packed.bounds),
        borrow(packed.splits),
        borrow(packed.column_starts),
        borrow(packed.ends),
        borrow(packed.batch_rows),
        borrow(packed.batch_values),
        borrow(packed.zeros),
    )


@kernel
def _ask_for_places(packed, y, batch, thread):
    """Ask for the labels of a batch to come, and for where its samples are, before the samples can be asked for."""
    for i in batch:
        prefetch(packed.starts, i)
        prefetch(packed.splits, i * packed.splits.shape[1] + thread)
        prefetch(y, i)


@kernel
def _is_in_place(optimizer, factors):
    """Return whether a step of the first layer is added to its weights at once: they need no gradient then."""
    return optimizer == SGD and factors.clip_norm == 0


@kernel
def _step_packed_weights(packed, batch, layout, params, scratch, gradient, optimizer, factors, state, thread):
    """Do what _step_weights does for the first layer, from packed samples."""
    W, delta, n_out = layer_weights(layout, params, 0), layer_delta(layout, scratch, 0, batch.size), layout[0, N_OUT]
    first, last = packed.bounds[thread], packed.bounds[thread + 1]
    if n_out < GATHER_FROM or batch.size < GATHER_ROWS:
        _step_narrow(packed, batch, W, delta, params, gradient, optimizer, factors, state, thread, first, last)
        return
    transposed = packed.column_starts, packed.ends, packed.batch_rows, packed.batch_values
    transpose_batch(packed.splits, thread, packed.columns, packed.values, batch, first, last, *transposed)
    for k in range(first, last, _rows_warm(n_out)):
        stop, place = min(last, k + _rows_warm(n_out)), _place(factors, first, k)
        at, n = k * n_out, (stop - k) * n_out
        if _is_in_place(optimizer, factors):
            if are_regularised(factors):
                shrink_weights(factors, segment(params, at, n))
            add_outer_transposed(*transposed, -factors.rate, delta, flat(W), n_out, W, k, stop)
        else:
            dW = _over(gradient, 0, place, k, W.shape[0], n_out)
            add_outer_transposed(*transposed, 1.0, delta, packed.zeros, 0, dW, k, stop)
            if factors.clip_norm == 0:
                update(optimizer, factors, segment(gradient, place * n_out, n), segment(params, at, n), state, at)


@kernel
def _step_narrow(packed, batch, W, delta, params, gradient, optimizer, factors, state, thread, first, last):
    """Do what _step_packed_weights does for a narrow layer."""
    at, n, dW = first * W.shape[1], (last - first) * W.shape[1], matrix(gradient, 0, W.shape[0], W.shape[1])
    if _is_in_place(optimizer, factors):
        if are_regularised(factors):
            shrink_weights(factors, segment(params, at, n))
        add_outer_packed(packed.splits, thread, packed.columns, packed.values, batch, -factors.rate, delta, W)
    else:
        own = segment(gradient, at, n)
        own[:] = 0
        add_outer_packed(packed.splits, thread, packed.columns, packed.values, batch, 1.0, delta, dW)
        if factors.clip_norm == 0:
            update(optimizer, factors, own, segment(params, at, n), state, at)


@kernel
def train_packed(
    packed,
    y,
    sample_weights,
    order,
    layout,
    params,
    activation,
    loss,
    optimizer,
    settings,
    rates,
    step,
    batch_size,
    scratch,
    gradient,
    state,
    batch_losses,
    thread,
    threads,
    team,
):
    """Do what train does, on packed samples: their zeros are skipped, and descent has the first layer's step in place.

    Parameters
    ----------
    packed : PackedSamples
        The samples, how threads share their columns, and room for a batch's transpose.
    y, sample_weights, order, layout, params, activation, loss, optimizer, settings, rates, step, batch_size
        As in train; inputs are not dropped here.
    scratch, gradient, state, batch_losses, thread, threads, team
        As in train; `threads` is what `packed` was made for.

    Returns
    -------
    n_correct : int
        As train does.
    """
    packed = _borrowed(packed)
    y, order, layout = borrow(y), borrow(order), borrow(layout)
    params, scratch, gradient, state = borrow(params), borrow(scratch), borrow(gradient), borrow(state)
    sample_weights, rates, settings, n_correct = borrow(sample_weights), borrow(rates), borrow(settings), 0
    transpose_own(layout, params, scratch, thread, threads)
    barrier(team, threads)
    for number, start in enumerate(range(0, order.size, batch_size)):
        batch, ahead = order[start : start + batch_size], order[start + batch_size : start + 2 * batch_size]
        rows = batch.size
        first, last = part_of_rows(rows, thread, threads)
        rules = _rules(sample_weights, settings, step + number)
        _ask_for_places(packed, y, order[start + 2 * batch_size : start + 3 * batch_size], thread)
        W, b, Z = (
            layer_weights(layout, params, 0),
            layer_biases(layout, params, 0),
            layer_outputs(layout, scratch, 0, rows),
        )
        samples, own_ahead, sums = segment(batch, first, last - first), ahead[first:last], rows_of(Z, first, last)
        forward_packed(packed.starts, packed.columns, packed.values, samples, own_ahead, W, b, sums)
        n_correct += forward_loss_backward(y, batch, layout, params, activation, loss, rules, scratch, first, last)
        barrier(team, threads)
        factors = step_factors(optimizer, settings, rates[number], step + number + 1)
        _step_packed_weights(packed, batch, layout, params, scratch, gradient, optimizer, factors, state, thread)
        _step_above(layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads)
        finish_step(layout, params, rows, scratch, gradient, optimizer, settings, factors, state, thread, threads, team)
        if thread == 0:
            batch_losses[number] = sum_losses(group_losses(layout, scratch, rows), rows)
        barrier(team, threads)
        average_own(settings, step + number + 1, params, state, thread, threads)
    return n_correct
