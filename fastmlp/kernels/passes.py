"""The forward pass and backpropagation through all layers, for one batch that lies in scratch.

Rows of a batch are independent on the way forward and when errors go back, so `forward` and `backward` take some of
them, and threads can share a batch; gradients sum over all rows: `epochs` shares them by the inputs of each layer.
"""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from fastmlp.kernels._compile import kernel
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


class BatchRules(NamedTuple):
    """What training does to a batch and evaluation does not.

    Attributes
    ----------
    sample_weights : (n_samples,) or (0,) float32 or float64
    label_smoothing : float64
        As in loss_and_delta.
    dropout : float64
        Share of the hidden units that are dropped.
    seed, step : int
        The random numbers of dropout are a function of the two.
    """

    sample_weights: NDArray[Any]
    label_smoothing: float
    dropout: float
    seed: int
    step: int


@kernel
def no_rules(params):
    """Return the BatchRules of a training without any."""
    return BatchRules(segment(params, 0, 0), 0.0, 0.0, 0, 0)


@kernel
def _keeps_derivatives(activation, rules):
    """Return whether the forward pass keeps the derivatives of the hidden layers: backward can't have them else."""
    return rules.dropout > 0 or needs_sums(activation)


@kernel
def forward_in_training(layout, params, activation, rules, rows, scratch, first, last):
    """Do what forward does, with dropout and with all that backward needs.

    Parameters
    ----------
    layout, params, activation, rows, first, last
        As in forward.
    rules : BatchRules
    scratch : (at least scratch_size(layout, rows),), same dtype as params
        As in forward; `layer_derivatives` is overwritten too where backward needs it.
    """
    for layer in range(1, layout.shape[0]):
        A = rows_of(layer_inputs(layout, scratch, layer, rows), first, last)
        a, d = flat(A), flat(rows_of(layer_derivatives(layout, scratch, layer - 1, rows), first, last))
        if needs_sums(activation):
            derive_from_sums(activation, a, d)
        activate(activation, a)
        if rules.dropout > 0:
            if not needs_sums(activation):
                for i in range(d.size):
                    d[i] = 1
                multiply_by_derivative(activation, a, d)
            key = dropout_key(rules.seed, rules.step, layer)
            drop(rules.dropout, key, first * A.shape[1], a)
            drop(rules.dropout, key, first * A.shape[1], d)
        W, b = layer_weights(layout, params, layer), layer_biases(layout, params, layer)
        forward_layer(A, W, b, rows_of(layer_outputs(layout, scratch, layer, rows), first, last))


@kernel
def transpose_weights(layout, params, layer, scratch, first, last):
    """Write W.T of a layer above the first, for its inputs `first` to `last - 1`, to where `backward` expects it."""
    transpose(layer_weights(layout, params, layer), transposed_weights(layout, scratch, layer), first, last)


@kernel
def backward(layout, activation, rules, rows, scratch, first, last):
    """Backpropagate the error of some rows of a batch from the output layer to the first layer.

    Parameters
    ----------
    layout, activation, rules, rows, first, last
        As in forward_in_training, which has run.
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
        if _keeps_derivatives(activation, rules):
            derivatives = rows_of(layer_derivatives(layout, scratch, layer - 1, rows), first, last)
            multiply(flat(delta_below), flat(derivatives))
        else:
            multiply_by_derivative(activation, flat(A), flat(delta_below))


@kernel
def loss_and_gradient(X, y, batch, layout, params, activation, loss, scratch, gradient):
    """Compute the loss of a batch and its gradient with respect to all parameters.

    Parameters
    ----------
    X : (n, n_in) uint8, float32 or float64, C-contiguous
        Bytes mean value / 255.
    y : (n,) int64, or (n, n_out) of params' dtype
        Labels or targets, see loss_and_delta; not checked here.
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
    n_correct = forward_loss_backward(y, batch, layout, params, activation, loss, no_rules(params), scratch, 0, rows)
    for layer in range(layout.shape[0]):
        A, delta = layer_inputs(layout, scratch, layer, rows), layer_delta(layout, scratch, layer, rows)
        backward_weights(A, delta, layer_weights(layout, gradient, layer), 0, layout[layer, N_IN])
        sum_rows(delta, layer_biases(layout, gradient, layer), 0, layout[layer, N_OUT])
    return sum_losses(group_losses(layout, scratch, rows), rows), n_correct


@kernel
def forward_loss_backward(y, batch, layout, params, activation, loss, rules, scratch, first, last):
    """Take some rows of a batch from the first layer's weighted sums to the errors of all layers.

    Parameters
    ----------
    y, batch, layout, params, activation, loss
        As in loss_and_gradient; `batch` is the whole batch.
    rules : BatchRules
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
    forward_in_training(layout, params, activation, rules, rows, scratch, first, last)
    outputs = rows_of(layer_outputs(layout, scratch, top, rows), first, last)
    delta = rows_of(layer_delta(layout, scratch, top, rows), first, last)
    losses = segment(group_losses(layout, scratch, rows), first // GROUP_ROWS, (rows - first) // GROUP_ROWS + 1)
    batch = segment(batch, first, last - first)
    smoothing, weights = rules.label_smoothing, rules.sample_weights
    n_correct = loss_and_delta(loss, outputs, y, weights, batch, rows, smoothing, delta, losses)
    backward(layout, activation, rules, rows, scratch, first, last)
    return n_correct
