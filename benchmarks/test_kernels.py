"""The kernels one by one, beside NumPy if it has an equivalent: `pytest benchmarks --benchmark-only`."""

from typing import Any

import numpy as np
import pytest

from benchmarks import arena
from fastmlp import Network, kernels
from fastmlp.inputs.packed import FirstLayer, Packed, for_threads, pack_if_sparse

RNG = np.random.default_rng(0)
LAYERS = [(32, 784, 16), (64, 784, 128), (64, 128, 64), (128, 784, 512), (128, 512, 512), (256, 1024, 1024)]
"""Batch size, inputs and outputs of the workloads' layers."""


def random(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.fixture(scope="module")
def packed() -> Packed:
    found = pack_if_sparse(arena.digits_here().train.X, 512)
    assert found is not None
    return found


@pytest.mark.parametrize("who", ["fastmlp", "numpy"])
@pytest.mark.parametrize(("batch", "n_in", "n_out"), LAYERS)
def test_forward_layer(benchmark: Any, who: str, batch: int, n_in: int, n_out: int) -> None:
    A, W, b, Z = random(batch, n_in), random(n_in, n_out), random(n_out), random(batch, n_out)
    benchmark.group = f"forward, batch {batch}, {n_in} x {n_out}"
    if who == "fastmlp":
        benchmark(kernels.forward_layer.kernel, A, W, b, Z)
        np.testing.assert_allclose(Z, A @ W + b, rtol=1e-3, atol=1e-3)
    else:
        benchmark(lambda: np.add(np.dot(A, W, out=Z), b, out=Z))


@pytest.mark.parametrize("who", ["fastmlp", "numpy"])
@pytest.mark.parametrize(("batch", "n_in", "n_out"), LAYERS)
def test_backward_weights(benchmark: Any, who: str, batch: int, n_in: int, n_out: int) -> None:
    A, delta, dW = random(batch, n_in), random(batch, n_out), random(n_in, n_out)
    benchmark.group = f"gradient of the weights, batch {batch}, {n_in} x {n_out}"
    if who == "fastmlp":
        benchmark(kernels.backward_weights.kernel, A, delta, dW, 0, n_in)
        np.testing.assert_allclose(dW, A.T @ delta, rtol=1e-3, atol=1e-3)
    else:
        benchmark(np.dot, A.T, delta, out=dW)


@pytest.mark.parametrize("who", ["fastmlp", "numpy"])
@pytest.mark.parametrize(("batch", "n_in", "n_out"), LAYERS)
def test_backward_inputs(benchmark: Any, who: str, batch: int, n_in: int, n_out: int) -> None:
    delta, W, transposed, dA = random(batch, n_out), random(n_in, n_out), random(n_in * n_out), random(batch, n_in)
    benchmark.group = f"error of the layer below, batch {batch}, {n_in} x {n_out}"
    if who == "fastmlp":
        kernels.transpose.kernel(W, transposed, 0, n_in)
        benchmark(kernels.backward_inputs.kernel, delta, transposed, dA)
        np.testing.assert_allclose(dA, delta @ W.T, rtol=1e-3, atol=1e-3)
    else:
        benchmark(np.dot, delta, W.T, out=dA)


@pytest.mark.parametrize("n_out", [16, 128, 512])
@pytest.mark.parametrize("direction", ["forward", "step"])
def test_first_layer_on_packed_samples(benchmark: Any, packed: Packed, direction: str, n_out: int) -> None:
    W, b, Z = random(784, n_out), random(n_out), random(128, n_out)
    batches = RNG.permutation(len(packed))[: 128 * 64].reshape(64, 128)
    benchmark.group = f"128 packed samples, 784 x {n_out}"
    samples = for_threads(packed, FirstLayer(784, n_out, W.dtype, 128), threads=1)
    numbers = iter(range(10**9))

    def forward() -> None:
        number = next(numbers)
        kernels.forward_packed.kernel(packed, batches[number % 64], batches[(number + 1) % 64], W, b, Z)

    def step() -> None:
        kernels.add_outer_packed.kernel(samples, 0, batches[next(numbers) % 64], -1e-6, Z, W)

    benchmark(forward if direction == "forward" else step)


def test_packing(benchmark: Any) -> None:
    X = arena.digits_here().train.X
    benchmark.group = "packing the samples, once per fit"
    benchmark.pedantic(pack_if_sparse, args=(X, 16), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("n", [1, 10_000])
@pytest.mark.parametrize("sizes", [(784, 16, 16, 10), (784, 512, 512, 10)])
def test_prediction(benchmark: Any, n: int, sizes: tuple[int, ...]) -> None:
    network, X = Network(sizes), arena.digits_here().test.X[:n]
    benchmark.group = f"predict, {'-'.join(map(str, sizes))}, {n:,} image{'s' if n > 1 else ''}"
    benchmark(network.predict, X)
