"""The matrix product of a layer against the limits of one core: its rate of multiply-adds, and its memory bandwidth.

`run` starts this module as a program in a separate process, where NumPy's BLAS library also has one thread; the program
prints the measurements as JSON.
"""

import functools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.arena import environment_of
from benchmarks.peak import FLOP_PER_STEP, sum_of_multiply_adds
from benchmarks.results import Options, heading
from fastmlp import kernels

BATCH, INPUTS = 128, 784
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
ROUNDS, SECONDS = 9, 0.02
"""Number of interleaved rounds, and for how many seconds each measurement is repeated in a round."""


def run(options: Options) -> dict[str, Any]:
    """Return the result: `peak` GFLOP/s and `bandwidth` GB/s of one core, and the products' GFLOP/s by width."""
    command = [sys.executable, "-m", "benchmarks.roofline", *(["--quick"] if options.quick else [])]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment_of(1)).stdout
    measured: dict[str, Any] = json.loads(printed)
    return heading("roofline", options, "none") | measured


def measure(quick: bool) -> dict[str, Any]:
    """Return the peak and the bandwidth as medians over interleaved rounds, and every round's value of everything."""
    rng = np.random.default_rng(0)
    tasks: dict[tuple[str, str], tuple[float, Callable[[], Any]]] = {}
    n = 100_000
    tasks["peak", "peak"] = 1e-9 * n * FLOP_PER_STEP, functools.partial(sum_of_multiply_adds, n)
    source, copy = np.ones(1 << 24, np.float32), np.empty(1 << 24, np.float32)
    tasks["bandwidth", "bandwidth"] = 2e-9 * source.nbytes, functools.partial(np.copyto, copy, source)
    for width in WIDTHS[::3] if quick else WIDTHS:
        for layer, n_in in (("first layer", INPUTS), ("hidden layer", width)):
            A, W = (rng.standard_normal(shape).astype(np.float32) for shape in ((BATCH, n_in), (n_in, width)))
            Z, V, b = np.empty((BATCH, width), np.float32), np.empty((BATCH, width), np.float32), np.zeros(width, "f4")
            kernels.forward_layer.kernel(A, W, b, Z)
            np.testing.assert_allclose(Z, A @ W, rtol=0, atol=1e-3 * float(np.abs(Z).max()))
            gflop = 2e-9 * BATCH * n_in * width
            tasks[f"fastmlp, {layer}", str(width)] = gflop, functools.partial(kernels.forward_layer.kernel, A, W, b, Z)
            tasks[f"NumPy, {layer}", str(width)] = gflop, functools.partial(np.dot, A, W, out=V)
    rates: dict[str, dict[str, list[float]]] = {}
    for number in range(3 if quick else ROUNDS):
        print(f"  round {number + 1}", file=sys.stderr, flush=True)
        for (series, x), (amount, task) in tasks.items():
            rates.setdefault(series, {}).setdefault(x, []).append(amount / _seconds(task))
    (peak,), (bandwidth,) = rates.pop("peak").values(), rates.pop("bandwidth").values()
    return {
        "batch": BATCH,
        "inputs": INPUTS,
        "peak": statistics.median(peak),
        "bandwidth": statistics.median(bandwidth),
        "rounds": {"peak": peak, "bandwidth": bandwidth},
        "rates": rates,
    }


def _seconds(task: Callable[[], Any]) -> float:
    """Return the seconds of one call, averaged over as many calls as take about SECONDS."""
    started = time.perf_counter()
    task()
    once = time.perf_counter() - started
    calls = max(1, int(SECONDS / once))
    started = time.perf_counter()
    for _ in range(calls):
        task()
    return (time.perf_counter() - started) / calls


def roof(width: int, n_in: int, batch: int, peak: float, bandwidth: float) -> float:
    """Return the limit in GFLOP/s of a product (batch, n_in) by (n_in, width) whose arrays move through memory once."""
    moved = 4e-9 * (batch * n_in + n_in * width + batch * width)
    return min(peak, 2e-9 * batch * n_in * width / (moved / bandwidth))


if __name__ == "__main__":
    print(json.dumps(measure("--quick" in sys.argv[1:])))
