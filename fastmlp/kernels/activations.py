"""Activation functions of the hidden layers and their derivatives, chosen by a code: one compiled form serves all.

To add one: a code, a name in ACTIVATIONS, a branch in `activate`, one in `multiply_by_derivative` or, if its derivative
is no function of its output, in `derive_from_sums`, and a line in the tests' twin.
"""

import math

from fastmlp.kernels._numba.compile import kernel
from fastmlp.kernels.special import exp, log1p, normal, tanh

IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SOFTPLUS, SILU, GELU = range(9)
_FIRST_OF_SUMS = SOFTPLUS

ACTIVATIONS = {
    "identity": IDENTITY,
    "sigmoid": SIGMOID,
    "tanh": TANH,
    "relu": RELU,
    "leaky_relu": LEAKY_RELU,
    "elu": ELU,
    "softplus": SOFTPLUS,
    "silu": SILU,
    "gelu": GELU,
}
"""The code of each activation by its name."""

SLOPE = 0.01
"""Slope of the leaky ReLU below 0."""


@kernel
def sigmoids(Z):
    """Overwrite `Z` (n,), float32 or float64, C-contiguous, with 1 / (1 + exp(-Z)); safe for any Z."""
    one = Z.dtype.type(1)
    for i in range(Z.size):
        Z[i] = one / (one + exp(-Z[i]))


@kernel
def activate(activation, Z):
    """Apply an activation function in place: A = f(Z).

    sigmoid 1 / (1 + exp(-z)), tanh, relu max(z, 0) ([1]_, chapters 1 and 3); leaky_relu: z above 0, else 0.01 z ([2]_);
    elu: z above 0, else exp(z) - 1 ([3]_); softplus log(1 + exp(z)) ([4]_); silu z sigmoid(z), gelu z normal(z) with
    the normal cumulative distribution itself, not its approximation by tanh ([5]_).

    Parameters
    ----------
    activation : int
        A code, see ACTIVATIONS.
    Z : (n,) float32 or float64, C-contiguous
        Weighted sums; overwritten by the activations. NaN stays NaN: a training that diverged must be seen.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    .. [2] A. Maas, A. Hannun, A. Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    .. [3] D. Clevert, T. Unterthiner, S. Hochreiter, Fast and accurate deep network learning by ELUs, 2016.
    .. [4] X. Glorot, A. Bordes, Y. Bengio, Deep sparse rectifier neural networks, 2011.
    .. [5] D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), 2016, which also has the SiLU.
    """
    if activation < RELU:
        _squash(activation, Z)
    elif activation < SOFTPLUS:
        _rectify(activation, Z)
    else:
        _rectify_smoothly(activation, Z)


@kernel
def _squash(activation, Z):
    """Apply sigmoid or tanh in place; the identity leaves Z alone."""
    if activation == SIGMOID:
        sigmoids(Z)
    elif activation == TANH:
        for i in range(Z.size):
            Z[i] = tanh(Z[i])


@kernel
def _rectify(activation, Z):
    """Apply relu, leaky_relu or elu in place."""
    T = Z.dtype.type
    zero, one, slope = T(0), T(1), T(SLOPE)
    if activation == RELU:
        for i in range(Z.size):
            Z[i] = zero if Z[i] < zero else Z[i]
    elif activation == LEAKY_RELU:
        for i in range(Z.size):
            Z[i] = slope * Z[i] if Z[i] < zero else Z[i]
    else:
        for i in range(Z.size):
            Z[i] = exp(Z[i]) - one if Z[i] < zero else Z[i]


@kernel
def _rectify_smoothly(activation, Z):
    """Apply softplus, silu or gelu in place."""
    T = Z.dtype.type
    zero, one = T(0), T(1)
    if activation == SOFTPLUS:
        for i in range(Z.size):
            Z[i] = (Z[i] if Z[i] > zero else zero) + log1p(exp(-abs(Z[i])))
    elif activation == SILU:
        for i in range(Z.size):
            Z[i] = Z[i] / (one + exp(-Z[i]))
    else:
        for i in range(Z.size):
            Z[i] = Z[i] * normal(Z[i])


@kernel
def multiply_by_derivative(activation, A, delta):
    """Multiply by the activation's derivative: delta *= f'(Z), with f'(Z) computed from the output A = f(Z).

    Parameters
    ----------
    activation : int
        A code for which needs_sums is false. The derivative of relu and of leaky_relu at 0 is that below 0.
    A : (n,) float32 or float64, C-contiguous
        Activations that the forward pass stored.
    delta : (n,), same dtype
        Gradient dC/dA; overwritten by dC/dZ.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 2, equation BP2.
    """
    one = A.dtype.type(1)
    if activation == SIGMOID:
        for i in range(A.size):
            delta[i] *= A[i] * (one - A[i])
    elif activation == TANH:
        for i in range(A.size):
            delta[i] *= one - A[i] * A[i]
    elif activation >= RELU:
        _multiply_by_slope(activation, A, delta)


@kernel
def _multiply_by_slope(activation, A, delta):
    """Multiply by the derivative of relu, leaky_relu or elu."""
    T = A.dtype.type
    one, zero, slope = T(1), T(0), T(SLOPE)
    if activation == RELU:
        for i in range(A.size):
            delta[i] = zero if A[i] <= zero else delta[i]
    elif activation == LEAKY_RELU:
        for i in range(A.size):
            delta[i] = slope * delta[i] if A[i] <= zero else delta[i]
    elif activation == ELU:
        for i in range(A.size):
            delta[i] = (A[i] + one) * delta[i] if A[i] <= zero else delta[i]


@kernel
def needs_sums(activation):
    """Return whether an activation's derivative is no function of its output: softplus, silu and gelu."""
    return activation >= _FIRST_OF_SUMS


@kernel
def derive_from_sums(activation, Z, D):
    """Compute the derivatives of an activation from its weighted sums: D = f'(Z), if needs_sums.

    softplus: sigmoid(z); silu: s (1 + z (1 - s)) with s = sigmoid(z); gelu: normal(z) + z exp(-z^2 / 2) / sqrt(2 pi).

    Parameters
    ----------
    activation : int
        SOFTPLUS, SILU or GELU.
    Z : (n,) float32 or float64, C-contiguous
        Weighted sums, before `activate` overwrites them.
    D : (n,), same dtype
        Overwritten.
    """
    T = Z.dtype.type
    one, minus_half, density = T(1), T(-0.5), T(1 / math.sqrt(2 * math.pi))
    if activation == GELU:
        for i in range(Z.size):
            D[i] = normal(Z[i]) + Z[i] * density * exp(minus_half * Z[i] * Z[i])
    else:
        for i in range(Z.size):
            s = one / (one + exp(-Z[i]))
            D[i] = s if activation == SOFTPLUS else s * (one + Z[i] * (one - s))


@kernel
def multiply(delta, D):
    """Multiply in place: delta *= D, both (n,) float32 or float64, C-contiguous."""
    for i in range(delta.size):
        delta[i] *= D[i]
