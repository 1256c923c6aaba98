"""Speed of kernels and epochs relative to NumPy's, and what activations and a busy core cost.

`python -m benchmarks.guard` prints JSON. `tests/benchmarks/test_guard.py` has a floor for each ratio, and limits of the
costs. All but the last cost is of one thread. The best of interleaved rounds counts, since noise only adds time.
"""

import functools
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.busy import busy_core
from benchmarks.contestants import with_fastmlp, with_numpy
from benchmarks.workloads import WORKLOADS
from fastmlp import Network, Trainer, kernels
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.inputs.packed import FirstLayer, for_threads, pack_if_sparse

SAMPLES, ROUNDS, TRIES = 6000, 12, 3
BATCH, INPUTS, UNITS = 64, 784, 128
CALLS = 20
ACTIVATIONS = ("identity", "relu", "leaky_relu", "elu")

Task = Callable[[], Any]


def kernel_pairs(X: Any) -> dict[str, tuple[Task, Task]]:
    """Return a call of each kernel and a NumPy call that computes the same, by the kernel's name."""
    packed = pack_if_sparse(X, UNITS)
    assert packed is not None
    batch, none = np.arange(BATCH), np.arange(0)
    A = X[:BATCH].astype(np.float32) / np.float32(255)
    rng = np.random.default_rng(0)
    W, Z, delta, dW, dA, transposed = (
        rng.standard_normal(shape).astype(np.float32)
        for shape in ((INPUTS, UNITS), *[(BATCH, UNITS)] * 2, (INPUTS, UNITS), A.shape, INPUTS * UNITS)
    )
    samples = for_threads(packed, FirstLayer(INPUTS, UNITS, W.dtype, BATCH), threads=1)
    b, params, gradient = np.zeros(UNITS, np.float32), np.ones(100_000, np.float32), np.ones(100_000, np.float32)
    call = functools.partial
    product, outer = call(np.dot, A, W, out=Z), call(np.dot, A.T, delta, out=dW)
    return {
        "forward_layer": (call(kernels.forward_layer.kernel, A, W, b, Z), product),
        "backward_weights": (call(kernels.backward_weights.kernel, A, delta, dW, 0, INPUTS), outer),
        "backward_inputs": (
            call(kernels.backward_inputs.kernel, delta, transposed, dA),
            call(np.dot, delta, W.T, out=dA),
        ),
        "forward_packed": (call(kernels.forward_packed.kernel, packed, batch, none, W, b, Z), product),
        "add_outer_packed": (call(kernels.add_outer_packed.kernel, samples, 0, batch, -1e-6, delta, W), outer),
        "sgd_update": (
            call(kernels.sgd_update.kernel, params, gradient, 1e-6),
            lambda: np.subtract(params, np.multiply(gradient, np.float32(1e-6), out=gradient), out=params),
        ),
    }


def epoch_pairs(X: Any, y: Any) -> dict[str, tuple[Any, Any]]:
    """Return fastmlp's and the baseline's training of each of the lecture's workloads, by name."""
    pairs = {}
    for name in ("seed10", "seed32"):
        workload = WORKLOADS[name]
        network = Network(workload.sizes, workload.activation, workload.loss)
        start = list(network.weights), list(network.biases)
        pairs[name] = tuple(module.Training(workload, X, y, *start, 0, 1) for module in (with_fastmlp, with_numpy))
    return pairs


def activation_trainings(X: Any, y: Any) -> dict[str, Trainer]:
    """Return trainings of `tweak`'s shape that differ in the activation alone."""
    networks = {name: Network(WORKLOADS["tweak"].sizes, name, "cross_entropy") for name in ACTIVATIONS}
    trainings = {name: Trainer(each, "sgd", 0.01, 64, threads=1) for name, each in networks.items()}
    for trainer in trainings.values():
        trainer.fit(X, y)
    return trainings


def activation_costs() -> dict[str, float]:
    """Return the shortest epoch with each activation divided by that with the identity."""
    X, y = draw_digits(SAMPLES)
    trainings = activation_trainings(X, y)
    for _ in range(ROUNDS):
        for trainer in trainings.values():
            trainer.fit(X, y)
    best = {name: min(epoch.seconds for epoch in list(each.history)[1:]) for name, each in trainings.items()}
    return {name: seconds / best["identity"] for name, seconds in best.items()}


def busy_cost() -> float:
    """Return the median epoch of two threads, beside a program that keeps a core busy, divided by that of one.

    The least of TRIES counts, since other programs only add to it.
    """
    X, y = draw_digits(SAMPLES)
    sizes = WORKLOADS["tweak"].sizes
    trainings = [Trainer(Network(sizes, "relu", "cross_entropy"), "adam", 0.001, 64, threads=n) for n in (1, 2)]
    for trainer in trainings:
        trainer.fit(X, y)
    costs = []
    with busy_core():
        for _ in range(TRIES):
            for _ in range(ROUNDS):
                for trainer in trainings:
                    trainer.fit(X, y, 3)
            one, two = (statistics.median(epoch.seconds for epoch in each.history[-3 * ROUNDS :]) for each in trainings)
            costs.append(two / one)
    return min(costs)


def seconds_of(task: Task) -> float:
    """Return the seconds of one call, averaged over CALLS of them."""
    started = time.perf_counter()
    for _ in range(CALLS):
        task()
    return (time.perf_counter() - started) / CALLS


def ratios() -> dict[str, float]:
    """Return NumPy's shortest time divided by fastmlp's, by kernel and by workload."""
    X, y = draw_digits(SAMPLES)
    trainings, tasks = epoch_pairs(X, y), kernel_pairs(X)
    seconds: dict[str, list[tuple[float, float]]] = {}
    for number in range(1, ROUNDS + 1):
        for name, (ours, theirs) in trainings.items():
            epochs = ours.train_epoch(number), theirs.train_epoch(number)
            assert abs(epochs[0].loss - epochs[1].loss) < 1e-3 * epochs[1].loss, "they train different networks"
            seconds.setdefault(name, []).append((epochs[0].seconds, epochs[1].seconds))
        for name, (kernel, numpys) in tasks.items():
            seconds.setdefault(name, []).append((seconds_of(kernel), seconds_of(numpys)))
    best = {name: [min(times) for times in zip(*rounds[1:], strict=True)] for name, rounds in seconds.items()}
    return {name: theirs / ours for name, (ours, theirs) in best.items()}


if __name__ == "__main__":
    print(json.dumps({"ratios": ratios(), "activations": activation_costs(), "busy": busy_cost()}))
