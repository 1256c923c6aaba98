"""The cache of compiled kernels: never stale, never fatal.

Most tests start processes that run a copy of the cache's sources on a kernel of one line, which compiles in a moment.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
from helpers.tiny_kernel import PACKAGE, change_helper, copy_package

from fastmlp import kernels
from fastmlp.kernels._numba.cache import KernelCache, stamp
from fastmlp.kernels._numba.flags import FLAGS

FOLDERS = sorted({path.parent.relative_to(PACKAGE / "kernels") for path in (PACKAGE / "kernels").rglob("*.py")})

PROGRAM = """
import sys
import numpy as np
from fastmlp.kernels.tiny import rectified
scalar = np.dtype(sys.argv[1]).type
print(rectified(scalar(-1)), rectified(scalar(2)), sum(rectified.stats.cache_hits.values()))
"""
COMPILED, LOADED = "0.0 2.0 0", "0.0 2.0 1"
"""Results of the program: two numbers, and how many kernels were found in the cache."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A copy of the cache's sources with a kernel, its helper in another folder, and the compiled kernel."""
    folder = tmp_path_factory.mktemp("compiled")
    copy_package(folder)
    assert run(folder) == COMPILED
    return folder


@pytest.fixture
def copy(compiled, tmp_path):
    """A copy of all that, which a test may change."""
    shutil.copytree(compiled, tmp_path / "copy")
    return tmp_path / "copy"


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


def test_a_second_process_loads_what_the_first_compiled(copy):
    assert run(copy) == LOADED
    (file,) = cached(copy)
    assert os.name == "nt" or (file.parent.stat().st_mode & 0o777) == 0o700


def test_an_edited_helper_in_another_folder_is_not_served_stale(copy):
    change_helper(copy)
    assert run(copy) == "0.5 2.0 0"


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_a_change_in_any_folder_of_the_kernels_changes_the_stamp(monkeypatch, tmp_path, folder):
    shutil.copytree(PACKAGE / "kernels", tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("fastmlp.kernels._numba.cache.SOURCES", tmp_path / "kernels")
    before = stamp(FLAGS)
    assert stamp(FLAGS) == before
    for path in (tmp_path / "kernels" / folder).glob("*.py"):
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        assert stamp(FLAGS) != before
        path.write_bytes(content)
    assert stamp(FLAGS) == before


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda b: b"", marks=pytest.mark.slow, id="empty"),
        pytest.param(lambda b: b[:-1], marks=pytest.mark.slow, id="cut off"),
        pytest.param(lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:], id="one bit"),
    ],
)
def test_a_damaged_file_is_compiled_again(copy, damage):
    (path,) = cached(copy)
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    assert run(copy) == COMPILED
    assert run(copy) == LOADED


def test_without_a_folder_to_write_to_it_compiles(copy):
    (copy / "file").write_text("")
    assert run(copy, NUMBA_CACHE_DIR=str(copy / "file" / "below")) == COMPILED


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_folder_that_others_can_write_is_not_used(copy):
    cached(copy)[0].parent.chmod(0o777)
    assert run(copy) == COMPILED


@pytest.mark.slow
def test_processes_that_fill_it_at_once(copy):
    shutil.rmtree(copy / "cache")
    processes = [start(copy, dtype) for dtype in ("float32", "float64") * 2]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert re.fullmatch(r"0.0 2.0 \d\n", out), err
    assert len(cached(copy)) == 2
    assert run(copy, "float32") == LOADED
    assert run(copy, "float64") == LOADED


def test_settings_that_change_the_code_have_a_folder_of_their_own(copy):
    assert run(copy, NUMBA_BOUNDSCHECK="1") == COMPILED
    assert run(copy, NUMBA_NUM_THREADS="1") == LOADED


class Codegen:
    """Stands for Numba's code generator, which tells the cache the CPU."""

    def __init__(self, *cpu):
        self.magic_tuple = lambda: cpu


def test_a_file_is_for_one_kernel_one_signature_and_one_cpu(tmp_path):
    paths = {
        KernelCache(function, tmp_path)._path(tmp_path, signature, Codegen(*cpu))
        for function in (kernels.train.py_func, kernels.evaluate.py_func)
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
