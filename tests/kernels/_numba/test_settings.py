"""Settings of Numba with which no kernel can run: one sentence from Python and from the commands."""

import os
import subprocess
import sys

import pytest

from fastmlp.kernels._numba.settings import check_settings

SETTINGS = [
    ("NUMBA_DISABLE_JIT=1", "The kernels of fastmlp run compiled only: unset NUMBA_DISABLE_JIT."),
    (
        "NUMBA_NUM_THREADS=0",
        "Numba refuses its settings (Number of threads specified must be > 0.): change the NUMBA_* variable.",
    ),
    ("NUMBA_CPU_FEATURES=+avx,avx2", "NUMBA_CPU_FEATURES has 'avx2': write +avx2 or -avx2, or unset it."),
]


@pytest.mark.parametrize(("setting", "sentence"), SETTINGS)
def test_settings_that_no_kernel_can_bear_are_one_sentence(setting, sentence):
    name, value = setting.split("=")
    program = "try:\n    import fastmlp.kernels\nexcept ImportError as error:\n    print(error)"
    environment = os.environ | {name: value}
    end = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert end.stdout == sentence + "\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    ["train", "evaluate x", "predict x y", "explore weights", "sweep --hidden 5", "presets", "data show drawn"],
)
def test_every_command_that_needs_kernels_says_it(command):
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    start = [sys.executable, "-m", "fastmlp", *command.split()]
    end = subprocess.run(start, env=environment, capture_output=True, text=True, check=False)
    assert (end.returncode, end.stdout, end.stderr) == (2, "", f"fastmlp: {SETTINGS[0][1]}\n")


@pytest.mark.parametrize("features", ["", "+avx2,-avx512f", "-avx,"])
def test_other_settings_are_left_alone(monkeypatch, features):
    monkeypatch.setenv("NUMBA_CPU_FEATURES", features)
    check_settings()
