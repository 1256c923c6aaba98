"""The progress of a run, in the terminal."""

from fastmlp.system.terminal import notice
from fastmlp.training.callbacks import RunningFit
from fastmlp.training.progress import Progress


class RunProgress(Progress):
    """Prints what is trained once the training begins, after all checks of its input, and then a line for each epoch.

    Parameters
    ----------
    title : str
        The first line.

    Attributes
    ----------
    started : bool
        Whether the training has begun.
    """

    def __init__(self, title: str) -> None:
        super().__init__(every_epoch=True)
        self.title = title
        self.started = False

    def on_train_begin(self, fit: RunningFit) -> None:
        """Print the title, and the epoch after which a resumed training goes on."""
        super().on_train_begin(fit)
        self.started = True
        notice(self.title)
        if fit.history:
            notice(f"Going on after epoch {len(fit.history)} of {fit.last_epoch}.")
