"""Parameter updates: one step of an optimizer is one pass over parameters, gradient and the optimizer's state.

To add one: a code, a name in OPTIMIZERS, its arrays in STATES, a branch in `update`, and a line in the tests' twin.
"""

import math
from typing import NamedTuple

from fastmlp.kernels._numba.compile import kernel, kernel_in_order
from fastmlp.kernels.llvm.views import segment

SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM = range(5)

OPTIMIZERS = {"sgd": SGD, "momentum": MOMENTUM, "nesterov": NESTEROV, "rmsprop": RMSPROP, "adam": ADAM, "adamw": ADAM}
"""The code of each optimizer by its name. AdamW is Adam with weight decay, which any optimizer can have."""

STATES = {SGD: 0, MOMENTUM: 1, NESTEROV: 1, RMSPROP: 1, ADAM: 2}
"""How many arrays like `params` an optimizer keeps between steps; they start as zeros."""


class Factors(NamedTuple):
    """The numbers of one step, from step_factors.

    Attributes
    ----------
    rate, decay_1, decay_2, epsilon : float64
        As in update.
    """

    rate: float
    decay_1: float
    decay_2: float
    epsilon: float


class Penalty(NamedTuple):
    """The terms that penalties and weight decay add to a step, from step_penalty.

    Attributes
    ----------
    l1, l2 : float64
        The penalties' gradient is l1 sign(w) + l2 w.
    shrink : float64
        Fraction of the weights that decoupled decay takes off.
    """

    l1: float
    l2: float
    shrink: float


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
def step_factors(rule, batch):
    """Return the numbers that `update` needs in a step.

    Parameters
    ----------
    rule : Rule
    batch : int
        Number of the batch within this call, from 0.

    Returns
    -------
    Factors
        Adam's correction for averages that start at 0 is in `rate` and `epsilon`: lr (m / (1 - b1^t)) /
        (sqrt(v / (1 - b2^t)) + eps) is rate m / (sqrt(v) + epsilon), [1]_, end of section 2.

    References
    ----------
    .. [1] D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015, arXiv 1412.6980.
    """
    return _corrected(rule.opt_state, rule, rule.rates[batch], rule.step + batch + 1)


@kernel
def _corrected(opt_state, rule, rate, step):
    """Return the numbers of step number `step`, from 1 on; without a state there is nothing to correct."""
    epsilon = rule.epsilon
    if opt_state is not None:
        if rule.optimizer == ADAM:
            root = math.sqrt(1 - rule.decay_2**step)
            rate *= root / (1 - rule.decay_1**step)
            epsilon *= root
    return Factors(rate, rule.decay_1, rule.decay_2, epsilon)


@kernel
def step_penalty(methods, rate):
    """Return the Penalty of a step at a learning rate; None without methods."""
    if methods is None:
        return None
    return Penalty(methods.l1, methods.l2, rate * methods.weight_decay)


@kernel
def is_penalized(penalty):
    """Return whether a step has penalties or decay."""
    return penalty.l1 != 0 or penalty.l2 != 0 or penalty.shrink != 0


@kernel_in_order
def regularize(penalty, gradient, params):
    """Add the penalties' gradient to that of the loss, and let the weights decay; to be called before `update`.

    gradient += l1 sign(w) + l2 w (sign(0) = 0; [1]_, chapter 3), and then w -= shrink w ([2]_, algorithm 2).

    Parameters
    ----------
    penalty : Penalty
    gradient, params : (n,) float32 or float64, C-contiguous
        Some weights and their gradient; overwritten.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    .. [2] I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2019, arXiv 1711.05101.
    """
    T = params.dtype.type
    l1, l2, shrink, zero = T(penalty.l1), T(penalty.l2), T(penalty.shrink), T(0)
    for i in range(params.size):
        w = params[i]
        g = gradient[i] + l2 * w
        gradient[i] = g + (l1 if w > zero else -l1 if w < zero else zero)
        params[i] = w - shrink * w


@kernel_in_order
def shrink_weights(penalty, rate, params):
    """Take the penalties' and the decay's portion of a step of descent in place: all but rate * gradient.

    w -= (shrink + rate l2) w + rate l1 sign(w). The loss's gradient is then added in place.

    Parameters
    ----------
    penalty : Penalty or None
        Nothing is done for None, or if all of it is 0.
    rate : float
        Learning rate of the step.
    params : (n,) float32 or float64, C-contiguous
        Weights, no biases; overwritten.
    """
    if penalty is not None:
        if is_penalized(penalty):
            T = params.dtype.type
            fraction, fixed, zero = T(penalty.shrink + rate * penalty.l2), T(rate * penalty.l1), T(0)
            for i in range(params.size):
                w = params[i]
                shrunk = w - fraction * w
                params[i] = shrunk - (fixed if w > zero else -fixed if w < zero else zero)


@kernel
def update_weights(optimizer, factors, penalty, gradient, params, opt_state, at):
    """Take one step over some weights: penalties and decay, if there are any, then `update`.

    Parameters
    ----------
    penalty : Penalty or None
    optimizer, factors, gradient, params, opt_state, at
        As in update; the penalties' gradient is added to `gradient`.
    """
    if penalty is not None:
        if is_penalized(penalty):
            regularize(penalty, gradient, params)
    update(optimizer, factors, gradient, params, opt_state, at)


@kernel_in_order
def update(optimizer, factors, gradient, params, opt_state, at):
    """Take one step of an optimizer in place, over parameters that lie together.

    sgd: w -= rate g. momentum: m = decay_1 m + g, w -= rate m ([1]_, chapter 3, with his v = -rate m). nesterov: the
    same m, w -= rate (g + decay_1 m) ([2]_, as in PyTorch). rmsprop: v += (1 - decay_2) (g^2 - v),
    w -= rate g / (sqrt(v) + epsilon) ([3]_). adam: m += (1 - decay_1) (g - m), v as in rmsprop,
    w -= rate m / (sqrt(v) + epsilon) ([4]_). Penalties and decay come before it, see update_weights.

    Parameters
    ----------
    optimizer : int
        A code, see OPTIMIZERS.
    factors : Factors
        From step_factors.
    gradient : (n,) float32 or float64, C-contiguous
        The gradient of the batch's mean loss for these parameters.
    params : (n,), same dtype
        Overwritten.
    opt_state : (at least STATES[optimizer], n_params), same dtype, or None
        Overwritten at `at` to at + n - 1: the averages of the gradient and of its square, as far as the optimizer has
        them. None is for SGD alone.
    at : int
        Where these parameters lie among all of them.

    Notes
    -----
    Averages are written with one product in each sum: with two, the compiler may round either of them, and chooses
    differently for a vector and for the rest of an array behind the last vector.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    .. [2] I. Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.
    .. [3] G. Hinton, Neural networks for machine learning, lecture 6e, 2012.
    .. [4] D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015, arXiv 1412.6980, algorithm 1.
    """
    if opt_state is None:
        sgd_update(params, gradient, factors.rate)
    else:
        _update_with_state(optimizer, factors, gradient, params, opt_state, at)


@kernel_in_order
def _update_with_state(optimizer, factors, gradient, params, opt_state, at):
    """Take a step as `update` does, for every optimizer."""
    T, n = params.dtype.type, params.size
    rate, decay_1, epsilon = T(factors.rate), T(factors.decay_1), T(factors.epsilon)
    new_1, new_2 = T(1 - factors.decay_1), T(1 - factors.decay_2)  # in float32 1 - 0.999 is off by 5e-5
    if optimizer == SGD:
        sgd_update(params, gradient, rate)
    elif optimizer == MOMENTUM:
        m = segment(opt_state, at, n)
        for i in range(n):
            m[i] = decay_1 * m[i] + gradient[i]
            params[i] -= rate * m[i]
    elif optimizer == NESTEROV:
        m = segment(opt_state, at, n)
        for i in range(n):
            m[i] = decay_1 * m[i] + gradient[i]
            params[i] -= rate * (gradient[i] + decay_1 * m[i])
    elif optimizer == RMSPROP:
        v = segment(opt_state, at, n)
        for i in range(n):
            v[i] += new_2 * (gradient[i] * gradient[i] - v[i])
            params[i] -= rate * gradient[i] / (math.sqrt(v[i]) + epsilon)
    elif optimizer == ADAM:
        m, v = segment(opt_state, at, n), segment(opt_state, opt_state.shape[1] + at, n)
        for i in range(n):
            m[i] += new_1 * (gradient[i] - m[i])
            v[i] += new_2 * (gradient[i] * gradient[i] - v[i])
            params[i] -= rate * m[i] / (math.sqrt(v[i]) + epsilon)


@kernel_in_order
def average(decay, step, params, averaged):
    """Move the average of the parameters towards them: averaged += (1 - decay) / (1 - decay^step) (params - averaged).

    The result is the mean of the parameters after each step, weighted by decay^age ([1]_); corrected as Adam corrects
    its averages, which start at 0 and count too little at first.

    Parameters
    ----------
    decay : float
    step : int
        Number of the last step, from 1 on.
    params : (n,) float32 or float64, C-contiguous
    averaged : (n,), same dtype
        Overwritten; at step 1 by params, whatever finite numbers it held.

    References
    ----------
    .. [1] B. Polyak, A. Juditsky, Acceleration of stochastic approximation by averaging, 1992.
    """
    fraction = params.dtype.type((1 - decay) / (1 - decay**step))
    for i in range(params.size):
        averaged[i] += fraction * (params[i] - averaged[i])
