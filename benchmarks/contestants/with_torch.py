"""PyTorch, eager: the data is one tensor without a DataLoader, the optimizers are fused."""

from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import nn

from benchmarks.contestants import TimedTraining
from benchmarks.workloads import Workload


def versions() -> dict[str, str]:
    return {"torch": torch.__version__}


class Training(TimedTraining):
    """A Sequential of Linear layers, without the last activation, which is part of the loss."""

    def prepare(self, X: NDArray[np.uint8], y: NDArray[np.int64], weights: list[Any], biases: list[Any]) -> None:
        workload = self.workload
        torch.set_num_threads(self.threads)
        self.X = torch.from_numpy(X).to(torch.float32).div_(255)
        self.targets = torch.from_numpy(y)
        if workload.loss == "squared_error":
            self.targets = F.one_hot(self.targets, workload.sizes[-1]).to(torch.float32)
        self.model, self.loss = self.model_and_loss(workload)
        with torch.no_grad():
            for layer, W, b in zip(self.model[::2], weights, biases, strict=True):
                layer.weight.copy_(torch.from_numpy(W.T.copy()))
                layer.bias.copy_(torch.from_numpy(b))
        optimizer = torch.optim.SGD if workload.optimizer == "sgd" else torch.optim.Adam
        self.optimizer = optimizer(self.model.parameters(), lr=workload.learning_rate, fused=True)

    def model_and_loss(self, workload: Workload) -> tuple[Any, Any]:
        """Return the model, and the function from a batch to its mean loss."""
        layers: list[Any] = []
        for n_in, n_out in pairwise(workload.sizes):
            layers += [nn.Linear(n_in, n_out), nn.ReLU() if workload.activation == "relu" else nn.Sigmoid()]
        model = nn.Sequential(*layers[:-1])

        def squared_error(X: Any, targets: Any) -> Any:
            return F.mse_loss(torch.sigmoid(model(X)), targets, reduction="sum") * (0.5 / len(X))

        def cross_entropy(X: Any, targets: Any) -> Any:
            return F.cross_entropy(model(X), targets)

        return model, squared_error if workload.loss == "squared_error" else cross_entropy

    def train(self, order: NDArray[np.int64]) -> float:
        total = torch.zeros(())
        for batch in torch.from_numpy(order).split(self.workload.batch_size):
            loss = self.loss(self.X.index_select(0, batch), self.targets.index_select(0, batch))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(batch)
        return float(total) / len(order)

    def parameters(self) -> list[tuple[Any, Any]]:
        return [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in self.model[::2]]
