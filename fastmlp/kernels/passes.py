"""The forward pass and backpropagation through all layers, for one batch that lies in scratch."""

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.activations import activate, multiply_by_derivative
from fastmlp.kernels.dense import backward_inputs, backward_weights, forward_layer, sum_rows
from fastmlp.kernels.layout import (
    layer_biases,
    layer_delta,
    layer_inputs,
    layer_outputs,
    layer_weights,
    transposed_weights,
)
from fastmlp.kernels.losses import loss_and_delta


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
def forward_first_layer(layout, params, rows, scratch):
    """Compute the first layer's weighted sums of `rows` samples from its inputs; both lie in `scratch`, see forward."""
    W, b = layer_weights(layout, params, 0), layer_biases(layout, params, 0)
    forward_layer(layer_inputs(layout, scratch, 0, rows), W, b, layer_outputs(layout, scratch, 0, rows))


@kernel
def forward(layout, params, activation, rows, scratch):
    """Run the forward pass over a batch of `rows` samples, from the first layer's weighted sums to the last one's.

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

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    """
    for layer in range(1, layout.shape[0]):
        A = layer_inputs(layout, scratch, layer, rows)
        activate(activation, A.reshape(A.size))
        W, b = layer_weights(layout, params, layer), layer_biases(layout, params, layer)
        forward_layer(A, W, b, layer_outputs(layout, scratch, layer, rows))


@kernel
def backward(layout, params, activation, rows, scratch, gradient):
    """Backpropagate the error of the output layer to the first layer: all gradients but the first layer's weights'.

    Parameters
    ----------
    layout, params, activation, rows
        As in forward, which has run.
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        `layer_delta` of the last layer holds dC/dZ (from loss_and_delta); those of the layers below are overwritten.
    gradient : (n_params,), same dtype
        Laid out as `params`; overwritten but for the first layer's weights, whose gradient is that layer's inputs.T @
        delta: from backward_weights, or add_outer_packed.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equations BP2 to BP4.
    """
    transposed = transposed_weights(layout, scratch, rows)
    for layer in range(layout.shape[0] - 1, 0, -1):
        A = layer_inputs(layout, scratch, layer, rows)
        delta, delta_below = layer_delta(layout, scratch, layer, rows), layer_delta(layout, scratch, layer - 1, rows)
        backward_weights(A, delta, layer_weights(layout, gradient, layer))
        sum_rows(delta, layer_biases(layout, gradient, layer))
        backward_inputs(delta, layer_weights(layout, params, layer), transposed, delta_below)
        multiply_by_derivative(activation, A.reshape(A.size), delta_below.reshape(delta_below.size))
    sum_rows(layer_delta(layout, scratch, 0, rows), layer_biases(layout, gradient, 0))


@kernel
def loss_and_gradient_above(y, batch, layout, params, activation, loss, scratch, gradient):
    """Do the part of loss_and_gradient above the first layer's weights, for dense and packed samples alike.

    Parameters
    ----------
    y, batch, layout, params, activation, loss
        As in loss_and_gradient.
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        `layer_outputs` of layer 0 holds the first layer's weighted sums; overwritten, `layer_delta` of layer 0 by the
        first layer's dC/dZ.
    gradient : (n_params,), same dtype
        Overwritten but for the first layer's weights.

    Returns
    -------
    total, n_correct
        As loss_and_gradient does.
    """
    rows, last = batch.size, layout.shape[0] - 1
    forward(layout, params, activation, rows, scratch)
    outputs, delta = layer_outputs(layout, scratch, last, rows), layer_delta(layout, scratch, last, rows)
    total, n_correct = loss_and_delta(loss, outputs, y, batch, delta)
    backward(layout, params, activation, rows, scratch, gradient)
    return total, n_correct


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
    forward_first_layer(layout, params, rows, scratch)
    result = loss_and_gradient_above(y, batch, layout, params, activation, loss, scratch, gradient)
    backward_weights(inputs, layer_delta(layout, scratch, 0, rows), layer_weights(layout, gradient, 0))
    return result
