"""Where everything lies: one flat vector for all parameters, one for all scratch, and a table of offsets for both.

The table is an ordinary integer array, so one compiled form of each kernel serves every depth and width. Called by the
other kernels and by Network; calls `views` and `norms`.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.norms import parts_of
from fastmlp.kernels.views import matrix, segment

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

    These are the transposed weights of all layers but the first, the activations and the deltas of all layers, a loss
    for each sample, the derivatives of the hidden layers, and the squares of a gradient's parts. `layout`:
    (n_layers, 5) int64 from make_layout. What scratch holds before a call does not matter.
    """
    return _squares_at(layout, batch_size) + parts_of(_n_params(layout))


@kernel
def rows_that_fit(layout, scratch):
    """Return the largest batch that `scratch` holds: the inverse of scratch_size."""
    a_row = scratch_size(layout, 16) - scratch_size(layout, 0)  # a multiple of 16 rows needs no padding
    rows = (scratch.size - _activations_at(layout)) * 16 // a_row
    while rows > 0 and scratch_size(layout, rows) > scratch.size:
        rows -= 1
    return rows


@kernel
def _aligned(n):
    """Return the next multiple of 16, so that what starts there starts a cache line if the array does."""
    return (n + 15) // 16 * 16


@kernel
def _activations_at(layout):
    """Return where the activations start in scratch: behind the transposed weights of all layers but the first."""
    last = layout[layout.shape[0] - 1]
    return _aligned(last[B_AT] + last[N_OUT] - layout[0, B_AT] - layout[0, N_OUT])


@kernel
def _deltas_at(layout, rows):
    """Return where the deltas start in scratch: behind the activations of `rows` samples."""
    last = layout[layout.shape[0] - 1]
    return _activations_at(layout) + _aligned((last[UNITS_BELOW] + last[N_OUT]) * rows)


@kernel
def _losses_at(layout, rows):
    """Return where the losses start in scratch: behind the deltas."""
    last = layout[layout.shape[0] - 1]
    return _deltas_at(layout, rows) + (last[UNITS_BELOW] + last[N_OUT] - layout[0, N_IN]) * rows


@kernel
def _derivatives_at(layout, rows):
    """Return where the derivatives start in scratch: behind the losses."""
    return _aligned(_losses_at(layout, rows) + rows)


@kernel
def _squares_at(layout, rows):
    """Return where the squares start in scratch: behind the derivatives."""
    last = layout[layout.shape[0] - 1]
    return _derivatives_at(layout, rows) + (last[UNITS_BELOW] - layout[0, N_IN]) * rows


@kernel
def _n_params(layout):
    """Return the number of weights and biases."""
    last = layout[layout.shape[0] - 1]
    return last[B_AT] + last[N_OUT]


@kernel
def layer_weights(layout, params, layer):
    """Return the view W (n_in, n_out) of `params` (or of a gradient), for layer 0 to n_layers - 1."""
    n_in, n_out, start = layout[layer, N_IN], layout[layer, N_OUT], layout[layer, W_AT]
    return matrix(params, start, n_in, n_out)


@kernel
def layer_biases(layout, params, layer):
    """Return the view b (n_out,) of `params` (or of a gradient), for layer 0 to n_layers - 1."""
    start = layout[layer, B_AT]
    return segment(params, start, layout[layer, N_OUT])


@kernel
def layer_inputs(layout, scratch, layer, rows):
    """Return the view A (rows, n_in) of `scratch`: what layer `layer` reads. For layer 0: the samples themselves."""
    n_in = layout[layer, N_IN]
    start = _activations_at(layout) + (layout[layer, UNITS_BELOW] - n_in) * rows
    return matrix(scratch, start, rows, n_in)


@kernel
def layer_outputs(layout, scratch, layer, rows):
    """Return the view A (rows, n_out) of `scratch`: what layer `layer` writes, which layer + 1 reads."""
    n_out = layout[layer, N_OUT]
    start = _activations_at(layout) + layout[layer, UNITS_BELOW] * rows
    return matrix(scratch, start, rows, n_out)


@kernel
def layer_delta(layout, scratch, layer, rows):
    """Return the view delta (rows, n_out) of `scratch`: dC/dZ of layer `layer`. Deltas lie behind all activations."""
    n_out = layout[layer, N_OUT]
    start = _deltas_at(layout, rows) + (layout[layer, UNITS_BELOW] - layout[0, N_IN]) * rows
    return matrix(scratch, start, rows, n_out)


@kernel
def group_losses(layout, scratch, rows):
    """Return the view (rows,) of `scratch` that loss_and_delta writes its groups' losses to, behind the deltas."""
    start = _losses_at(layout, rows)
    return segment(scratch, start, rows)


@kernel
def layer_derivatives(layout, scratch, layer, rows):
    """Return the view D (rows, n_out) of `scratch`: dA/dZ of hidden layer `layer`, where training keeps it."""
    n_out = layout[layer, N_OUT]
    start = _derivatives_at(layout, rows) + (layout[layer, UNITS_BELOW] - layout[0, N_IN]) * rows
    return matrix(scratch, start, rows, n_out)


@kernel
def gradient_norms(layout, scratch, rows):
    """Return the view (parts_of(n_params),) of `scratch` for the norms of a gradient's parts, see part_norms."""
    return segment(scratch, _squares_at(layout, rows), parts_of(_n_params(layout)))


@kernel
def transposed_weights(layout, scratch, layer):
    """Return the flat view (n_out * n_in,) of `scratch` for the transposed weights of layer 1 or a higher one."""
    start = layout[layer, W_AT] - layout[1, W_AT]
    return segment(scratch, start, layout[layer, N_IN] * layout[layer, N_OUT])
