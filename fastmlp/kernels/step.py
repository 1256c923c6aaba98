"""The second half of a batch: the gradient of every layer's weights, and the optimizer's step while it is warm.

Each thread sums the gradient of some inputs of each layer over all samples of the batch, and takes their step at once.
What needs the whole gradient or all new weights comes at the end, behind barriers of its own.
"""

from fastmlp.kernels._numba.compile import by_samples, kernel
from fastmlp.kernels.backprop import transpose_weights
from fastmlp.kernels.dense import backward_weights, sum_rows
from fastmlp.kernels.layout import (
    B_AT,
    N_IN,
    N_OUT,
    W_AT,
    gradient_norms,
    layer_biases,
    layer_delta,
    layer_inputs,
    layer_weights,
)
from fastmlp.kernels.llvm.tiles import TILE_ROWS
from fastmlp.kernels.llvm.views import flat, matrix, segment
from fastmlp.kernels.norms import block_norms, clip_factor, limit_norms
from fastmlp.kernels.optimizers import SGD, average, shrink_weights, step_factors, step_penalty, update, update_weights
from fastmlp.kernels.sparse import add_outer_packed, add_outer_transposed, transpose_batch
from fastmlp.kernels.threads import barrier, thread_range

WARM = 16384
"""Gradient elements that are summed before their update, so that they fit in the second-level cache."""
LEAST_WARM_ROWS = 96
"""Least number of weight rows whose gradient is summed at a time: for few rows a matrix product does not copy its
inputs, which wide layers need."""
GATHER_FROM, GATHER_ROWS = 64, 32
"""Units of a first layer, and samples in a batch, from which the gradient of packed samples is summed over the batch's
transpose: for smaller batches a row for every non-zero input is less work than one for every input."""


@kernel
def _uses_transpose(n_out, batch_size):
    """Return whether a first layer's gradient is summed over the transpose of a packed batch."""
    return n_out >= GATHER_FROM and batch_size >= GATHER_ROWS


@kernel
def transpose_own(model, scratch, worker):
    """Write a thread's range of the transposed weights of all layers but the first."""
    for layer in range(1, model.layout.shape[0]):
        first, last = thread_range(model.layout[layer, N_IN], TILE_ROWS, worker)
        transpose_weights(model, layer, scratch, first, last)


@kernel
def _rows_warm(n_out):
    """Return how many rows of weights have their gradient summed, and then their step, at a time."""
    return max(LEAST_WARM_ROWS, WARM // n_out) // TILE_ROWS * TILE_ROWS


@kernel
def _is_clipped(methods):
    """Return whether the step waits until the whole gradient is known."""
    if methods is None:
        return False
    return methods.clip_norm > 0


@kernel
def _place(methods, first, k):
    """Return the row of the gradient where its rows from k on are kept until their step.

    A thread sums all of its gradient in the same place, `first`, piece by piece, which so stays in its cache. Only if
    the norm may be clipped must the whole gradient be there at once.
    """
    return k if _is_clipped(methods) else first


@kernel
def _over(gradient, start, place, k, n_in, n_out):
    """Return the gradient of a layer's weights so displaced that its rows from k on lie where its rows `place` are."""
    return matrix(gradient, start + (place - k) * n_out, n_in, n_out)


@kernel
def step_dense_layer(layer, rows, model, rule, work, factors, worker):
    """Sum the gradient of a thread's range of a layer's weights over the batch, and take their step.

    Parameters
    ----------
    layer, rows : int
        The layer, and the samples in the batch.
    model : Model
        Its params are overwritten.
    rule : Rule
    work : Work
        Scratch after forward_loss_backward of all rows; the gradient is overwritten.
    factors : Factors and Penalty or None
        The numbers of the step.
    worker : Worker
    """
    layout, params, gradient = model.layout, model.params, work.gradient
    A, delta = layer_inputs(layout, work.scratch, layer, rows), layer_delta(layout, work.scratch, layer, rows)
    n_in, n_out, start = layout[layer, N_IN], layout[layer, N_OUT], layout[layer, W_AT]
    first, last = thread_range(n_in, TILE_ROWS, worker)
    numbers, penalty = factors
    for k in range(first, last, _rows_warm(n_out)):
        stop, place = min(last, k + _rows_warm(n_out)), _place(rule.methods, first, k)
        backward_weights(A, delta, _over(gradient, start, place, k, n_in, n_out), k, stop)
        own, at, n = start + place * n_out, start + k * n_out, (stop - k) * n_out
        if not _is_clipped(rule.methods):
            g, w = segment(gradient, own, n), segment(params, at, n)
            update_weights(rule.optimizer, numbers, penalty, g, w, rule.opt_state, at)


@kernel
def step_biases(layer, rows, model, rule, work, factors, worker):
    """Sum the gradient of a thread's range of a layer's biases over the batch, and take their step.

    Parameters
    ----------
    layer, rows, model, rule, work, factors, worker
        As in step_dense_layer.
    """
    layout, gradient = model.layout, work.gradient
    first, last = thread_range(layout[layer, N_OUT], 64, worker)
    sum_rows(layer_delta(layout, work.scratch, layer, rows), layer_biases(layout, gradient, layer), first, last)
    at, n = layout[layer, B_AT] + first, last - first
    if not _is_clipped(rule.methods):
        g, b = segment(gradient, at, n), segment(model.params, at, n)
        update(rule.optimizer, factors[0], g, b, rule.opt_state, at)


@kernel
def _is_in_place(optimizer, methods):
    """Return whether a step of the first layer is added to its weights at once: no gradient is needed then."""
    return optimizer == SGD and not _is_clipped(methods)


@kernel
def _step_by_sample(samples, batch, model, rule, work, factors, worker):
    """Take the first layer's step from packed samples, for a narrow layer or a small batch."""
    gradient, (numbers, penalty) = work.gradient, factors
    W, delta = layer_weights(model.layout, model.params, 0), layer_delta(model.layout, work.scratch, 0, batch.size)
    first, last = samples.bounds[worker.thread], samples.bounds[worker.thread + 1]
    at, n, dW = first * W.shape[1], (last - first) * W.shape[1], matrix(gradient, 0, W.shape[0], W.shape[1])
    if _is_in_place(rule.optimizer, rule.methods):
        shrink_weights(penalty, numbers.rate, segment(model.params, at, n))
        add_outer_packed(samples, worker.thread, batch, -numbers.rate, delta, W)
    else:
        own = segment(gradient, at, n)
        for i in range(n):
            own[i] = 0
        add_outer_packed(samples, worker.thread, batch, 1.0, delta, dW)
        if not _is_clipped(rule.methods):
            w = segment(model.params, at, n)
            update_weights(rule.optimizer, numbers, penalty, own, w, rule.opt_state, at)


@kernel
def _step_by_column(samples, batch, model, rule, work, factors, worker):
    """Take the first layer's step from packed samples over the batch's transpose."""
    n_out, params, (numbers, penalty) = model.layout[0, N_OUT], model.params, factors
    W, delta = layer_weights(model.layout, params, 0), layer_delta(model.layout, work.scratch, 0, batch.size)
    transpose_batch(samples, worker.thread, batch)
    first, last = samples.bounds[worker.thread], samples.bounds[worker.thread + 1]
    for k in range(first, last, _rows_warm(n_out)):
        stop, place = min(last, k + _rows_warm(n_out)), _place(rule.methods, first, k)
        at, n = k * n_out, (stop - k) * n_out
        if _is_in_place(rule.optimizer, rule.methods):
            shrink_weights(penalty, numbers.rate, segment(params, at, n))
            add_outer_transposed(samples, -numbers.rate, delta, flat(W), n_out, W, k, stop)
        else:
            dW = _over(work.gradient, 0, place, k, W.shape[0], n_out)
            add_outer_transposed(samples, 1.0, delta, samples.zeros, 0, dW, k, stop)
            if not _is_clipped(rule.methods):
                g, w = segment(work.gradient, place * n_out, n), segment(params, at, n)
                update_weights(rule.optimizer, numbers, penalty, g, w, rule.opt_state, at)


@kernel
def _step_packed(column_starts, samples, batch, model, rule, work, factors, worker):
    """Take the first layer's step from packed samples; without room for a transpose the layer is narrow."""
    if column_starts is None:
        _step_by_sample(samples, batch, model, rule, work, factors, worker)
    elif _uses_transpose(model.layout[0, N_OUT], batch.size):
        _step_by_column(samples, batch, model, rule, work, factors, worker)
    else:
        _step_by_sample(samples, batch, model, rule, work, factors, worker)


@kernel
def _step_packed_layer(samples, batch, model, rule, work, factors, worker):
    """Take the first layer's step from packed samples, for a thread's range of inputs."""
    _step_packed(samples.column_starts, samples, batch, model, rule, work, factors, worker)


@kernel
def _step_dense_first_layer(samples, batch, model, rule, work, factors, worker):
    """Take the first layer's step from dense samples, which lie in scratch."""
    step_dense_layer(0, batch.size, model, rule, work, factors, worker)


_step_first_layer = by_samples(_step_dense_first_layer, _step_packed_layer)


@kernel
def _step_clipped(rows, model, rule, work, factors, worker):
    """Clip the gradient, which all threads together have summed, and take a thread's range of the step."""
    layout, gradient, (numbers, penalty) = model.layout, work.gradient, factors
    barrier(worker)
    norms = gradient_norms(layout, work.scratch, rows)
    first, last = thread_range(norms.size, 1, worker)
    block_norms(gradient, first, last, norms)
    barrier(worker)
    factor = model.params.dtype.type(clip_factor(rule.methods.clip_norm, norms))
    for side in range(2 * layout.shape[0]):  # W, then b
        layer, is_bias = side // 2, side % 2
        n_out, start = layout[layer, N_OUT], layout[layer, B_AT if is_bias else W_AT]
        first, last = thread_range(n_out if is_bias else layout[layer, N_IN] * n_out, 16, worker)
        at, n, g = start + first, last - first, segment(gradient, start + first, last - first)
        for i in range(n):
            g[i] *= factor
        w = segment(model.params, at, n)
        if is_bias:
            update(rule.optimizer, numbers, g, w, rule.opt_state, at)
        else:
            update_weights(rule.optimizer, numbers, penalty, g, w, rule.opt_state, at)


@kernel
def _finish_with_methods(methods, rows, model, rule, work, factors, worker):
    """Take the clipped step, and limit the norms of the weights, if that is on."""
    if methods is not None:
        if methods.clip_norm > 0:
            _step_clipped(rows, model, rule, work, factors, worker)
            barrier(worker)  # the new weights are cut otherwise than those that each thread transposes
        if methods.max_norm > 0:
            barrier(worker)  # as are the columns whose norms are limited
            for layer in range(model.layout.shape[0]):
                first, last = thread_range(model.layout[layer, N_OUT], 16, worker)
                W = layer_weights(model.layout, model.params, layer)
                limit_norms(methods.max_norm, W, first, last, layer_biases(model.layout, work.gradient, layer))
            barrier(worker)


@kernel
def take_step(samples, batch, number, model, rule, work, worker):
    """Take a thread's share of the step of one batch, and transpose the new weights for the next one.

    Parameters
    ----------
    samples : array or PackedSamples
    batch : (rows,) int64
        Numbers of the batch's samples.
    number : int
        Number of the batch within this call, from 0.
    model : Model
        Its params are overwritten.
    rule : Rule
    work : Work
        Scratch after forward_loss_backward of all rows.
    worker : Worker
    """
    rows = batch.size
    factors = step_factors(rule, number), step_penalty(rule.methods, rule.rates[number])
    _step_first_layer(samples, batch, model, rule, work, factors, worker)
    for layer in range(model.layout.shape[0] - 1, -1, -1):
        if layer > 0:
            step_dense_layer(layer, rows, model, rule, work, factors, worker)
        step_biases(layer, rows, model, rule, work, factors, worker)
    _finish_with_methods(rule.methods, rows, model, rule, work, factors, worker)
    transpose_own(model, work.scratch, worker)


@kernel
def average_own(methods, step, params, opt_state, worker):
    """Move a thread's range of the average towards the parameters, which nobody writes before the next half batch."""
    if methods is not None:
        if opt_state is not None:
            if methods.averaging > 0:
                first, last = thread_range(params.size, 16, worker)
                own = segment(params, first, last - first)
                averaged = segment(opt_state, (opt_state.shape[0] - 1) * params.size + first, last - first)
                average(methods.averaging, step, own, averaged)
