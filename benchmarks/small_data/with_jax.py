"""JAX: all epochs are one jitted scan."""

import functools
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.contestants.with_jax import train as train_epoch
from benchmarks.small_data import Task
from benchmarks.workloads import Workload


def versions() -> dict[str, str]:
    return {"jax": jax.__version__}


@functools.partial(jax.jit, static_argnums=0)
def _train(workload: Workload, epochs: Any, state: Any, X: Any, targets: Any, key: Any) -> Any:
    def one(state: Any, key: Any) -> tuple[Any, Any]:
        state, loss = train_epoch(workload, state, X, targets, jax.random.permutation(key, len(X)))
        return state, loss

    return jax.lax.scan(one, state, jax.random.split(key, len(epochs)))[0]


@jax.jit
def _labels(params: Any, row: Any) -> Any:
    for W, b in params[:-1]:
        row = jax.nn.relu(row @ W + b)
    return jnp.argmax(row @ params[-1][0] + params[-1][1], axis=1)


def fit(task: Task, X: NDArray[np.float32], y: NDArray[np.int64]) -> Any:
    sizes, rng = (X.shape[1], *task.hidden, task.classes), np.random.default_rng(0)
    workload = Workload(task.name, sizes, "relu", "cross_entropy", "adam", task.learning_rate, task.batch_size)
    params = [
        (jnp.asarray(rng.standard_normal(shape, np.float32) * (2 / shape[0]) ** 0.5), jnp.zeros(shape[1]))
        for shape in pairwise(sizes)
    ]
    zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
    state = (params, *zeros, jnp.zeros((), jnp.int32))
    targets = jnp.eye(task.classes)[y]
    state = _train(workload, jnp.zeros(task.epochs), state, jnp.asarray(X), targets, jax.random.key(0))
    return jax.block_until_ready(state[0])


def predictor(model: Any) -> Callable[[Any], Any]:
    return lambda row: np.asarray(_labels(model, row))
