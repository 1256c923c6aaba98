"""The kernels as a user of them sees them: their documentation, what an import loads, calls from compiled code."""

import subprocess
import sys

import numba
import numpy as np
import pytest

from fastmlp import Network, kernels

OFFERED = {name: getattr(kernels, name) for name in kernels.__all__}
TYPES = [name for name, value in OFFERED.items() if isinstance(value, type)]
FUNCTIONS = [name for name, value in OFFERED.items() if callable(value) and name not in TYPES]

CHECKED = {"GL03", "GL05", "GL06", "GL07", "GL08", "GL10"} | {f"PR{number:02}" for number in range(1, 11)} - {"PR07"}
"""Codes of numpydoc's validator: known sections in the right order, and each parameter with its type.

GL01 and GL02 are left out, which are about line breaks beside the quotes, and PR07, which wants a sentence for each
parameter: the notation in the package's docstring describes `X`, `W` and the like once.
"""


@pytest.mark.slow  # numpydoc comes with the extra "dev"
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_has_every_parameter_and_its_type(name):
    from numpydoc.docscrape import get_doc_object
    from numpydoc.validate import validate

    function = getattr(OFFERED[name], "py_func", OFFERED[name])  # the function that Numba compiles
    errors = [f"{code}: {text}" for code, text in validate(get_doc_object(function))["errors"] if code in CHECKED]
    assert not errors, "; ".join(errors)


@pytest.mark.parametrize("name", TYPES)
def test_a_type_has_a_docstring_of_its_own(name):
    assert not OFFERED[name].__doc__.startswith(f"{name}(")  # the one that NamedTuple makes


def test_importing_them_loads_numpy_and_numba_alone():
    program = "import sys, numba; before = set(sys.modules); import fastmlp.kernels; print(*set(sys.modules) - before)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    modules = {name for name in out.split() if not name.startswith("fastmlp.kernels")}
    assert {name for name in modules if name.startswith("fastmlp")} == {"fastmlp", "fastmlp.lazy"}
    assert {name.split(".")[0] for name in modules} - set(sys.stdlib_module_names) <= {
        "fastmlp",
        "numba",
        "llvmlite",
        "numpy",
    }


def test_compiled_code_of_a_user_can_call_them():
    @numba.njit
    def train(X, y, model, scratch, gradient):
        total = 0.0
        for start in range(0, len(X), 4):
            batch = np.arange(start, min(start + 4, len(X)))
            cost, _ = kernels.loss_and_gradient(X, y, batch, model, scratch, gradient)
            kernels.sgd_update(model.params, gradient, 0.1)
            total += cost
        return total / len(X)

    network = Network((6, 5, 3), "tanh", "cross_entropy")
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (10, 6), np.uint8)
    y = X[:, :3].argmax(axis=1)
    scratch = np.empty(kernels.scratch_size(network.layout, 4), np.float32)
    gradient = np.empty_like(network.params)
    losses = [train(X, y, network.model, scratch, gradient) for _ in range(200)]
    assert losses[-1] < 0.5 * losses[0]
