"""Regularization: the methods against overfitting, declared once with their ranges and help texts."""

from dataclasses import dataclass

from fastmlp.inputs.checks import below_one, not_negative, positive_float
from fastmlp.inputs.setting import check_settings, setting


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """Methods against overfitting. Each is off by default and costs nothing then.

    Penalties, norms and decay apply to all weights, never to biases. The loss in a history excludes the penalties.

    Attributes
    ----------
    l1, l2 : float
        Penalty l1 * sum |w| + l2 / 2 * sum w^2, added to the loss. Nielsen's lambda / n is `l2` ([1]_, chapter 3).
    dropout : float
        Probability, from 0 to below 1, that a hidden unit is dropped in a step. Units that stay are multiplied by
        1 / (1 - dropout), so that prediction needs no change ([2]_).
    input_dropout : float
        The same for inputs. Zeros are not skipped then, which makes training on images slower.
    label_smoothing : float
        Fraction, from 0 to below 1, of each target that is spread over all outputs: 0.1 asks ten outputs for 0.91 and
        0.01 instead of 1 and 0 ([3]_).
    max_norm : float, optional
        Largest norm of the weights that lead to a unit. Longer ones are scaled down after each step ([2]_).
    clip_norm : float, optional
        Largest norm of the gradient of the loss. A longer one is scaled down before the step ([4]_).

    Raises
    ------
    InputError
        A number out of its range.

    References
    ----------
    .. [1] M. Nielsen, Neural Networks and Deep Learning.
    .. [2] N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.
    .. [3] C. Szegedy et al., Rethinking the Inception architecture for computer vision, 2016, section 7.
    .. [4] R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural networks, 2013.
    """

    l1: float = setting("number", "Penalty on the weights: F * sum |w|.", not_negative, default=0.0)
    l2: float = setting("number", "Penalty on the weights: F / 2 * sum w^2.", not_negative, default=0.0)
    dropout: float = setting("number", "Probability that a hidden unit is dropped in a step.", below_one, default=0.0)
    input_dropout: float = setting("number", "Probability that an input is dropped in a step.", below_one, default=0.0)
    label_smoothing: float = setting(
        "number", "Fraction of each target that is spread over all outputs.", below_one, default=0.0
    )
    max_norm: float | None = setting(
        "number", "Largest norm of the weights that lead to a unit.", positive_float, default=None, optional=True
    )
    clip_norm: float | None = setting(
        "number", "Largest norm of the gradient.", positive_float, default=None, optional=True
    )

    def __post_init__(self) -> None:
        check_settings(self)
