"""Activation functions of the hidden layers and their derivatives, chosen by a code: one compiled form serves all.

To add one: a code, a name in ACTIVATIONS, a branch in each of the two kernels, and a line in the tests' twin.
"""

import math

from fastmlp.kernels._compile import kernel
from fastmlp.kernels.exponential import exp32

IDENTITY, SIGMOID, TANH, RELU = 0, 1, 2, 3

ACTIVATIONS = {"identity": IDENTITY, "sigmoid": SIGMOID, "tanh": TANH, "relu": RELU}
"""The code of each activation by its name."""


@kernel
def sigmoids(Z):
    """Overwrite `Z` (n,), float32 or float64, C-contiguous, by 1 / (1 + exp(-Z)); safe at any size of Z."""
    one = Z.dtype.type(1)
    if Z.itemsize == 4:
        for i in range(Z.size):
            Z[i] = one / (one + exp32(-Z[i]))
    else:
        for i in range(Z.size):
            Z[i] = one / (one + math.exp(-Z[i]))


@kernel
def activate(activation, Z):
    """Apply an activation function in place: A = f(Z).

    Parameters
    ----------
    activation : int
        IDENTITY, SIGMOID, TANH or RELU.
    Z : (n,) float32 or float64, C-contiguous
        Weighted sums; overwritten by the activations.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 1 (sigmoid) and chapter 3 (tanh, rectified linear).
    """
    if activation == SIGMOID:
        sigmoids(Z)
    elif activation == TANH:
        for i in range(Z.size):
            Z[i] = math.tanh(Z[i])
    elif activation == RELU:
        zero = Z.dtype.type(0)
        for i in range(Z.size):
            Z[i] = zero if Z[i] < zero else Z[i]  # NaN stays NaN: a diverged training must be seen


@kernel
def multiply_by_derivative(activation, A, delta):
    """Multiply by the activation's derivative, taken from its output: delta *= f'(Z), with f'(Z) from A = f(Z).

    Parameters
    ----------
    activation : int
        IDENTITY, SIGMOID, TANH or RELU (whose derivative at 0 is 0).
    A : (n,) float32 or float64, C-contiguous
        Activations that the forward pass stored.
    delta : (n,), same dtype
        dC/dA; overwritten by dC/dZ.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP2.
    """
    one, zero = A.dtype.type(1), A.dtype.type(0)
    if activation == SIGMOID:
        for i in range(A.size):
            delta[i] *= A[i] * (one - A[i])
    elif activation == TANH:
        for i in range(A.size):
            delta[i] *= one - A[i] * A[i]
    elif activation == RELU:
        for i in range(A.size):
            delta[i] = zero if A[i] <= zero else delta[i]
