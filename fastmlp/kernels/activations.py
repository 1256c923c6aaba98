"""Activation functions of the hidden layers and their derivatives, chosen by a code: one compiled form serves all.

To add one: a code, a name in ACTIVATIONS, a branch in each of the two kernels, and a line in the tests' twin.
"""

import math

from fastmlp.kernels._compile import kernel

IDENTITY, SIGMOID, TANH, RELU = 0, 1, 2, 3

ACTIVATIONS = {"identity": IDENTITY, "sigmoid": SIGMOID, "tanh": TANH, "relu": RELU}
"""The code of each activation by its name."""


@kernel
def sigmoid(z):
    """Return 1 / (1 + exp(-z)) in the type of `z`; 0 and 1 at its far ends, where exp overflows to inf."""
    one = type(z)(1)
    return one / (one + math.exp(-z))


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
        for i in range(Z.size):
            Z[i] = sigmoid(Z[i])
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
