"""JAX: a whole epoch is one jitted scan over the batches, which reuses the old parameters' memory."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants import TimedTraining
from benchmarks.workloads import Workload

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def versions() -> dict[str, str]:
    return {"jax": jax.__version__}


def loss_of(workload: Workload, params: Any, X: Any, targets: Any) -> Any:
    act = jax.nn.relu if workload.activation == "relu" else jax.nn.sigmoid
    A = X
    for W, b in params[:-1]:
        A = act(A @ W + b)
    Z = A @ params[-1][0] + params[-1][1]
    if workload.loss == "squared_error":
        return 0.5 * jnp.sum((jax.nn.sigmoid(Z) - targets) ** 2) / len(X)
    return -jnp.sum(jax.nn.log_softmax(Z) * targets) / len(X)


def step(workload: Workload, X: Any, targets: Any, state: Any, batch: Any) -> tuple[Any, Any]:
    params, *averages, steps = state
    rows = [data.at[batch].get(mode="promise_in_bounds") for data in (X, targets)]
    loss, gradient = jax.value_and_grad(functools.partial(loss_of, workload))(params, *rows)
    rate, steps = workload.learning_rate, steps + 1
    if not averages:
        params = jax.tree.map(lambda p, g: p - rate * g, params, gradient)
        return (params, steps), loss * len(batch)
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, averages[0], gradient)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, averages[1], gradient)
    first, second = (-1 / jnp.expm1(steps * math.log(beta)) for beta in (BETA1, BETA2))  # 1 / (1 - beta**steps)
    params = jax.tree.map(lambda p, m, v: p - rate * first * m / (jnp.sqrt(v * second) + EPSILON), params, m, v)
    return (params, m, v, steps), loss * len(batch)


@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def train(workload: Workload, state: Any, X: Any, targets: Any, order: Any) -> tuple[Any, Any]:
    """Return the state after an epoch, and the mean loss: compiled once per workload and number of samples."""
    size = workload.batch_size
    n_full = len(order) // size
    one_step = functools.partial(step, workload, X, targets)
    state, losses = jax.lax.scan(one_step, state, order[: n_full * size].reshape(n_full, size))
    total = losses.sum()
    if len(order) % size:
        state, last = one_step(state, order[n_full * size :])
        total += last
    return state, total / len(order)


class Training(TimedTraining):
    """A list of pairs of parameters; SGD and Adam are written out, since JAX has no optimizers."""

    def prepare(self, X: NDArray[np.uint8], y: NDArray[np.int64], weights: list[Any], biases: list[Any]) -> None:
        self.X = jnp.asarray(X.astype(np.float32) / np.float32(255))
        self.targets = jnp.asarray(np.eye(self.workload.sizes[-1], dtype=np.float32)[y])
        params = [(jnp.array(W), jnp.array(b)) for W, b in zip(weights, biases, strict=True)]
        zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)] if self.workload.optimizer == "adam" else []
        self.state = (params, *zeros, jnp.zeros((), jnp.int32))

    def train(self, order: NDArray[np.int64]) -> float:
        self.state, loss = train(self.workload, self.state, self.X, self.targets, order.astype(np.int32))
        jax.block_until_ready(self.state)
        return float(loss)

    def parameters(self) -> list[tuple[Any, Any]]:
        return [(np.asarray(W), np.asarray(b)) for W, b in self.state[0]]
