"""Where everything lies: one flat vector for all parameters, one for all scratch, and a table of offsets for both.

The table is an ordinary integer array, so one compiled form of each kernel serves every depth and width. Called by the
other kernels and by Network; calls nothing.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastmlp.kernels._compile import kernel

N_IN, N_OUT, W_AT, B_AT, UNITS_BELOW = 0, 1, 2, 3, 4
"""The columns of a layout."""


def make_layout(sizes: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the layout of a network with `sizes` units a layer, the inputs first.

    Parameters
    ----------
    sizes : tuple of int
        At least two positive numbers, such as (784, 16, 16, 10). Checked by the caller (Network), not here.

    Returns
    -------
    (n_layers, 5) int64
        One row a layer of weights: its inputs, its outputs, where its W starts in `params`, where its b starts, and the
        number of units of all layers below it (the inputs counted), which places its activations in `scratch`.
    """
    layout = np.empty((len(sizes) - 1, 5), np.int64)
    at = units = 0
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        units += n_in
        layout[layer] = n_in, n_out, at, at + n_in * n_out, units
        at += (n_in + 1) * n_out
    return layout


@kernel
def scratch_size(layout, batch_size):
    """Return how many numbers of scratch a batch of `batch_size` needs.

    These are the activations and the deltas of all layers, and a copy of the largest weights above the first layer.
    `layout`: (n_layers, 5) int64 from make_layout. What scratch holds before a call never matters.
    """
    return batch_size * _numbers_a_row(layout) + _largest_weights(layout)


@kernel
def _numbers_a_row(layout):
    """Return how many activations and deltas a sample has."""
    last = layout[layout.shape[0] - 1]
    return 2 * (last[UNITS_BELOW] + last[N_OUT]) - layout[0, N_IN]


@kernel
def _largest_weights(layout):
    """Return the number of weights of the layer that has most, without the first layer."""
    most = 0
    for layer in range(1, layout.shape[0]):
        most = max(most, layout[layer, N_IN] * layout[layer, N_OUT])
    return most


@kernel
def rows_that_fit(layout, scratch):
    """Return the largest batch that `scratch` holds: the inverse of scratch_size."""
    return (scratch.size - _largest_weights(layout)) // _numbers_a_row(layout)


@kernel
def layer_weights(layout, params, layer):
    """Return the view W (n_in, n_out) of `params` (or of a gradient), for layer 0 to n_layers - 1."""
    n_in, n_out, start = layout[layer, N_IN], layout[layer, N_OUT], layout[layer, W_AT]
    return params[start : start + n_in * n_out].reshape(n_in, n_out)


@kernel
def layer_biases(layout, params, layer):
    """Return the view b (n_out,) of `params` (or of a gradient), for layer 0 to n_layers - 1."""
    start = layout[layer, B_AT]
    return params[start : start + layout[layer, N_OUT]]


@kernel
def layer_inputs(layout, scratch, layer, rows):
    """Return the view A (rows, n_in) of `scratch`: what layer `layer` reads. For layer 0: the samples themselves."""
    n_in = layout[layer, N_IN]
    start = (layout[layer, UNITS_BELOW] - n_in) * rows
    return scratch[start : start + rows * n_in].reshape(rows, n_in)


@kernel
def layer_outputs(layout, scratch, layer, rows):
    """Return the view A (rows, n_out) of `scratch`: what layer `layer` writes, which layer + 1 reads."""
    n_out = layout[layer, N_OUT]
    start = layout[layer, UNITS_BELOW] * rows
    return scratch[start : start + rows * n_out].reshape(rows, n_out)


@kernel
def layer_delta(layout, scratch, layer, rows):
    """Return the view delta (rows, n_out) of `scratch`: dC/dZ of layer `layer`. Deltas lie behind all activations."""
    last = layout[layout.shape[0] - 1]
    n_out = layout[layer, N_OUT]
    start = (last[UNITS_BELOW] + last[N_OUT] + layout[layer, UNITS_BELOW] - layout[0, N_IN]) * rows
    return scratch[start : start + rows * n_out].reshape(rows, n_out)


@kernel
def transposed_weights(layout, scratch, rows):
    """Return the view of `scratch`, behind the deltas of `rows` samples, that any layer's transposed weights fit in."""
    start = rows * _numbers_a_row(layout)
    return scratch[start : start + _largest_weights(layout)]
