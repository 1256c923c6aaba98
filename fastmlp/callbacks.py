"""What may watch a training: the methods that Trainer calls. Imports History's record only."""

from fastmlp.history import Epoch


class Callback:
    """Base of callbacks: override what you need. What a callback raises ends the training and passes through `fit`."""

    def on_slice(self, epoch: int, done: int, total: int) -> None:
        """Hear, several times a second, that `done` of the `total` samples of `epoch` (from 1) are trained on."""

    def on_epoch(self, record: Epoch) -> None:
        """Hear that an epoch and its validation have ended."""
