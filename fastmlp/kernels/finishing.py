"""The end of a batch's second half: what a step needs the whole gradient or the whole of the new weights for.

Called by `epochs`; threads meet in it.
"""

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.layout import (
    B_AT,
    N_IN,
    N_OUT,
    W_AT,
    gradient_norms,
    layer_biases,
    layer_weights,
)
from fastmlp.kernels.norms import clip_factor, limit_norms, part_norms
from fastmlp.kernels.passes import transpose_weights
from fastmlp.kernels.settings import AVERAGING, MAX_NORM
from fastmlp.kernels.team import barrier, part
from fastmlp.kernels.tiles import TILE_ROWS
from fastmlp.kernels.updates import average, bias_factors, update
from fastmlp.kernels.views import segment


@kernel
def transpose_own(layout, params, scratch, thread, threads):
    """Write a thread's share of the transposed weights of all layers but the first."""
    for layer in range(1, layout.shape[0]):
        first, last = part(layout[layer, N_IN], TILE_ROWS, thread, threads)
        transpose_weights(layout, params, layer, scratch, first, last)


@kernel
def _step_clipped(layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads, team):
    """Clip the gradient, which all threads together have summed, and take a thread's share of the step."""
    barrier(team, threads)
    norms = gradient_norms(layout, scratch, rows)
    first, last = part(norms.size, 1, thread, threads)
    part_norms(gradient, first, last, norms)
    barrier(team, threads)
    factor = params.dtype.type(clip_factor(factors.clip_norm, norms))
    for side in range(2 * layout.shape[0]):  # W, then b
        layer, is_bias = side // 2, side % 2
        n_out, start = layout[layer, N_OUT], layout[layer, B_AT if is_bias else W_AT]
        first, last = part(n_out if is_bias else layout[layer, N_IN] * n_out, 16, thread, threads)
        at, n, g = start + first, last - first, segment(gradient, start + first, last - first)
        for i in range(n):
            g[i] *= factor
        update(optimizer, bias_factors(factors) if is_bias else factors, g, segment(params, at, n), state, at)


@kernel
def finish_step(layout, params, rows, scratch, gradient, optimizer, settings, factors, state, thread, threads, team):
    """Do what a step needs all of the gradient or of the weights for, and transpose for the next batch."""
    if factors.clip_norm > 0:
        _step_clipped(layout, params, rows, scratch, gradient, optimizer, factors, state, thread, threads, team)
    if settings[MAX_NORM] > 0:
        barrier(team, threads)
        for layer in range(layout.shape[0]):
            first, last = part(layout[layer, N_OUT], 16, thread, threads)
            W, room = layer_weights(layout, params, layer), layer_biases(layout, gradient, layer)
            limit_norms(settings[MAX_NORM], W, first, last, room)
        barrier(team, threads)
    transpose_own(layout, params, scratch, thread, threads)


@kernel
def average_own(settings, step, params, state, thread, threads):
    """Move a thread's share of the average towards the parameters, which nobody writes before the next half batch."""
    if settings[AVERAGING] > 0:
        first, last = part(params.size, 16, thread, threads)
        own = segment(params, first, last - first)
        averaged = segment(state, (state.shape[0] - 1) * params.size + first, last - first)
        average(settings[AVERAGING], step, own, averaged)
