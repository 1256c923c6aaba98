"""PyTorch with the model and its loss compiled by torch.compile, forward and backward."""

from typing import Any

import torch

from benchmarks.contestants import with_torch
from benchmarks.workloads import Workload

versions = with_torch.versions

_compiled: dict[Workload, tuple[Any, Any]] = {}
"""The model and compiled loss of each workload: a new training only sets new weights."""


class Training(with_torch.Training):
    """The eager training with a compiled loss; the last, shorter batch gets a second compiled form."""

    def model_and_loss(self, workload: Workload) -> tuple[Any, Any]:
        """Return the model, and the compiled function from a batch to its mean loss."""
        if workload not in _compiled:
            model, loss = super().model_and_loss(workload)
            _compiled[workload] = model, torch.compile(loss, dynamic=False)
        return _compiled[workload]
