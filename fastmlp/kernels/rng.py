"""Random numbers that are a function of a key and a counter: the same for any number of threads and any order.

There is no generator and no state: number `counter` of the stream `key` is computed where it is needed.
"""

import numpy as np

from fastmlp.kernels._numba.compile import kernel

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFT_1, SHIFT_2, SHIFT_3, TO_53_BITS = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@kernel
def random_bits(key, counter):
    """Return 64 random bits: number `counter` of the stream `key`, both uint64.

    SplitMix64 [1]_, begun at `key`. Keys must themselves be well mixed, as NumPy's SeedSequence makes them, or two
    streams may overlap.

    References
    ----------
    .. [1] G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
    """
    z = np.uint64(key) + (np.uint64(counter) + np.uint64(1)) * GOLDEN
    z = (z ^ (z >> SHIFT_1)) * MIX_1
    z = (z ^ (z >> SHIFT_2)) * MIX_2
    return z ^ (z >> SHIFT_3)


@kernel
def random_uniform(key, counter):
    """Return a float64 in [0, 1), a multiple of 2**-53, from `random_bits`."""
    return np.float64(np.int64(random_bits(key, counter) >> TO_53_BITS)) * 2.0**-53


@kernel
def random_below(key, counter, n):
    """Return an int64 from 0 to n - 1, each equally likely up to n / 2**53."""
    return np.int64(random_uniform(key, counter) * n)
