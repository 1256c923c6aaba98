"""Kernels between guard pages: random calls in processes of their own, which end at an access beside an array.

`FASTMLP_TORTURE_SECONDS=3600 pytest -m slow -n 0 -rP tests/torture/test_guard_pages.py` runs longer, with more dtypes;
`FASTMLP_TORTURE_SEED` gives the seed that a failure names.
"""

import os
import platform
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.imports import ROOT

SECONDS = float(os.environ.get("FASTMLP_TORTURE_SECONDS", "0"))
SEED = int(os.environ.get("FASTMLP_TORTURE_SEED", secrets.randbelow(10**9)))
PROGRAM = Path(__file__).with_name("kernels_between_guard_pages.py")
FORMS = 4 + int(SECONDS / 60) if SECONDS else 1

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="mprotect")]


def torture(tmp_path, seconds, forms, **environment):
    """Run the program; return its last words, or fail with the case that ended it."""
    places = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, PROGRAM, str(SEED), str(seconds), str(forms)]
    with (tmp_path / "case").open("w+") as case:
        environment = os.environ | {"PYTHONPATH": places} | environment
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=case, env=environment, text=True)
        case.seek(0)
        last = case.read()[-500:].partition("\n")[2]
    print(f"seed {SEED}: {run.stdout}")
    assert run.returncode == 0, f"status {run.returncode} with seed {SEED} and {forms} forms, at last in {last}"
    return run.stdout


ACCESS = """
import numpy as np
from helpers.guard_pages import guarded
array = guarded(np.arange(5.0), at_end={at_end}, written={written})
assert (array == np.arange(5)).all()
place = np.lib.stride_tricks.as_strided(array[{first}:], (2,), ({step},))
print("begun", flush=True)
{access}
print("not seen")
"""
BESIDE = {"behind": (True, 4, 8, "place[1]"), "before": (False, 0, -8, "place[1]")}


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize(("at_end", "first", "step", "access"), BESIDE.values(), ids=BESIDE)
def test_an_access_beside_an_array_ends_the_process(tmp_path, at_end, first, step, access, written):
    program = tmp_path / "access.py"
    program.write_text(ACCESS.format(at_end=at_end, first=first, step=step, access=access, written=written))
    assert outcome_of(program) == (-signal.SIGSEGV, "begun\n")


def test_a_write_to_an_input_ends_the_process(tmp_path):
    program = tmp_path / "access.py"
    for access, written, seen in [
        ("place[0] = 1", False, True),
        ("place[0] = 1", True, False),
        ("place.sum()", False, False),
    ]:
        program.write_text(ACCESS.format(at_end=True, first=0, step=8, access=access, written=written))
        assert outcome_of(program) == ((-signal.SIGSEGV, "begun\n") if seen else (0, "begun\nnot seen\n"))


def outcome_of(program):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
    run = subprocess.run([sys.executable, program], stdout=subprocess.PIPE, env=environment, text=True)
    return run.returncode, run.stdout


def test_no_kernel_touches_memory_beside_its_arrays(tmp_path):
    assert "calls of 28 kernels" in torture(tmp_path, SECONDS / 3 or 8, FORMS)


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="names of CPUs of one kind")
@pytest.mark.parametrize(("cpu", "width"), [("x86-64", 16), ("haswell", 32)])
def test_nor_with_shorter_vectors(tmp_path, cpu, width):
    out = torture(tmp_path, SECONDS / 3 or 4, FORMS, NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES="")
    assert f"vectors of {width} bytes" in out
