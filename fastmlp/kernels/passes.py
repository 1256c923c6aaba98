"""The forward pass and backpropagation through all layers, for one batch that lies in scratch.

Rows of a batch are independent on the way forward and when errors go back, so `forward` and `backward` take some of
them, and threads can share a batch; gradients sum over all rows: `epochs` shares them by the inputs of each layer.
"""

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.activations import activate, multiply_by_derivative
from fastmlp.kernels.dense import backward_inputs, backward_weights, forward_layer, sum_rows, transpose
from fastmlp.kernels.layout import (
    N_IN,
    N_OUT,
    group_losses,
    layer_biases,
    layer_delta,
    layer_inputs,
    layer_outputs,
    layer_weights,
    transposed_weights,
)
from fastmlp.kernels.losses import loss_and_delta, sum_losses
from fastmlp.kernels.team import GROUP_ROWS
from fastmlp.kernels.views import flat, rows_of, segment


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
def forward_first_layer(layout, params, rows, scratch, first, last):
    """Compute the first layer's weighted sums of rows `first` to `last - 1` from its inputs; see forward."""
    W, b = layer_weights(layout, params, 0), layer_biases(layout, params, 0)
    inputs, Z = layer_inputs(layout, scratch, 0, rows), layer_outputs(layout, scratch, 0, rows)
    forward_layer(rows_of(inputs, first, last), W, b, rows_of(Z, first, last))


@kernel
def forward(layout, params, activation, rows, scratch, first, last):
    """Run the forward pass over some rows of a batch, from the first layer's weighted sums to the last one's.

    A_l = f(Z_l) for the hidden layers, Z_l = A_(l-1) @ W_l + b_l ([1]_, chapter 2, equation 25).

    Parameters
    ----------
    layout : (n_layers, 5) int64
        From make_layout.
    params : (n_params,) float32 or float64, C-contiguous
    activation : int
        Code of the hidden layers' activation, see ACTIVATIONS.
    rows : int
        Samples in the batch.
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        `layer_outputs(layout, scratch, 0, rows)` holds the first layer's weighted sums, from forward_first_layer
        or forward_packed, and is overwritten by its activations, as are those of the other hidden layers. The last
        layer's are overwritten by its weighted sums.
    first, last : int
        Rows `first` to `last - 1`; 0 and `rows` for all. The result does not depend on it.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    """
    for layer in range(1, layout.shape[0]):
        A = rows_of(layer_inputs(layout, scratch, layer, rows), first, last)
        activate(activation, flat(A))
        W, b = layer_weights(layout, params, layer), layer_biases(layout, params, layer)
        forward_layer(A, W, b, rows_of(layer_outputs(layout, scratch, layer, rows), first, last))


@kernel
def transpose_weights(layout, params, layer, scratch, first, last):
    """Write W.T of a layer above the first, for its inputs `first` to `last - 1`, to where `backward` expects it."""
    transpose(layer_weights(layout, params, layer), transposed_weights(layout, scratch, layer), first, last)


@kernel
def backward(layout, activation, rows, scratch, first, last):
    """Backpropagate the error of some rows of a batch from the output layer to the first layer.

    Parameters
    ----------
    layout, activation, rows, first, last
        As in forward, which has run.
    scratch : (at least scratch_size(layout, rows),)
        `layer_delta` of the last layer holds dC/dZ (from loss_and_delta); those of the layers below are overwritten.
        The transposed weights are there, from transpose_weights.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP2.
    """
    for layer in range(layout.shape[0] - 1, 0, -1):
        A = rows_of(layer_inputs(layout, scratch, layer, rows), first, last)
        delta = rows_of(layer_delta(layout, scratch, layer, rows), first, last)
        delta_below = rows_of(layer_delta(layout, scratch, layer - 1, rows), first, last)
        backward_inputs(delta, transposed_weights(layout, scratch, layer), delta_below)
        multiply_by_derivative(activation, flat(A), flat(delta_below))


@kernel
def loss_and_gradient(X, y, batch, layout, params, activation, loss, scratch, gradient):
    """Compute the loss of a batch and its gradient with respect to all parameters.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Bytes mean value / 255.
    y : (n,) int64
        Labels from 0 to n_out - 1; not checked here.
    batch : (rows,) int64
        The samples of this batch, as row numbers of X.
    layout : (n_layers, 5) int64
        From make_layout.
    params : (n_params,) float32 or float64, C-contiguous
    activation, loss : int
        Codes, see ACTIVATIONS and LOSSES.
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        Overwritten.
    gradient : (n_params,), same dtype
        Overwritten.

    Returns
    -------
    total : float64
        The losses of the samples, summed; the gradient is that of total / rows.
    n_correct : int
        How many samples the network classifies rightly.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2.
    """
    rows = batch.size
    inputs = layer_inputs(layout, scratch, 0, rows)
    for i in range(rows):
        load_sample(X, batch[i], inputs[i])
    for layer in range(1, layout.shape[0]):
        transpose_weights(layout, params, layer, scratch, 0, layout[layer, N_IN])
    forward_first_layer(layout, params, rows, scratch, 0, rows)
    n_correct = forward_loss_backward(y, batch, layout, params, activation, loss, scratch, 0, rows)
    for layer in range(layout.shape[0]):
        A, delta = layer_inputs(layout, scratch, layer, rows), layer_delta(layout, scratch, layer, rows)
        backward_weights(A, delta, layer_weights(layout, gradient, layer), 0, layout[layer, N_IN])
        sum_rows(delta, layer_biases(layout, gradient, layer), 0, layout[layer, N_OUT])
    return sum_losses(group_losses(layout, scratch, rows), rows), n_correct


@kernel
def forward_loss_backward(y, batch, layout, params, activation, loss, scratch, first, last):
    """Take some rows of a batch from the first layer's weighted sums to the errors of all layers.

    Parameters
    ----------
    y, batch, layout, params, activation, loss
        As in loss_and_gradient; `batch` is the whole batch.
    scratch : (at least scratch_size(layout, batch.size),), same dtype as params
        `layer_outputs` of layer 0 holds the first layer's weighted sums; the transposed weights are there. The
        activations, deltas and losses of rows `first` to `last - 1` are overwritten.
    first, last : int
        Which rows: `first` is a multiple of GROUP_ROWS.

    Returns
    -------
    n_correct : int
    """
    rows, top = batch.size, layout.shape[0] - 1
    forward(layout, params, activation, rows, scratch, first, last)
    outputs = rows_of(layer_outputs(layout, scratch, top, rows), first, last)
    delta = rows_of(layer_delta(layout, scratch, top, rows), first, last)
    losses = segment(group_losses(layout, scratch, rows), first // GROUP_ROWS, (rows - first) // GROUP_ROWS + 1)
    batch = segment(batch, first, last - first)
    n_correct = loss_and_delta(loss, outputs, y, batch, rows, delta, losses)
    backward(layout, activation, rows, scratch, first, last)
    return n_correct
