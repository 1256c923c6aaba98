"""Dropout, from random numbers that are a function of a counter: no state, so any thread can compute any of them."""

import numpy as np

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.rng import random_bits

_U32, _U64 = np.uint32, np.uint64
_32 = np.uint64(32)


@kernel
def dropout_key(seed, step, layer):
    """Return the key of one layer's random numbers in one step: a uint64 that differs for each three arguments."""
    return random_bits(random_bits(random_bits(_U64(seed), _U64(0)), _U64(step)), _U64(layer))


@kernel
def dropout_bits(key, counter):
    """Return 32 random bits: a function of the uint64 `key` and the uint32 `counter`.

    Two rounds of a 32-bit mixer ([1]_) with one half of the key before each: 32-bit shifts and products become vectors
    on any CPU, unlike the 64-bit ones of `random_bits`.

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
def drop(probability, key, counter, A):
    """Drop units at random: multiply by 0, or by 1 / (1 - probability) for those that stay ([1]_, inverted).

    Parameters
    ----------
    probability : float
        Probability that a unit is dropped, from 0 to below 1.
    key : uint64
        From dropout_key. The same key drops the same units: of the activations, then of their derivatives.
    counter : int
        Counter of the first unit; the others count on from it.
    A : (n,) float32 or float64, C-contiguous
        Overwritten.

    References
    ----------
    .. [1] N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.
    """
    T = A.dtype.type
    limit, kept, dropped = _U32(probability * 4294967296.0), T(1 / (1 - probability)), T(0)
    for i in range(A.size):
        A[i] *= dropped if dropout_bits(key, counter + i) < limit else kept
