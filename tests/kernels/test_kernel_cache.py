"""The cache of compiled kernels: never stale, never fatal. Each process runs a copy of the kernels' sources."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fastmlp
from fastmlp import kernels
from fastmlp.kernels._cache import KernelCache, _usable, stamp
from fastmlp.kernels._compile import FLAGS

PROGRAM = """
import sys
import numpy as np
from fastmlp import kernels
dtype = np.dtype(sys.argv[1])
z = np.array([-1, 0, 1], dtype)
kernels.activate(kernels.RELU, z)
kernels.multiply_by_derivative(kernels.RELU, z, np.ones(3, dtype))
hits = sum(kernels.activate.stats.cache_hits.values())
print(z.dtype, z.tolist(), hits)
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of the package that may be edited."""
    source = Path(fastmlp.__file__).parent
    shutil.copytree(source, tmp_path / "fastmlp", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def start(folder, dtype="float32", **environment):
    settings = {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache")} | environment
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, dtype],
        env=os.environ | settings,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder, dtype="float32", **environment):
    process = start(folder, dtype, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.strip()


def cached(folder):
    return sorted((folder / "cache").rglob("*.kernel"))


def test_second_process_loads_what_the_first_compiled(copy):
    assert run(copy) == "float32 [0.0, 0.0, 1.0] 0"
    assert run(copy) == "float32 [0.0, 0.0, 1.0] 1"
    assert os.name == "nt" or (cached(copy)[0].parent.stat().st_mode & 0o777) == 0o700


def test_an_edited_helper_in_another_file_is_not_served_stale(copy):
    helper = copy / "fastmlp" / "kernels" / "helper.py"
    helper.write_text("from fastmlp.kernels._compile import kernel\n@kernel\ndef floor(z):\n    return type(z)(0)\n")
    activations = copy / "fastmlp" / "kernels" / "activations.py"
    text = activations.read_text()
    edited = text.replace("zero if Z[i] < zero else Z[i]", "max(floor(Z[i]), Z[i])")
    assert edited != text
    activations.write_text(edited.replace("import math\n", "import math\nfrom fastmlp.kernels.helper import floor\n"))
    assert run(copy) == "float32 [0.0, 0.0, 1.0] 0"
    helper.write_text(helper.read_text().replace("(0)", "(0.5)"))
    assert run(copy) == "float32 [0.5, 0.5, 1.0] 0"


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-1], lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:]])
def test_a_damaged_file_is_compiled_again(copy, damage):
    wanted = run(copy)
    for path in cached(copy):
        content = path.read_bytes()
        path.write_bytes(damage(content))
        assert path.read_bytes() != content
    assert run(copy) == wanted  # no hit
    assert run(copy).endswith("1")


def test_no_folder_to_write_to(copy):
    (copy / "file").write_text("")
    assert run(copy, NUMBA_CACHE_DIR=str(copy / "file" / "below")) == "float32 [0.0, 0.0, 1.0] 0"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_folder_that_others_can_write_is_not_used(copy):
    run(copy)
    cached(copy)[0].parent.chmod(0o777)
    assert run(copy) == "float32 [0.0, 0.0, 1.0] 0"


def test_processes_that_fill_it_at_once(copy):
    processes = [(dtype, start(copy, dtype)) for dtype in ("float32", "float64") * 2]
    for dtype, process in processes:
        out, err = process.communicate(timeout=120)
        assert re.fullmatch(rf"{dtype} \[0.0, 0.0, 1.0\] \d\n", out), err
    assert run(copy, "float32") == "float32 [0.0, 0.0, 1.0] 1"
    assert run(copy, "float64") == "float64 [0.0, 0.0, 1.0] 1"


def test_settings_that_change_the_code_have_a_folder_of_their_own(copy):
    run(copy)
    assert run(copy, NUMBA_BOUNDSCHECK="1").endswith("0")
    assert run(copy, NUMBA_NUM_THREADS="1").endswith("1")


class Codegen:
    """Stands for Numba's code generator, of which the cache asks the CPU."""

    def __init__(self, *cpu):
        self.magic_tuple = lambda: cpu


def test_a_file_is_for_one_kernel_one_signature_and_one_cpu(tmp_path):
    paths = {
        KernelCache(function, tmp_path)._path(signature, Codegen(*cpu))
        for function in (kernels.activate, kernels.argmax)
        for signature in ("float32", "float64")
        for cpu in (("x86", "znver4", "+avx512f"), ("x86", "znver4", "-avx512f"), ("x86", "haswell", ""))
    }
    assert len(paths) == 12


@pytest.mark.parametrize("package", ["numba", "llvmlite", "numpy"])
def test_another_version_has_a_folder_of_its_own(monkeypatch, package):
    before = stamp(FLAGS)
    assert stamp(FLAGS) == before
    monkeypatch.setattr(f"{package}.__version__", "0.0.1")
    assert stamp(FLAGS) != before


def test_other_flags_have_a_folder_of_their_own():
    assert stamp(FLAGS) != stamp(FLAGS | {"nogil": False}) != stamp(FLAGS | {"fastmath": set()})


@pytest.mark.skipif(os.name == "nt", reason="POSIX users")
def test_another_users_folder_is_not_used(monkeypatch, tmp_path):
    assert _usable(tmp_path / "mine")
    monkeypatch.setattr("os.getuid", lambda: 12345)
    assert not _usable(tmp_path / "theirs")
