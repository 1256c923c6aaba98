"""What a user who imports the kernels relies on: names, documents, few imports, calls from njit code of their own."""

import inspect
import subprocess
import sys
from types import ModuleType

import numba
import numpy as np
import pytest

from fastmlp import Network, kernels

FUNCTIONS = [name for name in kernels.__all__ if callable(getattr(kernels, name))]


def test_all_lists_what_the_package_offers():
    offered = {
        name
        for name, value in vars(kernels).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and name not in {"compile_listeners", "interrupts"}
    }
    assert offered == set(kernels.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_is_documented(name):
    doc = getattr(kernels, name).__doc__
    assert doc
    missing = [argument for argument in inspect.signature(getattr(kernels, name)).parameters if argument not in doc]
    short = len(doc.splitlines()) == 1  # one sentence says it all; longer ones name every argument
    assert short or not missing, missing


def test_importing_them_brings_in_numpy_and_numba_only():
    program = (
        "import sys, numba; before = set(sys.modules); import fastmlp.kernels; "
        "print(sorted({name for name in set(sys.modules) - before if not name.startswith('fastmlp.kernels')}))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded = {name.split(".")[0] for name in eval(out)} - set(sys.stdlib_module_names)
    assert loaded <= {"fastmlp", "numba", "llvmlite", "numpy"}
    assert "'fastmlp.network'" not in out


def test_a_loop_of_ones_own_can_call_them():
    @numba.njit
    def train(X, y, layout, params, scratch, gradient):
        total = 0.0
        for start in range(0, len(X), 4):
            batch = np.arange(start, min(start + 4, len(X)))
            cost, _ = kernels.loss_and_gradient(
                X, y, batch, layout, params, kernels.TANH, kernels.CROSS_ENTROPY, scratch, gradient
            )
            kernels.sgd_update(params, gradient, 0.1)
            total += cost
        return total / len(X)

    network = Network((6, 5, 3), "tanh", "cross_entropy")
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (10, 6), np.uint8)
    y = X[:, :3].argmax(axis=1)
    scratch = np.empty(kernels.scratch_size(network.layout, 4), np.float32)
    gradient = np.empty_like(network.params)
    losses = [train(X, y, network.layout, network.params, scratch, gradient) for _ in range(200)]
    assert losses[-1] < 0.5 * losses[0]
