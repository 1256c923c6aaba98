"""The optimizers by name: their code in the kernels, and their constants by default."""

from dataclasses import dataclass

from fastmlp import kernels


@dataclass(frozen=True)
class Optimizer:
    """The constants of an optimizer.

    Attributes
    ----------
    code : int
        Its code in the kernels.
    decay_2, epsilon : float
        Decay of the average of the gradient's squares, and the term added to its root, by default.
    weight_decay : float
        Weight decay by default.
    takes_momentum : bool
        Whether Trainer's momentum makes a difference.
    is_full_batch : bool
        Whether a step is taken with the gradient over all samples, see `fastmlp.training.lbfgs`.
    """

    code: int
    decay_2: float = 0.0
    epsilon: float = 0.0
    weight_decay: float = 0.0
    takes_momentum: bool = True
    is_full_batch: bool = False


_CODES = kernels.OPTIMIZERS
OPTIMIZERS = {
    "sgd": Optimizer(_CODES["sgd"], takes_momentum=False),
    "momentum": Optimizer(_CODES["momentum"]),
    "nesterov": Optimizer(_CODES["nesterov"]),
    "rmsprop": Optimizer(_CODES["rmsprop"], 0.99, 1e-8, takes_momentum=False),
    "adam": Optimizer(_CODES["adam"], 0.999, 1e-8),
    "adamw": Optimizer(_CODES["adamw"], 0.999, 1e-8, weight_decay=0.01),
    "lbfgs": Optimizer(_CODES["momentum"], takes_momentum=False, is_full_batch=True),
}
"""Constants of Kingma and Ba (arXiv 1412.6980) for Adam; of PyTorch for RMSprop and for AdamW's decay. L-BFGS has
the code of momentum, whose state is the sum of the gradients of batches."""
