"""JAX: all epochs are one jitted scan over the orders of the samples, which NumPy shuffles."""

import functools
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants import with_jax
from benchmarks.small_data import Task
from benchmarks.workloads import Workload


def versions() -> dict[str, str]:
    return {"jax": jax.__version__}


@functools.partial(jax.jit, static_argnums=0)
def _train(workload: Workload, params: Any, X: Any, y: Any, orders: Any) -> Any:
    targets = jax.nn.one_hot(y, workload.sizes[-1])
    zeros = jax.tree.map(jnp.zeros_like, params)

    def epoch(state: Any, order: Any) -> tuple[Any, Any]:
        state, loss = with_jax.train(workload, state, X, targets, order)
        return state, loss

    return jax.lax.scan(epoch, (params, zeros, zeros, jnp.zeros((), jnp.int32)), orders)[0][0]


@jax.jit
def _labels(params: Any, row: Any) -> Any:
    for W, b in params[:-1]:
        row = jax.nn.relu(row @ W + b)
    return jnp.argmax(row @ params[-1][0] + params[-1][1], axis=1)


def fit(task: Task, X: NDArray[np.float32], y: NDArray[np.int64]) -> Any:
    sizes, rng = (X.shape[1], *task.hidden, task.classes), np.random.default_rng(0)
    workload = Workload(task.name, sizes, "relu", "cross_entropy", "adam", task.learning_rate, task.batch_size)
    params = [
        (rng.standard_normal(shape, np.float32) * np.float32((2 / shape[0]) ** 0.5), np.zeros(shape[1], np.float32))
        for shape in pairwise(sizes)
    ]
    orders = np.stack([rng.permutation(len(X)).astype(np.int32) for _ in range(task.epochs)])
    return jax.block_until_ready(_train(workload, params, X, y, orders))


def predictor(model: Any) -> Callable[[Any], Any]:
    return lambda row: np.asarray(_labels(model, row))
