"""PyTorch: modules, a fused Adam, and batches that are views of the epoch's shuffled samples."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.small_data import Task


def versions() -> dict[str, str]:
    return {"torch": torch.__version__}


def fit(task: Task, X: NDArray[np.float32], y: NDArray[np.int64]) -> torch.nn.Module:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise((X.shape[1], *task.hidden, task.classes)):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), task.learning_rate, fused=True)
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)
    for _ in range(task.epochs):
        order = torch.randperm(len(X))
        shuffled = (each.index_select(0, order).split(task.batch_size) for each in (inputs, labels))
        for rows, wanted in zip(*shuffled, strict=True):
            loss = torch.nn.functional.cross_entropy(model(rows), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


def predictor(model: torch.nn.Module) -> Callable[[Any], Any]:
    def predict(row: NDArray[np.float32]) -> Any:
        with torch.inference_mode():
            return model(torch.from_numpy(row)).argmax(dim=1).numpy()

    return predict
