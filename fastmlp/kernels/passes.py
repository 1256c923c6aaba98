"""The forward pass and backpropagation through all layers, for one batch that lies in scratch."""

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.activations import activate, multiply_by_derivative
from fastmlp.kernels.dense import backward_inputs, backward_weights, forward_layer
from fastmlp.kernels.layout import layer_biases, layer_delta, layer_inputs, layer_outputs, layer_weights
from fastmlp.kernels.losses import argmax, loss_and_delta


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
def forward(layout, params, activation, rows, scratch):
    """Run the forward pass over a batch of `rows` samples, up to the weighted sums of the last layer.

    A_0 = inputs; Z_l = A_(l-1) @ W_l + b_l; A_l = f(Z_l) for the hidden layers ([1]_, chapter 2, equation 25).

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
        `layer_inputs(layout, scratch, 0, rows)` holds the samples; the `layer_outputs` of every layer are overwritten.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    """
    last = layout.shape[0] - 1
    for layer in range(last + 1):
        A = layer_inputs(layout, scratch, layer, rows)
        Z = layer_outputs(layout, scratch, layer, rows)
        forward_layer(A, layer_weights(layout, params, layer), layer_biases(layout, params, layer), Z)
        if layer < last:
            activate(activation, Z.reshape(Z.size))


@kernel
def backward(layout, params, activation, rows, scratch, gradient):
    """Backpropagate the error of the output layer: the gradient of every weight and bias.

    Parameters
    ----------
    layout, params, activation, rows
        As in forward, which has run.
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        `layer_delta` of the last layer holds dC/dZ (from loss_and_delta); those of the layers below are overwritten.
    gradient : (n_params,), same dtype
        Overwritten; laid out as `params`.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equations BP2 to BP4.
    """
    for layer in range(layout.shape[0] - 1, -1, -1):
        A = layer_inputs(layout, scratch, layer, rows)
        delta = layer_delta(layout, scratch, layer, rows)
        backward_weights(A, delta, layer_weights(layout, gradient, layer), layer_biases(layout, gradient, layer))
        if layer > 0:
            delta_below = layer_delta(layout, scratch, layer - 1, rows)
            backward_inputs(delta, layer_weights(layout, params, layer), delta_below)
            multiply_by_derivative(activation, A.reshape(A.size), delta_below.reshape(delta_below.size))


@kernel
def loss_and_gradient(X, y, batch, layout, params, activation, loss, scratch, gradient):
    """Compute the mean loss of a batch and its gradient with respect to all parameters.

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
    rows, last = batch.size, layout.shape[0] - 1
    inputs = layer_inputs(layout, scratch, 0, rows)
    for i in range(rows):
        load_sample(X, batch[i], inputs[i])
    forward(layout, params, activation, rows, scratch)
    outputs = layer_outputs(layout, scratch, last, rows)
    delta = layer_delta(layout, scratch, last, rows)
    total, n_correct = 0.0, 0
    for i in range(rows):
        label = y[batch[i]]
        total += loss_and_delta(loss, outputs[i], label, 1 / rows, delta[i])
        n_correct += argmax(outputs[i]) == label
    backward(layout, params, activation, rows, scratch, gradient)
    return total, n_correct
