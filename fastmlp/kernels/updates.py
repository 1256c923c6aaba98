"""Parameter updates: one step of an optimizer is one pass over parameters, gradient and the optimizer's state.

To add one: a code, a name in OPTIMIZERS, its arrays in STATES, a branch in update, and a line in the tests' twin.
"""

import math
from typing import NamedTuple

from fastmlp.kernels._compile import kernel, kernel_in_order
from fastmlp.kernels.settings import CLIP_NORM, DECAY_1, DECAY_2, EPSILON, L1, L2, WEIGHT_DECAY
from fastmlp.kernels.views import segment

SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM = range(5)

OPTIMIZERS = {"sgd": SGD, "momentum": MOMENTUM, "nesterov": NESTEROV, "rmsprop": RMSPROP, "adam": ADAM, "adamw": ADAM}
"""The code of each optimizer by its name. AdamW is Adam with weight decay, which is a setting of all."""

STATES = {SGD: 0, MOMENTUM: 1, NESTEROV: 1, RMSPROP: 1, ADAM: 2}
"""How many arrays like `params` an optimizer keeps between steps, 0 at first."""


class Factors(NamedTuple):
    """The numbers of one step, from step_factors.

    Attributes
    ----------
    rate, decay_1, decay_2, epsilon : float64
        As in update.
    l1, l2 : float64
        The penalties' gradient is l1 sign(w) + l2 w.
    shrink : float64
        The share of the weights that decoupled decay takes off.
    clip_norm : float64
        The largest norm of the gradient, 0 for any.
    """

    rate: float
    decay_1: float
    decay_2: float
    epsilon: float
    l1: float
    l2: float
    shrink: float
    clip_norm: float


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
    """Return the numbers that `update` needs in a step.

    Parameters
    ----------
    optimizer : int
        A code, see OPTIMIZERS.
    settings : (13,) float64
        From make_settings.
    rate : float64
        The learning rate of this step.
    step : int
        The number of this step, from 1 on: Adam's averages start at 0, which it corrects for.

    Returns
    -------
    Factors
        Adam's correction is in `rate` and `epsilon`: lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) is
        rate m / (sqrt(v) + epsilon), [1]_, end of section 2.

    References
    ----------
    .. [1] D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015, arXiv 1412.6980.
    """
    epsilon, shrink = settings[EPSILON], rate * settings[WEIGHT_DECAY]
    if optimizer == ADAM:
        root = math.sqrt(1 - settings[DECAY_2] ** step)
        rate *= root / (1 - settings[DECAY_1] ** step)
        epsilon *= root
    penalties = settings[L1], settings[L2], shrink
    return Factors(rate, settings[DECAY_1], settings[DECAY_2], epsilon, *penalties, settings[CLIP_NORM])


@kernel
def bias_factors(factors):
    """Return the numbers of a step for biases: without penalties and decay."""
    return Factors(factors.rate, factors.decay_1, factors.decay_2, factors.epsilon, 0.0, 0.0, 0.0, 0.0)


@kernel
def are_regularised(factors):
    """Return whether a step has penalties or decay."""
    return factors.l1 != 0 or factors.l2 != 0 or factors.shrink != 0


@kernel_in_order
def regularise(factors, gradient, params):
    """Add the penalties' gradient to that of the loss, and let the weights decay: what comes before update.

    gradient += l1 sign(w) + l2 w (sign(0) = 0; [1]_, chapter 3), and then w -= shrink w ([2]_, algorithm 2).

    Parameters
    ----------
    factors : Factors
    gradient, params : (n,) float32 or float64, C-contiguous
        Of some weights; overwritten.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    .. [2] I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2019, arXiv 1711.05101.
    """
    T = params.dtype.type
    l1, l2, shrink, zero = T(factors.l1), T(factors.l2), T(factors.shrink), T(0)
    for i in range(params.size):
        w = params[i]
        g = gradient[i] + l2 * w
        gradient[i] = g + (l1 if w > zero else -l1 if w < zero else zero)
        params[i] = w - shrink * w


@kernel_in_order
def shrink_weights(factors, params):
    """Take the part of a step of descent in place that penalties and decay make: all but rate * gradient.

    w -= (shrink + rate l2) w + rate l1 sign(w). Their gradient is then added in place.

    Parameters
    ----------
    factors : Factors
        From step_factors.
    params : (n,) float32 or float64, C-contiguous
        Weights, no biases; overwritten.
    """
    T = params.dtype.type
    share, fixed, zero = T(factors.shrink + factors.rate * factors.l2), T(factors.rate * factors.l1), T(0)
    for i in range(params.size):
        w = params[i]
        shrunk = w - share * w
        params[i] = shrunk - (fixed if w > zero else -fixed if w < zero else zero)


@kernel_in_order
def update(optimizer, factors, gradient, params, state, at):
    """Take one step of an optimizer in place, over all weights or biases or over some that lie together.

    sgd: w -= rate g. momentum: m = decay_1 m + g, w -= rate m ([1]_, chapter 3, with his v = -rate m). nesterov: the
    same m, w -= rate (g + decay_1 m) ([2]_, as in PyTorch). rmsprop: v += (1 - decay_2) (g^2 - v),
    w -= rate g / (sqrt(v) + epsilon) ([3]_). adam: m += (1 - decay_1) (g - m), v as in rmsprop,
    w -= rate m / (sqrt(v) + epsilon) ([4]_). Before it, what penalties and decay ask for, see regularise.

    Parameters
    ----------
    optimizer : int
        A code, see OPTIMIZERS.
    factors : Factors
        From step_factors, and for biases through bias_factors.
    gradient : (n,) float32 or float64, C-contiguous
        The gradient of the batch's mean loss for these parameters; the penalties' is added to it.
    params : (n,), same dtype
        Overwritten.
    state : (at least STATES[optimizer], at least at + n), same dtype
        Overwritten at `at` to at + n - 1: the averages of the gradient and of its square, those that there are.
    at : int
        Where these parameters lie among all of them.

    Notes
    -----
    Averages are written with one product in each sum: with two, the compiler may round either of them, and chooses
    differently for a vector and for what is left of an array behind the last vector.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    .. [2] I. Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.
    .. [3] G. Hinton, Neural networks for machine learning, lecture 6e, 2012.
    .. [4] D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015, arXiv 1412.6980, algorithm 1.
    """
    T, n = params.dtype.type, params.size
    rate, decay_1, epsilon = T(factors.rate), T(factors.decay_1), T(factors.epsilon)
    new_1, new_2 = T(1 - factors.decay_1), T(1 - factors.decay_2)  # in float32 1 - 0.999 is off by 5e-5
    if are_regularised(factors):
        regularise(factors, gradient, params)
    if optimizer == SGD:
        sgd_update(params, gradient, rate)
    elif optimizer == MOMENTUM:
        m = segment(state, at, n)
        for i in range(n):
            m[i] = decay_1 * m[i] + gradient[i]
            params[i] -= rate * m[i]
    elif optimizer == NESTEROV:
        m = segment(state, at, n)
        for i in range(n):
            m[i] = decay_1 * m[i] + gradient[i]
            params[i] -= rate * (gradient[i] + decay_1 * m[i])
    elif optimizer == RMSPROP:
        v = segment(state, at, n)
        for i in range(n):
            v[i] += new_2 * (gradient[i] * gradient[i] - v[i])
            params[i] -= rate * gradient[i] / (math.sqrt(v[i]) + epsilon)
    elif optimizer == ADAM:
        m, v = segment(state, at, n), segment(state, state.shape[1] + at, n)
        for i in range(n):
            m[i] += new_1 * (gradient[i] - m[i])
            v[i] += new_2 * (gradient[i] * gradient[i] - v[i])
            params[i] -= rate * m[i] / (math.sqrt(v[i]) + epsilon)


@kernel_in_order
def average(decay, step, params, averaged):
    """Move the average of the parameters towards them: averaged += (1 - decay) / (1 - decay^step) (params - averaged).

    So it is the mean of what the parameters were after each step, weighted by decay^age: as Adam corrects its averages,
    which start at 0 and count too little at first.

    Parameters
    ----------
    decay : float
    step : int
        The number of the last step, from 1 on.
    params : (n,) float32 or float64, C-contiguous
    averaged : (n,), same dtype
        Overwritten; at step 1 by params, whatever it held (but NaN or infinity).

    References
    ----------
    .. [1] B. Polyak, A. Juditsky, Acceleration of stochastic approximation by averaging, 1992.
    """
    share = params.dtype.type((1 - decay) / (1 - decay**step))
    for i in range(params.size):
        averaged[i] += share * (params[i] - averaged[i])
