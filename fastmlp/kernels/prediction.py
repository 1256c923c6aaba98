"""Prediction and evaluation: forward passes over many samples, as many at a time as scratch holds."""

from fastmlp.kernels._numba.compile import by_samples, kernel
from fastmlp.kernels.arguments import Model
from fastmlp.kernels.backprop import forward, forward_first_layer, load_sample
from fastmlp.kernels.layout import (
    group_losses,
    layer_biases,
    layer_delta,
    layer_inputs,
    layer_outputs,
    layer_weights,
    rows_that_fit,
)
from fastmlp.kernels.llvm.views import borrow, segment
from fastmlp.kernels.losses import activate_outputs, argmax, loss_and_delta, sum_losses
from fastmlp.kernels.sparse import forward_packed


@kernel
def _load_dense(samples, order, start, rows, model, scratch):
    """Compute the first layer's weighted sums of the samples order[start : start + rows]; in turn if order is None."""
    inputs = layer_inputs(model.layout, scratch, 0, rows)
    for i in range(rows):
        load_sample(samples, _sample_number(order, start + i), inputs[i])
    forward_first_layer(model, rows, scratch, 0, rows)


@kernel
def _block_size(layout, scratch):
    """Return how many samples go through a layer at a time: the whole scratch of them."""
    block = rows_that_fit(layout, scratch)
    if block < 1:
        raise ValueError("scratch is too short for one sample: pass scratch_size(layout, 1) numbers or more.")
    return block


@kernel
def _sample_number(order, i):
    """Return the number of the sample that comes i-th."""
    if order is None:
        return i
    return order[i]


@kernel
def _load_packed(samples, order, start, rows, model, scratch):
    """Do what _load_dense does for packed samples, and prefetch those of the next block."""
    block = rows_that_fit(model.layout, scratch)
    W, b = layer_weights(model.layout, model.params, 0), layer_biases(model.layout, model.params, 0)
    ahead = order[start + block : start + 2 * block]
    batch = segment(order, start, rows)
    forward_packed(samples, batch, ahead, W, b, layer_outputs(model.layout, scratch, 0, rows))


_load = by_samples(_load_dense, _load_packed)


@kernel
def _forward_block(samples, order, start, rows, model, scratch):
    """Run the forward pass over the samples order[start : start + rows]; return the last weighted sums."""
    _load(samples, order, start, rows, model, scratch)
    forward(model, rows, scratch, 0, rows)
    return layer_outputs(model.layout, scratch, model.layout.shape[0] - 1, rows)


@kernel
def _write(Z, outputs, start):
    """Copy the rows of Z to outputs[start:]; for an assignment of arrays Numba compiles its error message, in 6 s."""
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            outputs[start + i, j] = Z[i, j]


@kernel
def predict_outputs(samples, order, layout, params, activation, loss, scratch, outputs):
    """Compute the network's outputs for some samples.

    Parameters
    ----------
    samples : (n, n_in) uint8, float32 or float64, C-contiguous; or PackedRows
        Bytes mean value / 255.
    order : (m,) int64, or None
        Numbers of the samples. None, for dense samples alone: samples 0 to m - 1, at most all of them.
    layout, params, activation, loss : as in Model
        Its fields: pass `*network.model`. Numba takes 1 us to read a NamedTuple, a fifth of one prediction. The loss
        decides which function the outputs pass through.
    scratch : (at least scratch_size(layout, 1),), same dtype as params
        Overwritten. Its size decides how many samples go through a layer at a time, never the result.
    outputs : (m, n_out), same dtype as params
        Overwritten; row i belongs to sample order[i].
    """
    samples, order, scratch = borrow(samples), borrow(order), borrow(scratch)
    model = Model(borrow(layout), borrow(params), activation, loss)
    block = _block_size(model.layout, scratch)
    for start in range(0, outputs.shape[0], block):
        Z = _forward_block(samples, order, start, min(block, outputs.shape[0] - start), model, scratch)
        activate_outputs(model.loss, Z)
        _write(Z, outputs, start)


@kernel
def predict_labels(samples, order, layout, params, activation, loss, scratch, labels):
    """Find the label of some samples: the number of the largest output, the first one if several are equal.

    Parameters
    ----------
    samples, order, layout, params, activation, loss, scratch : as in predict_outputs
        The loss does not matter: the outputs rise with the weighted sums.
    labels : (m,) int64
        Overwritten; labels[i] belongs to sample order[i].
    """
    samples, order, scratch = borrow(samples), borrow(order), borrow(scratch)
    model = Model(borrow(layout), borrow(params), activation, loss)
    block = _block_size(model.layout, scratch)
    for start in range(0, labels.size, block):
        Z = _forward_block(samples, order, start, min(block, labels.size - start), model, scratch)
        for i in range(Z.shape[0]):
            labels[start + i] = argmax(Z[i])


@kernel
def evaluate(samples, targets, order, model, scratch):
    """Compute the loss over some samples and count those classified correctly.

    Parameters
    ----------
    samples : as in predict_outputs
    targets : (n,) int64, or (n, n_out) of params' dtype
        Labels or targets, see loss_and_delta.
    order : (m,) int64
        Numbers of the samples to evaluate; not None.
    model : Model
    scratch : as in predict_outputs

    Returns
    -------
    total : float64
        The losses of the samples, summed.
    n_correct : int
    """
    samples, order, model, scratch = borrow(samples), borrow(order), borrow(model), borrow(scratch)
    layout, last, total, n_correct = model.layout, model.layout.shape[0] - 1, 0.0, 0
    block = _block_size(layout, scratch)
    for start in range(0, order.size, block):
        rows = min(block, order.size - start)
        Z = _forward_block(samples, order, start, rows, model, scratch)
        delta, losses = layer_delta(layout, scratch, last, rows), group_losses(layout, scratch, rows)
        batch = segment(order, start, rows)
        n_correct += loss_and_delta(model.loss, Z, targets, batch, rows, None, delta, losses)
        total += sum_losses(losses, rows)
    return total, n_correct
