"""Nothing is lost and nothing is trained twice after kill -9 and Ctrl-C."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import time

import pytest
from helpers.sweep_tables import SETTINGS, once_each, table_of

from fastmlp.sweep import SweepConfig, run_sweep

pytestmark = pytest.mark.slow
KILLS = 20


@pytest.fixture(scope="module")
def start():
    """Start processes at once: forked from one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fastmlp.sweep.run"])
    return context.Process


def run_on(data, out):
    config = SweepConfig(SETTINGS | {"epochs": 8}, data=str(data), seeds=3)
    run_sweep(config, out, report=False, show=False)


def test_killed_at_random_moments_and_resumed_it_gives_the_table_of_an_undisturbed_sweep(start, digits, tmp_path):
    run_on(digits, tmp_path / "whole")
    rng, out = random.Random(0), tmp_path / "killed"
    journal, killed = out / "journal.log", 0
    for _ in range(KILLS):
        process = start(target=run_on, args=(digits, out))
        process.start()
        size = journal.stat().st_size if journal.exists() else 0
        while process.is_alive() and (not journal.exists() or journal.stat().st_size == size):
            time.sleep(0.001)  # until it is at work
        time.sleep(rng.uniform(0, 0.15))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    run_on(digits, out)
    assert table_of(out) == table_of(tmp_path / "whole")
    assert killed >= KILLS // 2
    assert once_each(journal, 12) > 0  # some were begun again


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_keeps_the_finished_trials(command, tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen(command(out, "--jobs", "1", "--epochs", "50"), stderr=subprocess.PIPE, text=True)
    journal = out / "journal.log"
    while process.poll() is None and (not journal.exists() or '"results"' not in journal.read_text()):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    error = process.communicate()[1]
    assert process.returncode == 130, error
    assert "Traceback" not in error
    done = len(table_of(out))
    assert 1 <= done < 12
    again = subprocess.run(command(out, "--json", "--epochs", "50"), capture_output=True, text=True, check=False)
    result = json.loads(again.stdout)
    assert (result["complete"], result["trained"]) == (12, 12 - done)
