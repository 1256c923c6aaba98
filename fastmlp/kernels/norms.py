"""Limits of norms: of the whole gradient, and of each unit's incoming weights.

Sums are cut into blocks of a fixed size, whichever thread has them, so that they have the same bits.
"""

import math

import numpy as np

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.llvm.views import segment

BLOCK = 4096
"""Elements of a gradient whose norm is computed together."""


@kernel
def n_blocks(n):
    """Return how many norms block_norms writes for `n` numbers."""
    return (n + BLOCK - 1) // BLOCK


@kernel
def block_norms(gradient, first, last, norms):
    """Compute the norm of each block of a gradient.

    Parameters
    ----------
    gradient : (n_params,) float32 or float64, C-contiguous
    first, last : int
        The blocks `first` to `last - 1`; 0 and n_blocks(n_params) for all.
    norms : (n_blocks(n_params),), same dtype
        Its elements `first` to `last - 1` are overwritten.
    """
    for k in range(first, last):
        total, own = gradient.dtype.type(0), segment(gradient, k * BLOCK, min(BLOCK, gradient.size - k * BLOCK))
        for i in range(own.size):
            total += own[i] * own[i]
        wide = np.float64(total)
        if wide == math.inf:  # float32 cannot hold squares of 2e19: again, at half the speed
            wide = 0.0
            for i in range(own.size):
                wide += np.float64(own[i]) * np.float64(own[i])
        norms[k] = math.sqrt(wide)


@kernel
def clip_factor(clip_norm, norms):
    """Return the factor that brings the norm of a gradient down to `clip_norm`: 1, or clip_norm / norm ([1]_).

    Parameters
    ----------
    clip_norm : float
    norms : (n_blocks(n_params),) float32 or float64, C-contiguous
        From block_norms, all of them.

    Returns
    -------
    factor : float64
        NaN if the gradient holds NaN.

    References
    ----------
    .. [1] R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural networks, 2013.
    """
    total = 0.0
    for k in range(norms.size):
        total += np.float64(norms[k]) * np.float64(norms[k])
    return 1.0 if total <= clip_norm * clip_norm else clip_norm / math.sqrt(total)


@kernel
def limit_norms(max_norm, W, first, last, norms):
    """Scale each unit's incoming weights, a column of W, so that their norm is at most `max_norm` ([1]_).

    Parameters
    ----------
    max_norm : float
    W : (n_in, n_out) float32 or float64, C-contiguous
        Overwritten in its columns `first` to `last - 1`, no others touched.
    first, last : int
        0 and n_out for all units.
    norms : (n_out,), same dtype
        Working memory; overwritten at `first` to `last - 1`.

    References
    ----------
    .. [1] N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014, section 5.1.
    """
    T = W.dtype.type
    limit, one, own = T(max_norm), T(1), segment(norms, first, last - first)
    for j in range(own.size):
        own[j] = T(0)
    for k in range(W.shape[0]):
        w = segment(W, k * W.shape[1] + first, own.size)
        for j in range(own.size):
            own[j] += w[j] * w[j]
    for j in range(own.size):
        norm = math.sqrt(own[j])
        own[j] = one if norm <= limit else limit / norm
    for k in range(W.shape[0]):
        w = segment(W, k * W.shape[1] + first, own.size)
        for j in range(own.size):
            w[j] *= own[j]
