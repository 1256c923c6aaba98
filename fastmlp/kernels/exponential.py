"""The exponential for float32 as a polynomial, which the compiler turns into vectors; `math.exp` is a call a number.

0.3 ns a number where `math.exp` takes 2.3. Called by `activations` and `losses`.
"""

import math

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from fastmlp.kernels._compile import kernel, kernel_in_order

ROUNDS = 1.5 * 2**23
"""Added to a small float32 and taken off again it leaves the nearest whole number: that far up they are 1 apart. A
floor is an integer of 64 bits in Numba, for which a CPU without AVX-512 has no vectors: a sigmoid took 5 times as long.
"""


@intrinsic
def _float_of_bits(typing_context, bits):
    """Return the float32 that the int32 `bits` are."""

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


@kernel_in_order
def exp32(x):
    """Return e**x for a float32: relative error below 2e-7; NaN stays NaN; the ends are 1e-38 and 2e38, not 0 and inf.

    x = n log(2) + r with |r| <= log(2) / 2; e**r by a polynomial, 2**n by setting the exponent (Cephes, `expf`, [1]_).
    In order: log(2) is taken off in two parts, the first one exact, and summing them first would lose what that gains.

    References
    ----------
    .. [1] S. Moshier, Methods and Programs for Mathematical Functions, 1989.
    """
    T = type(x)
    low, high = T(-87.0), T(88.0)
    bounded = low if x < low else high if x > high else x
    n = (bounded * T(1.44269504088896341) + T(ROUNDS)) - T(ROUNDS)
    r = bounded - n * T(0.693359375)
    r = r + n * T(2.12194440e-4)
    p = T(1.9875691500e-4)
    p = p * r + T(1.3981999507e-3)
    p = p * r + T(8.3334519073e-3)
    p = p * r + T(4.1665795894e-2)
    p = p * r + T(1.6666665459e-1)
    p = p * r + T(5.0000001201e-1)
    y = (p * r * r + r + T(1)) * _float_of_bits((types.int32(n) + types.int32(127)) << types.int32(23))
    return y if x == x else x  # x is not x: NaN


@kernel
def exponentials(z):
    """Overwrite `z` (n,), float32 or float64, C-contiguous, by e**z."""
    if z.itemsize == 4:
        for i in range(z.size):
            z[i] = exp32(z[i])
    else:
        for i in range(z.size):
            z[i] = math.exp(z[i])
