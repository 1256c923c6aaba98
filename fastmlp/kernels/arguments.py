"""The arguments of the kernels, grouped by how long they live: the network, the rule of its steps, working memory.

Optional groups and fields are None when they are off. Numba then leaves their code out of the compiled kernel: a plain
training compiles nothing of dropout, penalties or averages. One form of a kernel is compiled for each set of types.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Model(NamedTuple):
    """A network.

    Attributes
    ----------
    layout : (n_layers, 5) int64
        From make_layout.
    params : (n_params,) float32 or float64, C-contiguous
        All weights and biases; `train` overwrites them.
    activation, loss : int
        Codes, see ACTIVATIONS and LOSSES.
    """

    layout: NDArray[np.int64]
    params: NDArray[Any]
    activation: int
    loss: int


class Methods(NamedTuple):
    """Methods beyond plain steps. A number that is 0 means off.

    Attributes
    ----------
    sample_weights : (n_samples,) of params' dtype, or None
        Factor of each sample's loss.
    label_smoothing : float
        See loss_and_delta.
    dropout, input_dropout : float
        Probability that a hidden unit, and that an input of dense samples, is dropped in a step; see drop.
    weight_decay : float
        Decoupled decay: each step takes the fraction learning_rate * weight_decay off the weights.
    l1, l2 : float
        Penalty l1 * sum |w| + l2 / 2 * sum w^2 on the weights.
    clip_norm : float
        Largest norm of the gradient, see clip_factor.
    max_norm : float
        Largest norm of a unit's incoming weights, see limit_norms.
    averaging : float
        Decay of the average of the parameters, see average.
    seed : int
        Seed of dropout, up to 2^53.
    """

    sample_weights: NDArray[Any] | None = None
    label_smoothing: float = 0.0
    dropout: float = 0.0
    input_dropout: float = 0.0
    weight_decay: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float = 0.0
    max_norm: float = 0.0
    averaging: float = 0.0
    seed: int = 0


class Rule(NamedTuple):
    """How steps are taken.

    Attributes
    ----------
    optimizer : int
        Code, see OPTIMIZERS.
    rates : (at least the number of batches,) float64
        Learning rate of each batch's step.
    batch_size : int
        Samples in a step.
    decay_1 : float
        Momentum; Adam's beta_1.
    decay_2, epsilon : float
        Decay of the average of the gradient's squares (Adam's beta_2, RMSprop's alpha); term added to its root.
    opt_state : (STATES[optimizer], n_params) of params' dtype, or None
        The optimizer's averages; overwritten. With `averaging` it has one more row, the last: the average of the
        parameters. None for "sgd" without averaging.
    step : int
        Steps taken before this call: Adam, the average and dropout count them.
    methods : Methods or None
        None for plain training.
    epoch_size : int
        Samples in an epoch if a call has several: the last batch of each may be shorter. 0 if it has no more than one.
    """

    optimizer: int
    rates: NDArray[np.float64]
    batch_size: int
    decay_1: float = 0.9
    decay_2: float = 0.999
    epsilon: float = 1e-8
    opt_state: NDArray[Any] | None = None
    step: int = 0
    methods: Methods | None = None
    epoch_size: int = 0


class Work(NamedTuple):
    """Working memory and outputs of a training; all is overwritten.

    Attributes
    ----------
    scratch : (at least scratch_size(layout, batch_size),) of params' dtype
    gradient : (n_params,) of params' dtype
        Pieces of the gradient; never all of it at once, unless its norm is clipped.
    batch_losses : (at least the number of batches,) float64
        Each batch's loss, summed over its samples, as it was before the batch's step.
    epoch_correct : (at least the number of threads, at least the number of epochs) int64
        Samples that each thread has classified correctly in each epoch, at the time when they were trained on.
    """

    scratch: NDArray[Any]
    gradient: NDArray[Any]
    batch_losses: NDArray[np.float64]
    epoch_correct: NDArray[np.int64]
