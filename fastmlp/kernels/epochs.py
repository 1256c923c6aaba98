"""Training: epochs of mini-batches, or a slice of one, in one call, by one thread or several.

A batch has two halves. In the first, each thread takes some of the samples forward, to their loss, and back to the
errors of all layers; in the second, it sums the gradient of some inputs of every layer over all samples, and takes the
optimizer's step. After each half the threads wait for each other.
"""

from fastmlp.kernels._numba.compile import by_samples, kernel
from fastmlp.kernels.backprop import forward_first_layer, forward_loss_backward, load_sample
from fastmlp.kernels.dropout import drop, dropout_key
from fastmlp.kernels.layout import group_losses, layer_biases, layer_inputs, layer_outputs, layer_weights
from fastmlp.kernels.llvm.denormals import flush_denormals, restore_mode
from fastmlp.kernels.llvm.sparse_rows import prefetch
from fastmlp.kernels.llvm.views import borrow, flat, rows_of, segment
from fastmlp.kernels.losses import sum_losses
from fastmlp.kernels.sparse import forward_narrow, forward_packed
from fastmlp.kernels.step import average_own, take_step, transpose_own
from fastmlp.kernels.threads import barrier, first_barrier, thread_rows


@kernel
def _drop_inputs(methods, step, inputs, first):
    """Drop some of a batch's inputs, from row `first` on."""
    if methods is not None:
        if methods.input_dropout > 0:
            key = dropout_key(methods.seed, step, 0)
            drop(methods.input_dropout, key, first * inputs.shape[1], flat(inputs))


@kernel
def _load_dense(samples, targets, order, place, model, rule, scratch, worker):
    """Compute the first layer's weighted sums of a thread's rows of a batch.

    `place` is where the batch starts in `order`, and how many steps were taken before it.
    """
    start, step = place
    rows = min(rule.batch_size, order.size - start)
    first, last = thread_rows(rows, worker)
    inputs = layer_inputs(model.layout, scratch, 0, rows)
    for i in range(first, last):
        load_sample(samples, order[start + i], inputs[i])
    _drop_inputs(rule.methods, step, rows_of(inputs, first, last), first)
    forward_first_layer(model, rows, scratch, first, last)


@kernel
def _forward_packed(column_starts, samples, batch, ahead, W, b, Z):
    """Compute the first layer's weighted sums; without room for a transpose the layer is narrow, or the batch small."""
    if column_starts is None:
        forward_narrow(samples, batch, ahead, W, b, Z)
    else:
        forward_packed(samples, batch, ahead, W, b, Z)


@kernel
def _load_packed(samples, targets, order, place, model, rule, scratch, worker):
    """Do what _load_dense does for packed samples, and prefetch those of the next batches."""
    size, (start, _) = rule.batch_size, place
    for i in order[start + 2 * size : start + 3 * size]:  # where its samples are, before they can be prefetched
        prefetch(samples.starts, i)
        prefetch(samples.splits, i * samples.splits.shape[1] + worker.thread)
        prefetch(targets, i)
    rows = min(size, order.size - start)
    first, last = thread_rows(rows, worker)
    W, b = layer_weights(model.layout, model.params, 0), layer_biases(model.layout, model.params, 0)
    Z = rows_of(layer_outputs(model.layout, scratch, 0, rows), first, last)
    ahead = order[start + size : start + 2 * size][first:last]
    _forward_packed(samples.column_starts, samples, segment(order, start + first, last - first), ahead, W, b, Z)


_load = by_samples(_load_dense, _load_packed)


@kernel
def _train_epoch(samples, targets, order, number, model, rule, work, worker):
    """Take a step for every batch of an epoch, of which the first has this number within the call.

    Return how many of the thread's samples were classified correctly.
    """
    scratch, size, n_correct = work.scratch, rule.batch_size, 0
    for start in range(0, order.size, size):
        step, batch = rule.step + number, segment(order, start, min(size, order.size - start))
        first, last = thread_rows(batch.size, worker)
        _load(samples, targets, order, (start, step), model, rule, scratch, worker)
        n_correct += forward_loss_backward(targets, batch, model, rule.methods, step, scratch, first, last)
        barrier(worker)
        take_step(samples, batch, number, model, rule, work, worker)
        if worker.thread == 0:
            losses = group_losses(model.layout, scratch, batch.size)
            work.batch_losses[number] = sum_losses(losses, batch.size)
        barrier(worker)
        average_own(rule.methods, step + 1, model.params, rule.opt_state, worker)
        number += 1
    return n_correct


@kernel
def _train_epochs(samples, targets, order, model, rule, work, worker):
    """Train on all samples in `order`, epoch by epoch; return how many of the thread's were classified correctly."""
    n, total, number = max(1, rule.epoch_size if rule.epoch_size > 0 else order.size), 0, 0
    for start in range(0, order.size, n):
        own = segment(order, start, min(n, order.size - start))
        n_correct = _train_epoch(samples, targets, own, number, model, rule, work, worker)
        work.epoch_correct[worker.thread, start // n] = n_correct
        total += n_correct
        number += (own.size + rule.batch_size - 1) // rule.batch_size
    return total


@kernel
def train(samples, targets, order, model, rule, work, worker):
    """Train by mini-batch gradient descent over the samples in `order`, one step for every batch ([1]_).

    Parameters
    ----------
    samples : (n, n_in) uint8, float32 or float64, C-contiguous; or PackedSamples
        Bytes mean value / 255. The zeros of packed samples are skipped, and plain descent adds the first layer's step
        to its weights in place; inputs are not dropped there.
    targets : (n,) int64, or (n, n_out) of params' dtype
        Labels or targets, see loss_and_delta.
    order : (m,) int64
        Row numbers of the samples in the order of training: a permutation for an epoch, a slice of one, or several one
        behind the other, see `rule.epoch_size`. Every `rule.batch_size` of them are a batch; the last one of an epoch
        may be shorter, and is averaged over its own samples.
    model : Model
        Its params are overwritten by the trained ones.
    rule : Rule
        Its opt_state is overwritten.
    work : Work
        Overwritten: batch_losses and epoch_correct by what was found.
    worker : Worker
        From alone() for one thread. Otherwise `worker.threads` threads must each call this at the same time, with the
        same arguments but for their number and with PackedSamples made for as many threads, or they wait for ever. The
        results are the same bits for any number of threads, as long as parameters and errors are finite.

    Returns
    -------
    n_correct : int
        Samples of this thread that were classified correctly at the time when they were trained on.

    Notes
    -----
    Allocates nothing. A slice that ends at a multiple of the batch size leaves the same bits as an undivided run.

    Denormal numbers (below 1e-38 in float32), with which many CPUs compute slowly, are taken as 0.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 1 (`SGD` and `update_mini_batch` of network.py).
    """
    samples, targets, order = borrow(samples), borrow(targets), borrow(order)
    model, rule, work, worker = borrow(model), borrow(rule), borrow(work), borrow(worker)
    transpose_own(model, work.scratch, worker)
    if not first_barrier(worker):
        return 0
    mode = flush_denormals()
    n_correct = _train_epochs(samples, targets, order, model, rule, work, worker)
    barrier(worker)  # when a thread returns, all have written all
    restore_mode(mode)
    return n_correct
