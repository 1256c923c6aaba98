"""`train --resume` goes on with a training that was killed or interrupted, and ends with the same files."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fastmlp import InputError, Network, Trainer
from fastmlp.cli.resume import resumed_options
from fastmlp.cli.run_options import RunOptions
from fastmlp.system.tensor_files import CHECKPOINT, write_tensors
from fastmlp.training.checkpoints import Checkpoint

OPTIONS = ["--epochs", 600, "--batch-size", 5, "--validation", 0.2, "--early-stopping", 590]
OPTIONS += ["--schedule", "one-cycle:warm_up=3", "--optimizer", "momentum", "--learning-rate", 0.1]


@pytest.fixture
def begun(digits, tmp_path):
    """A training in a process of its own, which has written a checkpoint since its start."""
    command = [sys.executable, "-m", "fastmlp", "train", "--data", digits, "--out", tmp_path / "killed", *OPTIONS]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if line.split()[:2] == ["epoch", "20/600"]:
            break
    checkpoint = tmp_path / "killed" / "checkpoint.safetensors"
    started = checkpoint.stat().st_mtime_ns
    deadline = time.monotonic() + 20
    while checkpoint.stat().st_mtime_ns == started and process.poll() is None and time.monotonic() < deadline:
        process.stderr.readline()
    yield process
    process.kill()
    process.communicate()


def results(folder):
    """The bytes of the model, and the history without times."""
    with (folder / "history.csv").open() as file:
        rows = [{name: cell for name, cell in row.items() if "second" not in name} for row in csv.DictReader(file)]
    return (folder / "model.safetensors").read_bytes(), rows


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_training_that_was_ended_goes_on(fastmlp, begun, digits, tmp_path, end):
    begun.send_signal(end)
    _, said = begun.communicate(timeout=30)
    folder = tmp_path / "killed"
    checkpoint = (folder / "checkpoint.safetensors").read_bytes()
    status, _, err = fastmlp("train", "--data", digits, "--out", folder, *OPTIONS)
    assert status == 2
    assert f"go on with `fastmlp train --resume {folder}`, or choose another --out (or delete it)" in err
    assert (folder / "checkpoint.safetensors").read_bytes() == checkpoint
    if end == signal.SIGINT:
        assert f"To go on: fastmlp train --resume {folder}" in said
    assert (folder / "model.safetensors").exists() == (end == signal.SIGINT)
    status, out, err = fastmlp("train", "--resume", folder, "--json")
    assert status == 0, err
    assert "Going on after epoch" in err
    assert json.loads(out)["epochs"] == 600
    fastmlp("train", "--data", digits, "--out", "whole", *OPTIONS)
    assert results(folder) == results(Path("whole"))
    again = fastmlp("train", "--data", digits, "--out", folder, *OPTIONS, "--resume", folder, "--json")
    assert again[0] == 0, again[2]  # the same command, and nothing left to do
    assert "Going on after epoch 600 of 600" in again[2]
    assert results(folder) == results(Path("whole"))
    assert json.loads(again[1])["test_accuracy"] == json.loads(out)["test_accuracy"]


@pytest.fixture
def checkpoint_with(tmp_path):
    """A function that writes a checkpoint with some stored options, and returns its folder."""

    def write(options):
        checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors", about={"options": options})
        Trainer(Network((4, 2))).fit(np.eye(4), [0, 1, 0, 1], callbacks=[checkpoint])
        return tmp_path

    return write


def test_the_options_of_the_command_are_kept(checkpoint_with):
    options = RunOptions(preset="fast-96", changes={"hidden": (8, 4), "max_norm": None}, validation=0.1, seed=3)
    folder = checkpoint_with(options.to_json())
    assert resumed_options(folder, {}, None) == options
    assert resumed_options(folder, {"hidden": (8, 4), "max_norm": None, "seed": 3}, folder) == options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hidden": (8,)}, r"with hidden \[8, 4\], and this one has \[8\]"),
        ({"max_norm": 1.0}, "with max norm none, and this one has 1.0"),
        ({"epochs": 3}, "with epochs the preset's, and this one has 3"),
        ({"preset": "lecture"}, "with preset fast-96, and this one has lecture"),
        ({"validation": 5}, "with validation none, and this one has 5"),
    ],
)
def test_another_value_than_the_stored_one_is_refused(checkpoint_with, given, message):
    folder = checkpoint_with(RunOptions(preset="fast-96", changes={"hidden": (8, 4), "max_norm": None}).to_json())
    with pytest.raises(InputError, match=message):
        resumed_options(folder, given, None)


def test_options_that_cannot_be_read_are_refused(checkpoint_with):
    flat = {"preset": "lecture", "data": "mnist", "seed": 0, "validation": None, "hidden": None}
    with pytest.raises(InputError, match="was written by an earlier version of fastmlp: start a new training"):
        resumed_options(checkpoint_with(flat), {}, None)
    for damaged in (
        None,
        ["changes"],
        {"changes": [1]},
        {"changes": {"hiden": [1]}},
        {"changes": {}, "sed": 1},
        {"changes": {}, "seed": "many"},
        {"changes": {}, "validation": "some"},
        {"changes": {}, "validation": True},
    ):
        with pytest.raises(InputError, match="is a damaged checkpoint"):
            resumed_options(checkpoint_with(damaged), {}, None)


def test_a_state_that_is_a_list_is_refused(tmp_path):
    write_tensors(tmp_path / "checkpoint.safetensors", CHECKPOINT, {}, {"state": "[1]"})
    with pytest.raises(InputError, match="is a damaged checkpoint"):
        resumed_options(tmp_path, {}, None)
