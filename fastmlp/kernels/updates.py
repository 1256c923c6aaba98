"""Parameter updates: one step of an optimizer is one loop over the flat parameter vector."""

from fastmlp.kernels._compile import kernel


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
