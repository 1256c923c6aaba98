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
def count_params(layout):
    """Return the number of parameters: all weights and biases. `layout`: (n_layers, 5) int64 from make_layout."""
    last = layout[layout.shape[0] - 1]
    return last[B_AT] + last[N_OUT]


@kernel
def scratch_size(layout, batch_size):
    """Return how many numbers of scratch a batch of `batch_size` needs: the activations and the deltas of all layers.

    `layout`: (n_layers, 5) int64 from make_layout. What scratch holds before a call never matters.
    """
    last = layout[layout.shape[0] - 1]
    units = last[UNITS_BELOW] + last[N_OUT]
    return batch_size * (2 * units - layout[0, N_IN])


@kernel
def rows_that_fit(layout, scratch):
    """Return the largest batch that `scratch` holds: the inverse of scratch_size."""
    return scratch.size // scratch_size(layout, 1)


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
