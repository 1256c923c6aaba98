"""Parameter updates: one step of an optimizer is one pass over parameters, gradient and the optimizer's state.

To add one: a code, a name in OPTIMIZERS, its arrays in STATES, a branch in step_factors and in update, and a line in
the tests' twin.
"""

import math

from fastmlp.kernels._compile import kernel, kernel_in_order
from fastmlp.kernels.views import segment

SGD, MOMENTUM, ADAM = 0, 1, 2

OPTIMIZERS = {"sgd": SGD, "momentum": MOMENTUM, "adam": ADAM}
"""The code of each optimizer by its name."""

STATES = {SGD: 0, MOMENTUM: 1, ADAM: 2}
"""How many arrays like `params` an optimizer keeps between steps, 0 at first."""


@kernel
def sgd_update(params, gradient, learning_rate):
    """Take one step of gradient descent in place: params -= learning_rate * gradient.

    Parameters
    ----------
    params : (n_params,) float32 or float64, C-contiguous
        Overwritten.
    gradient : (n_params,), same dtype
        The gradient of the batch's mean loss.
    learning_rate : float

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning, chapter 1, equations 16 and 17.
    """
    rate = params.dtype.type(learning_rate)
    for i in range(params.size):
        params[i] -= rate * gradient[i]


@kernel
def step_factors(optimizer, settings, rate, step):
    """Return the four numbers that `update` needs in a step.

    Parameters
    ----------
    optimizer : int
        SGD, MOMENTUM or ADAM.
    settings : (3,) float64
        Momentum, or Adam's beta_1; its beta_2; its epsilon. What an optimizer doesn't need is not read.
    rate : float64
        The learning rate of this step.
    step : int
        The number of this step, from 1 on: Adam's averages start at 0, which it corrects for.

    Returns
    -------
    rate, decay_1, decay_2, epsilon : float64
        Adam's correction is in `rate` and `epsilon`: lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) is
        rate m / (sqrt(v) + epsilon), [1]_, end of section 2.

    References
    ----------
    .. [1] D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015, arXiv 1412.6980.
    """
    epsilon = settings[2]
    if optimizer == ADAM:
        root = math.sqrt(1 - settings[1] ** step)
        rate *= root / (1 - settings[0] ** step)
        epsilon *= root
    return rate, settings[0], settings[1], epsilon


@kernel_in_order
def update(optimizer, factors, gradient, params, state, at):
    """Take one step of an optimizer in place, over all parameters or over some that lie together.

    sgd: w -= rate g. momentum: m = decay_1 m + g, w -= rate m ([1]_, chapter 3, with his v = -rate m).
    adam: m += (1 - decay_1) (g - m), v += (1 - decay_2) (g^2 - v), w -= rate m / (sqrt(v) + epsilon) ([2]_).

    Parameters
    ----------
    optimizer : int
        SGD, MOMENTUM or ADAM.
    factors : tuple of four floats
        From step_factors.
    gradient : (n,) float32 or float64, C-contiguous
        The gradient of the batch's mean loss for these parameters.
    params : (n,), same dtype
        Overwritten.
    state : (STATES[optimizer], at least at + n), same dtype
        Overwritten at `at` to at + n - 1: m, then v.
    at : int
        Where these parameters lie among all of them.

    Notes
    -----
    Adam's averages are written with one product in each sum: with two, the compiler may round either of them, and
    chooses differently for a vector and for what is left of an array behind the last vector.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    .. [2] D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015, arXiv 1412.6980, algorithm 1.
    """
    T, n = params.dtype.type, params.size
    rate, decay_1, epsilon = T(factors[0]), T(factors[1]), T(factors[3])
    if optimizer == SGD:
        sgd_update(params, gradient, rate)
    elif optimizer == MOMENTUM:
        m = segment(state, at, n)
        for i in range(n):
            m[i] = decay_1 * m[i] + gradient[i]
            params[i] -= rate * m[i]
    elif optimizer == ADAM:
        new_1, new_2 = T(1 - factors[1]), T(1 - factors[2])  # in float32 1 - 0.999 is off by 5e-5
        m, v = segment(state, at, n), segment(state, state.shape[1] + at, n)
        for i in range(n):
            m[i] += new_1 * (gradient[i] - m[i])
            v[i] += new_2 * (gradient[i] * gradient[i] - v[i])
            params[i] -= rate * m[i] / (math.sqrt(v[i]) + epsilon)
