"""Prediction and evaluation: forward passes over many samples, as many at a time as scratch holds."""

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.layout import (
    group_losses,
    layer_biases,
    layer_delta,
    layer_inputs,
    layer_outputs,
    layer_weights,
    rows_that_fit,
)
from fastmlp.kernels.losses import activate_outputs, argmax, loss_and_delta, sum_losses
from fastmlp.kernels.passes import forward, forward_first_layer, load_sample
from fastmlp.kernels.sparse import forward_packed
from fastmlp.kernels.views import borrow, segment


@kernel
def _forward_block(X, start, layout, params, activation, scratch):
    """Run the forward pass over X[start:], as many rows as scratch holds; return the last weighted sums."""
    rows = min(rows_that_fit(layout, scratch), X.shape[0] - start)
    inputs = layer_inputs(layout, scratch, 0, rows)
    for i in range(rows):
        load_sample(X, start + i, inputs[i])
    forward_first_layer(layout, params, rows, scratch, 0, rows)
    forward(layout, params, activation, rows, scratch, 0, rows)
    return layer_outputs(layout, scratch, layout.shape[0] - 1, rows)


@kernel
def _write(Z, outputs, start):
    """Copy the rows of Z to outputs[start:]; for an assignment of arrays Numba compiles its error's words, for 6 s."""
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            outputs[start + i, j] = Z[i, j]


@kernel
def predict_outputs(X, layout, params, activation, loss, scratch, outputs):
    """Compute the network's outputs for every sample.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Bytes mean value / 255.
    layout : (n_layers, 5) int64
        From make_layout.
    params : (n_params,) float32 or float64, C-contiguous
    activation, loss : int
        Codes, see ACTIVATIONS and LOSSES; the loss decides what the outputs pass through.
    scratch : (at least scratch_size(layout, 1),), same dtype as params
        Not less: that is not checked here. Overwritten; its size decides how many samples go through a layer at a time,
        never the result.
    outputs : (n, n_out), same dtype as params
        Overwritten.
    """
    X, layout, params, scratch = borrow(X), borrow(layout), borrow(params), borrow(scratch)
    start = 0
    while start < X.shape[0]:
        Z = _forward_block(X, start, layout, params, activation, scratch)
        activate_outputs(loss, Z)
        _write(Z, outputs, start)
        start += Z.shape[0]


@kernel
def predict_labels(X, layout, params, activation, scratch, labels):
    """Find each sample's label: the number of its largest output, the first one if several are equal.

    Parameters
    ----------
    X, layout, params, activation, scratch
        As in predict_outputs. The loss is not asked for: its outputs rise with the weighted sums.
    labels : (n,) int64
        Overwritten.
    """
    X, layout, params, scratch = borrow(X), borrow(layout), borrow(params), borrow(scratch)
    start = 0
    while start < X.shape[0]:
        Z = _forward_block(X, start, layout, params, activation, scratch)
        for i in range(Z.shape[0]):
            labels[start + i] = argmax(Z[i])
        start += Z.shape[0]


@kernel
def evaluate(X, y, order, layout, params, activation, loss, scratch):
    """Compute the loss over some samples and count those classified rightly.

    Parameters
    ----------
    X, layout, params, activation, loss, scratch
        As in predict_outputs.
    y : (n,) int64, or (n, n_out) of params' dtype
        Labels or targets, see loss_and_delta; not checked here.
    order : (m,) int64
        Numbers of the samples to evaluate.

    Returns
    -------
    total : float64
        The losses of the samples, summed.
    n_correct : int
    """
    X, layout, params, scratch = borrow(X), borrow(layout), borrow(params), borrow(scratch)
    block, total, n_correct = rows_that_fit(layout, scratch), 0.0, 0
    for start in range(0, order.size, block):
        batch = order[start : start + block]
        inputs = layer_inputs(layout, scratch, 0, batch.size)
        for i in range(batch.size):
            load_sample(X, batch[i], inputs[i])
        forward_first_layer(layout, params, batch.size, scratch, 0, batch.size)
        forward(layout, params, activation, batch.size, scratch, 0, batch.size)
        last = layout.shape[0] - 1
        outputs = layer_outputs(layout, scratch, last, batch.size)
        delta, losses = layer_delta(layout, scratch, last, batch.size), group_losses(layout, scratch, batch.size)
        n_correct += loss_and_delta(loss, outputs, y, segment(params, 0, 0), batch, batch.size, 0.0, delta, losses)
        total += sum_losses(losses, batch.size)
    return total, n_correct


@kernel
def _forward_packed_block(starts, columns, values, order, start, layout, params, activation, scratch):
    """Run the forward pass over the packed samples order[start:], as many as scratch holds; as _forward_block."""
    block = rows_that_fit(layout, scratch)
    batch, ahead = order[start : start + block], order[start + block : start + 2 * block]
    W, b = layer_weights(layout, params, 0), layer_biases(layout, params, 0)
    forward_packed(starts, columns, values, batch, ahead, W, b, layer_outputs(layout, scratch, 0, batch.size))
    forward(layout, params, activation, batch.size, scratch, 0, batch.size)
    return layer_outputs(layout, scratch, layout.shape[0] - 1, batch.size)


@kernel
def predict_outputs_packed(starts, columns, values, order, layout, params, activation, loss, scratch, outputs):
    """Do what predict_outputs does, on packed samples.

    Parameters
    ----------
    starts, columns, values
        Packed samples, see pack_rows.
    order : (m,) int64
        Numbers of the samples.
    layout, params, activation, loss, scratch
        As in predict_outputs.
    outputs : (m, n_out), same dtype as params
        Overwritten; row i is sample order[i]'s.
    """
    starts, columns, values, order = borrow(starts), borrow(columns), borrow(values), borrow(order)
    layout, params, scratch = borrow(layout), borrow(params), borrow(scratch)
    start = 0
    while start < order.size:
        Z = _forward_packed_block(starts, columns, values, order, start, layout, params, activation, scratch)
        activate_outputs(loss, Z)
        _write(Z, outputs, start)
        start += Z.shape[0]


@kernel
def predict_labels_packed(starts, columns, values, order, layout, params, activation, scratch, labels):
    """Do what predict_labels does, on packed samples.

    Parameters
    ----------
    starts, columns, values, order, layout, params, activation, scratch
        As in predict_outputs_packed.
    labels : (m,) int64
        Overwritten; labels[i] is sample order[i]'s.
    """
    starts, columns, values, order = borrow(starts), borrow(columns), borrow(values), borrow(order)
    layout, params, scratch = borrow(layout), borrow(params), borrow(scratch)
    start = 0
    while start < order.size:
        Z = _forward_packed_block(starts, columns, values, order, start, layout, params, activation, scratch)
        for i in range(Z.shape[0]):
            labels[start + i] = argmax(Z[i])
        start += Z.shape[0]


@kernel
def evaluate_packed(starts, columns, values, y, order, layout, params, activation, loss, scratch):
    """Do what evaluate does, on packed samples.

    Parameters
    ----------
    starts, columns, values
        Packed samples, see pack_rows.
    y, order, layout, params, activation, loss, scratch
        As in evaluate.

    Returns
    -------
    total, n_correct
        As evaluate does.
    """
    starts, columns, values, order = borrow(starts), borrow(columns), borrow(values), borrow(order)
    layout, params, scratch = borrow(layout), borrow(params), borrow(scratch)
    start, last, total, n_correct = 0, layout.shape[0] - 1, 0.0, 0
    while start < order.size:
        Z = _forward_packed_block(starts, columns, values, order, start, layout, params, activation, scratch)
        rows = Z.shape[0]
        batch = order[start : start + rows]
        delta, losses = layer_delta(layout, scratch, last, rows), group_losses(layout, scratch, rows)
        n_correct += loss_and_delta(loss, Z, y, segment(params, 0, 0), batch, rows, 0.0, delta, losses)
        total += sum_losses(losses, rows)
        start += rows
    return total, n_correct
