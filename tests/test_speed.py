"""A guard: kernels and epochs against NumPy, as ratios in one run, each above a floor. The figures: `fastmlp bench`.

A floor is about two thirds of the least of many runs on a busy machine with AVX2, one core: noise does not trip it, a
kernel that lost its vectors does.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.arena import THREAD_SETTINGS

ROOT = Path(__file__).parents[1]
FLOORS = {
    "seed10": 4.4,
    "seed32": 2.9,
    "forward_layer": 0.6,
    "backward_weights": 0.65,
    "backward_inputs": 0.65,
    "forward_packed": 1.1,
    "add_outer_packed": 0.8,
    "sgd_update": 0.9,
}


@pytest.fixture(scope="module")
def ratios():
    """In a process of its own: the BLAS library reads its number of threads when it starts."""
    one = dict.fromkeys(THREAD_SETTINGS, "1") | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "benchmarks.guard"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | one).stdout)


def test_every_ratio_has_a_floor(ratios):
    assert ratios.keys() == FLOORS.keys()


@pytest.mark.parametrize("name", FLOORS)
def test_fastmlp_is_fast_enough(ratios, name):
    assert ratios[name] > FLOORS[name], f"{name} is {ratios[name]:.2f} times as fast as NumPy, not {FLOORS[name]}"
