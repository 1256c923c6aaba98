"""Dropout, from random numbers that are a function of a counter: no state, so any thread can draw any of them.

Called by `passes` and `epochs`; calls `random`.
"""

import numpy as np

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.random import random_bits

_U32, _U64 = np.uint32, np.uint64
_32 = np.uint64(32)


@kernel
def dropout_key(seed, step, layer):
    """Return the key of one layer's random numbers in one step: a uint64, another one for each three numbers."""
    return random_bits(random_bits(random_bits(_U64(seed), _U64(0)), _U64(step)), _U64(layer))


@kernel
def dropout_bits(key, counter):
    """Return 32 random bits: a function of the uint64 `key` and the uint32 `counter`.

    Two rounds of a mixer of 32 bits ([1]_) with a half of the key before each: shifts and products of 32 bits, which
    become vectors on any CPU, as those of 64 bits of `random_bits` don't.

    References
    ----------
    .. [1] C. Wellons, hash-prospector, `lowbias32`.
    """
    x = _U32(_U32(counter) * _U32(0x9E3779B9)) ^ _U32(key)
    x = _U32((x ^ (x >> _U32(16))) * _U32(0x7FEB352D))
    x = _U32((x ^ (x >> _U32(15))) * _U32(0x846CA68B))
    x = x ^ (x >> _U32(16)) ^ _U32(key >> _32)
    x = _U32((x ^ (x >> _U32(16))) * _U32(0x7FEB352D))
    x = _U32((x ^ (x >> _U32(15))) * _U32(0x846CA68B))
    return x ^ (x >> _U32(16))


@kernel
def drop(share, key, counter, A):
    """Drop some units at random: multiply by 0, or by 1 / (1 - share) for those that stay ([1]_, inverted).

    Parameters
    ----------
    share : float
        How many are dropped, from 0 to below 1.
    key : uint64
        From dropout_key. The same key drops the same units: of the activations, then of their derivatives.
    counter : int
        Of the first unit; the others count on from it.
    A : (n,) float32 or float64, C-contiguous
        Overwritten.

    References
    ----------
    .. [1] N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.
    """
    T = A.dtype.type
    limit, kept, dropped = _U32(share * 4294967296.0), T(1 / (1 - share)), T(0)
    for i in range(A.size):
        A[i] *= dropped if dropout_bits(key, counter + i) < limit else kept
