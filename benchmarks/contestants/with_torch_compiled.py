"""PyTorch with the model and its loss compiled by torch.compile, forwards and backwards."""

from typing import Any

import torch

from benchmarks.contestants import with_torch
from benchmarks.workloads import Workload

versions = with_torch.versions

_compiled: dict[Workload, tuple[Any, Any]] = {}
"""A model is compiled once, and gets new weights for a new training."""


class Training(with_torch.Training):
    """As the eager one; the last, shorter batch is compiled as a second form."""

    def model_and_loss(self, workload: Workload) -> tuple[Any, Any]:
        """Return the model, and the compiled function from a batch to its mean loss."""
        if workload not in _compiled:
            model, loss = super().model_and_loss(workload)
            _compiled[workload] = model, torch.compile(loss, dynamic=False)
        return _compiled[workload]
