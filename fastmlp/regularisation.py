"""Regularisation: what keeps a network from learning its samples by heart. Imports the checks of inputs only."""

from dataclasses import dataclass, fields

from fastmlp.inputs import not_negative, positive_float, share


@dataclass(frozen=True)
class Regularisation:
    """What a training does against overfitting; each is off by default, and costs nothing then.

    Weights are meant by all of them, never biases. The loss of a history leaves the penalties out.

    Attributes
    ----------
    l1, l2 : float
        The loss gets l1 * sum |w| + l2 / 2 * sum w^2 added; Nielsen's lambda / n is `l2`.
    dropout : float
        Share of the units of each hidden layer that is dropped, others in each step, from 0 to below 1; those that stay
        are multiplied by 1 / (1 - dropout), so that nothing changes for prediction.
    input_dropout : float
        The same for inputs. Zeros are not skipped then, which makes images slower to train on.
    label_smoothing : float
        Share of each target that is spread over all outputs, from 0 to below 1: 0.1 asks for 0.91 and 0.01 of ten
        outputs, not for 1 and 0.
    max_norm : float, optional
        After each step the weights that lead to a unit are scaled down to this norm, if theirs is larger.
    clip_norm : float, optional
        The gradient of the loss is scaled down to this norm before each step, if its own is larger.

    Raises
    ------
    InputError
        A number that is out of its range.
    """

    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    input_dropout: float = 0.0
    label_smoothing: float = 0.0
    max_norm: float | None = None
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            object.__setattr__(self, name, not_negative(name, getattr(self, name)))
        for name in ("dropout", "input_dropout", "label_smoothing"):
            object.__setattr__(self, name, share(name, getattr(self, name)))
        for name in ("max_norm", "clip_norm"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, positive_float(name, getattr(self, name)))

    @property
    def settings(self) -> dict[str, float]:
        """What `kernels.make_settings` takes: 0 for None."""
        return {field.name: getattr(self, field.name) or 0.0 for field in fields(self)}
