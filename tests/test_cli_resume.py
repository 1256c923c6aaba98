"""`train --resume`: goes on with a training that was killed or interrupted, to the same files."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

OPTIONS = ["--epochs", 600, "--batch-size", 5, "--validation", 0.2, "--early-stopping", 590]
OPTIONS += ["--schedule", "one-cycle:warm_up=3", "--optimizer", "momentum", "--learning-rate", 0.1]


@pytest.fixture
def begun(digits, tmp_path):
    """A training in a process of its own that has written a checkpoint after its start."""
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
    """The bytes of the model, and of the history what is no time."""
    with (folder / "history.csv").open() as file:
        rows = [{name: cell for name, cell in row.items() if "second" not in name} for row in csv.DictReader(file)]
    return (folder / "model.safetensors").read_bytes(), rows


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


def test_early_stopping_and_its_best_epoch_are_reported(fastmlp, digits):
    options = ["--validation", 200, "--early-stopping", 2, "--learning-rate", 20, "--epochs", 100, "--batch-size", 5]
    status, out, err = fastmlp("train", "--data", digits, *options, "--out", "early", "--json")
    assert status == 0, err
    result = json.loads(out)
    assert result["epochs"] == result["best_epoch"] + 2 < 100
    with Path("early/history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[result["best_epoch"] - 1]["validation_accuracy"]) == result["validation_accuracy"]
    assert f"accuracy {result['validation_accuracy']:.2%} after epoch {result['best_epoch']}" in err
    assert f"validation {result['validation_accuracy']:7.2%}" in err
    assert result["samples_per_second"] == pytest.approx(1800 * result["epochs"] / result["train_seconds"])


def test_the_folder_of_a_finished_training_may_be_used_again(fastmlp, digits):
    stopping = ["--validation", 200, "--early-stopping", 1, "--learning-rate", 40, "--epochs", 100]
    for options in (stopping, ["--epochs", 1], ["--epochs", 1]):
        status, _, err = fastmlp("train", "--data", digits, *options, "--out", "again")
        assert status == 0, err


def test_event_files_are_written(fastmlp, digits, monkeypatch):
    status, _, err = fastmlp("train", "--data", digits, "--epochs", 1, "--tensorboard", "--out", "board")
    assert status == 0, err
    assert len(list(Path("board/events").iterdir())) == 1
    for library in ("tensorboardX", "tensorboard", "tensorboard.summary"):
        monkeypatch.setitem(sys.modules, library, None)
    status, _, err = fastmlp("train", "--resume", "board")
    assert status == 2
    assert err == "fastmlp: TensorBoard's event files need a library: pip install tensorboardX.\n"
    assert Path("board/checkpoint.safetensors").exists()
