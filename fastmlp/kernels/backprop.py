"""The forward pass and backpropagation through all layers, for one batch that lies in scratch.

Rows of a batch are independent in the forward pass and when errors go back, so `forward` and `backward` take a range of
them, and threads can divide a batch. Gradients sum over all rows: there threads divide the inputs of each layer.
"""

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.activations import activate, derive_from_sums, multiply, multiply_by_derivative, needs_sums
from fastmlp.kernels.dense import backward_inputs, backward_weights, forward_layer, sum_rows, transpose
from fastmlp.kernels.dropout import drop, dropout_key
from fastmlp.kernels.layout import (
    N_IN,
    N_OUT,
    group_losses,
    layer_biases,
    layer_delta,
    layer_derivatives,
    layer_inputs,
    layer_outputs,
    layer_weights,
    transposed_weights,
)
from fastmlp.kernels.llvm.views import flat, rows_of, segment
from fastmlp.kernels.losses import loss_and_delta, sum_losses
from fastmlp.kernels.threads import GROUP_ROWS


@kernel
def load_sample(X, row, inputs):
    """Copy one sample to scratch: inputs = X[row], bytes divided by 255, floats as they are.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
    row : int
    inputs : (n_in,) float32 or float64
        Overwritten.
    """
    T = inputs.dtype.type
    scale = T(1) / T(255) if X.itemsize == 1 else T(1)
    x = X[row]
    for k in range(x.size):
        inputs[k] = T(x[k]) * scale


@kernel
def forward_first_layer(model, rows, scratch, first, last):
    """Compute the first layer's weighted sums of rows `first` to `last - 1` from its inputs; see forward."""
    layout, params = model.layout, model.params
    inputs, Z = layer_inputs(layout, scratch, 0, rows), layer_outputs(layout, scratch, 0, rows)
    W, b = layer_weights(layout, params, 0), layer_biases(layout, params, 0)
    forward_layer(rows_of(inputs, first, last), W, b, rows_of(Z, first, last))


@kernel
def forward(model, rows, scratch, first, last):
    """Run the forward pass over some rows of a batch, from the first layer's weighted sums to the last one's.

    A_l = f(Z_l) for the hidden layers, Z_l = A_(l-1) @ W_l + b_l ([1]_, chapter 2, equation 25).

    Parameters
    ----------
    model : Model
    rows : int
        Samples in the batch.
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        `layer_outputs(layout, scratch, 0, rows)` holds the first layer's weighted sums, from forward_first_layer or
        forward_packed, and is overwritten by its activations, as are those of the other hidden layers. The last layer's
        are overwritten by its weighted sums.
    first, last : int
        Rows `first` to `last - 1`; 0 and `rows` for all. The result does not depend on it.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    """
    layout = model.layout
    for layer in range(1, layout.shape[0]):
        A = rows_of(layer_inputs(layout, scratch, layer, rows), first, last)
        activate(model.activation, flat(A))
        W, b = layer_weights(layout, model.params, layer), layer_biases(layout, model.params, layer)
        forward_layer(A, W, b, rows_of(layer_outputs(layout, scratch, layer, rows), first, last))


@kernel
def _keeps_derivatives(activation, methods):
    """Return whether the forward pass keeps the derivatives of the hidden layers, which backward then needs."""
    if methods is None:
        return needs_sums(activation)
    return methods.dropout > 0 or needs_sums(activation)


@kernel
def _drop_hidden(methods, activation, key_parts, counter, a, d):
    """Drop hidden units and their derivatives, which are computed here if the activation did not need its sums."""
    if methods is not None:
        if methods.dropout > 0:
            if not needs_sums(activation):
                for i in range(d.size):
                    d[i] = 1
                multiply_by_derivative(activation, a, d)
            step, layer = key_parts
            key = dropout_key(methods.seed, step, layer)
            drop(methods.dropout, key, counter, a)
            drop(methods.dropout, key, counter, d)


@kernel
def forward_in_training(model, methods, step, rows, scratch, first, last):
    """Run the forward pass as `forward` does, with dropout, and keep what `backward` needs.

    Parameters
    ----------
    methods : Methods or None
    step : int
        Steps taken so far: dropout depends on it.
    model, rows, first, last
        As in forward.
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        As in forward; `layer_derivatives` is overwritten too if backward needs it.
    """
    layout = model.layout
    for layer in range(1, layout.shape[0]):
        A = rows_of(layer_inputs(layout, scratch, layer, rows), first, last)
        a, d = flat(A), flat(rows_of(layer_derivatives(layout, scratch, layer - 1, rows), first, last))
        if needs_sums(model.activation):
            derive_from_sums(model.activation, a, d)
        activate(model.activation, a)
        _drop_hidden(methods, model.activation, (step, layer), first * A.shape[1], a, d)
        W, b = layer_weights(layout, model.params, layer), layer_biases(layout, model.params, layer)
        forward_layer(A, W, b, rows_of(layer_outputs(layout, scratch, layer, rows), first, last))


@kernel
def transpose_weights(model, layer, scratch, first, last):
    """Write W.T of a layer above the first, for its inputs `first` to `last - 1`, to where `backward` expects it."""
    W = layer_weights(model.layout, model.params, layer)
    transpose(W, transposed_weights(model.layout, scratch, layer), first, last)


@kernel
def backward(model, methods, rows, scratch, first, last):
    """Backpropagate the error of some rows of a batch from the output layer to the first layer ([1]_, BP2).

    Parameters
    ----------
    model, methods, rows, first, last
        As in forward_in_training, which has run.
    scratch : (at least scratch_size(layout, rows),)
        `layer_delta` of the last layer holds dC/dZ, from loss_and_delta; those of the layers below are overwritten.
        The transposed weights are there, from transpose_weights.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2.
    """
    layout = model.layout
    for layer in range(layout.shape[0] - 1, 0, -1):
        A = rows_of(layer_inputs(layout, scratch, layer, rows), first, last)
        delta = rows_of(layer_delta(layout, scratch, layer, rows), first, last)
        delta_below = rows_of(layer_delta(layout, scratch, layer - 1, rows), first, last)
        backward_inputs(delta, transposed_weights(layout, scratch, layer), delta_below)
        if _keeps_derivatives(model.activation, methods):
            derivatives = rows_of(layer_derivatives(layout, scratch, layer - 1, rows), first, last)
            multiply(flat(delta_below), flat(derivatives))
        else:
            multiply_by_derivative(model.activation, flat(A), flat(delta_below))


@kernel
def loss_and_gradient(X, targets, batch, model, scratch, gradient):
    """Compute the loss of a batch and its gradient with respect to all parameters.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Samples; bytes mean value / 255.
    targets : (n,) int64, or (n, n_out) of params' dtype
        Labels or targets, see loss_and_delta.
    batch : (rows,) int64
        The samples of this batch, as row numbers of X.
    model : Model
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        Overwritten.
    gradient : (n_params,), same dtype
        Overwritten.

    Returns
    -------
    total : float64
        The losses of the samples, summed; the gradient is that of total / rows.
    n_correct : int
        Samples that the network classifies correctly.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2.
    """
    rows, layout = batch.size, model.layout
    inputs = layer_inputs(layout, scratch, 0, rows)
    for i in range(rows):
        load_sample(X, batch[i], inputs[i])
    for layer in range(1, layout.shape[0]):
        transpose_weights(model, layer, scratch, 0, layout[layer, N_IN])
    forward_first_layer(model, rows, scratch, 0, rows)
    n_correct = forward_loss_backward(targets, batch, model, None, 0, scratch, 0, rows)
    for layer in range(layout.shape[0]):
        A, delta = layer_inputs(layout, scratch, layer, rows), layer_delta(layout, scratch, layer, rows)
        backward_weights(A, delta, layer_weights(layout, gradient, layer), 0, layout[layer, N_IN])
        sum_rows(delta, layer_biases(layout, gradient, layer), 0, layout[layer, N_OUT])
    return sum_losses(group_losses(layout, scratch, rows), rows), n_correct


@kernel
def forward_loss_backward(targets, batch, model, methods, step, scratch, first, last):
    """Take some rows of a batch from the first layer's weighted sums to the errors of all layers.

    Parameters
    ----------
    targets, batch, model
        As in loss_and_gradient; `batch` is the whole batch.
    methods : Methods or None
    step : int
        As in forward_in_training.
    scratch : (at least scratch_size(layout, batch.size),), same dtype as params
        `layer_outputs` of layer 0 holds the first layer's weighted sums; the transposed weights are there. The
        activations, deltas and losses of rows `first` to `last - 1` are overwritten.
    first, last : int
        Rows `first` to `last - 1`; `first` is a multiple of GROUP_ROWS.

    Returns
    -------
    n_correct : int
    """
    rows, layout = batch.size, model.layout
    top = layout.shape[0] - 1
    forward_in_training(model, methods, step, rows, scratch, first, last)
    outputs = rows_of(layer_outputs(layout, scratch, top, rows), first, last)
    delta = rows_of(layer_delta(layout, scratch, top, rows), first, last)
    losses = segment(group_losses(layout, scratch, rows), first // GROUP_ROWS, (rows - first) // GROUP_ROWS + 1)
    own = segment(batch, first, last - first)
    n_correct = loss_and_delta(model.loss, outputs, targets, own, rows, methods, delta, losses)
    backward(model, methods, rows, scratch, first, last)
    return n_correct
