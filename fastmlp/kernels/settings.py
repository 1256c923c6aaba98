"""The numbers that say how a training goes, in one array: one compiled form of each kernel serves every method.

Called by the kernels of training and by Trainer. A method that is off has a 0.
"""

import numpy as np
from numpy.typing import NDArray

DECAY_1, DECAY_2, EPSILON, WEIGHT_DECAY, L1, L2, CLIP_NORM, MAX_NORM = range(8)
DROPOUT, INPUT_DROPOUT, LABEL_SMOOTHING, AVERAGING, SEED = range(8, 13)
"""The elements of settings."""


def make_settings(
    decay_1: float = 0.9,
    decay_2: float = 0.999,
    epsilon: float = 1e-8,
    *,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    clip_norm: float = 0.0,
    max_norm: float = 0.0,
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    label_smoothing: float = 0.0,
    averaging: float = 0.0,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return the settings of a training, as `train` takes them; 0 turns a method off. Checked by the caller (Trainer).

    Parameters
    ----------
    decay_1 : float
        Momentum; Adam's beta_1.
    decay_2, epsilon : float
        Of the squares' average: Adam's beta_2, RMSprop's alpha; added to its root.
    weight_decay : float
        Decoupled: each step takes the share learning_rate * weight_decay off the weights.
    l1, l2 : float
        The penalty l1 * sum |w| + l2 / 2 * sum w^2 on the weights.
    clip_norm : float
        The largest norm of a gradient, see clip_factor.
    max_norm : float
        The largest norm of a unit's incoming weights, see limit_norms.
    dropout, input_dropout : float
        Share of the hidden units, and of the inputs, that are dropped, see drop.
    label_smoothing : float
        See loss_and_delta.
    averaging : float
        Decay of the average of the parameters, see average.
    seed : int
        Of dropout, up to 2^53.

    Returns
    -------
    (13,) float64
    """
    return np.array(
        [
            *(decay_1, decay_2, epsilon, weight_decay, l1, l2, clip_norm, max_norm),
            *(dropout, input_dropout, label_smoothing, averaging, seed),
        ],
        np.float64,
    )
