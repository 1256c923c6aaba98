"""The callbacks of scikit-learn 1.9, such as ProgressBar and ScoringMonitor, told of each epoch."""

import copy
from typing import Any

from fastmlp.training.callbacks import Callback, RunningFit
from fastmlp.training.history import Epoch

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ModuleNotFoundError:  # before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: this scikit-learn has no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "Tasks", "with_callbacks"]


class Tasks(Callback):
    """Tells scikit-learn's callbacks where the training begins and ends, and each of its epochs.

    Parameters
    ----------
    estimator : estimator
        Its callbacks are set.
    given : (X, y, sample_weight)
        As the user passed them.
    epochs : int
        The largest number of epochs.
    """

    def __init__(self, estimator: Any, given: tuple[Any, ...], epochs: int) -> None:
        X, y, weights = given
        self._estimator = estimator
        self._about = {"X": X, "y": y, "metadata": None if weights is None else {"sample_weight": weights}}
        self._root = estimator._init_callback_context(max_subtasks=epochs)  # noqa: SLF001 (documented)
        self._task: Any = None
        self._root.call_on_fit_task_begin(estimator=estimator, **self._about)

    def on_train_begin(self, fit: RunningFit) -> None:
        """Keep the network, whose copies the callbacks may ask for."""
        self._network = fit.network

    def on_slice_end(self, epoch: int, done: int, total: int) -> None:
        """Begin the task of an epoch, which is known to be trained only now."""
        if self._task is None:
            self._task = self._root.subcontext(task_name="epoch")
            self._task.call_on_fit_task_begin(estimator=self._estimator, **self._about)

    def on_epoch_end(self, record: Epoch) -> bool:
        """End the task of the epoch; return whether a callback asks for the end of the training."""
        self.on_slice_end(record.epoch, 0, 0)
        task, self._task = self._task, None
        return bool(self._end(task))

    def close(self) -> None:
        """End the task of the whole fit, and that of an epoch which has not come to its end."""
        if self._task is not None:
            self._end(self._task)
        self._end(self._root)

    def _end(self, task: Any) -> Any:
        return task.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes=self._attributes, **self._about
        )

    def _attributes(self) -> dict[str, Any]:
        """Return what makes a copy of the estimator one that is fitted so far."""
        return {"network_": copy.deepcopy(self._network)}
