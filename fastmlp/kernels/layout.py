"""The layout of the memory: one flat vector for all parameters, one for all scratch, and a table of offsets.

The table is an ordinary integer array, so one compiled form of each kernel serves every depth and width.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm.views import matrix, segment
from fastmlp.kernels.norms import n_blocks

N_IN, N_OUT, W_AT, B_AT, UNITS_BELOW = 0, 1, 2, 3, 4
"""The columns of a layout."""


def make_layout(sizes: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the layout of a network with `sizes` units a layer, the inputs first.

    Parameters
    ----------
    sizes : tuple of int
        At least two positive numbers, such as (784, 16, 16, 10).

    Returns
    -------
    (n_layers, 5) int64
        One row for each layer of weights: its inputs, its outputs, where its W starts in `params`, where its b starts,
        and the number of units of all layers below it, inputs included, which places its activations in `scratch`.

    Raises
    ------
    ValueError
        Fewer than two numbers, or one that is not positive.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"make_layout: sizes is {sizes}: pass at least two positive numbers, such as (784, 10).")
    layout = np.empty((len(sizes) - 1, 5), np.int64)
    at = units = 0
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        units += n_in
        layout[layer] = n_in, n_out, at, at + n_in * n_out, units
        at += (n_in + 1) * n_out
    return layout


@kernel
def _aligned(n):
    """Return the next multiple of 16, so that a region starts at a cache line if the array does."""
    return (n + 15) // 16 * 16


@kernel
def _regions(layout, rows):
    """Return where the regions of scratch start: activations, deltas, losses, derivatives, norms; and its end.

    The transposed weights of all layers but the first come before them.
    """
    last, n_in = layout.shape[0] - 1, layout[0, N_IN]
    n_params = layout[last, B_AT] + layout[last, N_OUT]
    units_below = layout[last, UNITS_BELOW]
    units = units_below + layout[last, N_OUT]
    activations = _aligned(n_params - layout[0, B_AT] - layout[0, N_OUT])
    deltas = activations + _aligned(units * rows)
    losses = deltas + (units - n_in) * rows
    derivatives = _aligned(losses + rows)
    norms = derivatives + (units_below - n_in) * rows
    return activations, deltas, losses, derivatives, norms, norms + n_blocks(n_params)


@kernel
def scratch_size(layout, batch_size):
    """Return how many numbers of scratch a batch needs.

    Scratch holds the transposed weights of all layers but the first, the activations and the deltas of all layers, a
    loss for each sample, the derivatives of the hidden layers, and norms of blocks of the gradient. Its contents before
    a call do not matter.

    Parameters
    ----------
    layout : (n_layers, 5) int64
        From make_layout.
    batch_size : int
        Samples in the largest batch.

    Returns
    -------
    int
    """
    return _regions(layout, batch_size)[5]


@kernel
def rows_that_fit(layout, scratch):
    """Return the largest batch that `scratch` holds: the inverse of scratch_size."""
    a_row = scratch_size(layout, 16) - scratch_size(layout, 0)  # a multiple of 16 rows needs no padding
    rows = (scratch.size - _regions(layout, 0)[0]) * 16 // a_row
    while rows > 0 and scratch_size(layout, rows) > scratch.size:
        rows -= 1
    return rows


@kernel
def layer_weights(layout, params, layer):
    """Return the view W of a layer.

    Parameters
    ----------
    layout : (n_layers, 5) int64
        From make_layout.
    params : (n_params,) float32 or float64, C-contiguous
        Parameters, or a gradient.
    layer : int
        From 0 to n_layers - 1.

    Returns
    -------
    (n_in, n_out) view of `params`
    """
    return matrix(params, layout[layer, W_AT], layout[layer, N_IN], layout[layer, N_OUT])


@kernel
def layer_biases(layout, params, layer):
    """Return the view b of a layer.

    Parameters
    ----------
    layout, params, layer : as in layer_weights

    Returns
    -------
    (n_out,) view of `params`
    """
    return segment(params, layout[layer, B_AT], layout[layer, N_OUT])


@kernel
def layer_inputs(layout, scratch, layer, rows):
    """Return the view A (rows, n_in) of `scratch` that a layer reads; layer 0 reads the samples themselves."""
    n_in = layout[layer, N_IN]
    start = _regions(layout, rows)[0] + (layout[layer, UNITS_BELOW] - n_in) * rows
    return matrix(scratch, start, rows, n_in)


@kernel
def layer_outputs(layout, scratch, layer, rows):
    """Return the view A (rows, n_out) of `scratch` that a layer writes, and the layer above it reads."""
    start = _regions(layout, rows)[0] + layout[layer, UNITS_BELOW] * rows
    return matrix(scratch, start, rows, layout[layer, N_OUT])


@kernel
def _of_layer(layout, scratch, start, layer, rows):
    """Return the view (rows, n_out) for a layer in a region that starts with the first layer's outputs."""
    at = start + (layout[layer, UNITS_BELOW] - layout[0, N_IN]) * rows
    return matrix(scratch, at, rows, layout[layer, N_OUT])


@kernel
def layer_delta(layout, scratch, layer, rows):
    """Return the view delta (rows, n_out) of `scratch`: dC/dZ of a layer."""
    return _of_layer(layout, scratch, _regions(layout, rows)[1], layer, rows)


@kernel
def layer_derivatives(layout, scratch, layer, rows):
    """Return the view D (rows, n_out) of `scratch`: dA/dZ of a hidden layer, if training keeps it."""
    return _of_layer(layout, scratch, _regions(layout, rows)[3], layer, rows)


@kernel
def group_losses(layout, scratch, rows):
    """Return the view (rows,) of `scratch` that loss_and_delta writes the losses of its groups to."""
    return segment(scratch, _regions(layout, rows)[2], rows)


@kernel
def gradient_norms(layout, scratch, rows):
    """Return the view (n_blocks(n_params),) of `scratch` for the norms of a gradient's blocks, see block_norms."""
    regions = _regions(layout, rows)
    return segment(scratch, regions[4], regions[5] - regions[4])


@kernel
def transposed_weights(layout, scratch, layer):
    """Return the flat view (n_out * n_in,) of `scratch` for the transposed weights of layer 1 or a higher one."""
    start = layout[layer, W_AT] - layout[1, W_AT]
    return segment(scratch, start, layout[layer, N_IN] * layout[layer, N_OUT])
