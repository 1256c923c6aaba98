"""A training run that is refused, stopped or interrupted: what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.threads import start_no_more_than

from fastmlp import Network, Regularization, Trainer, load_network
from fastmlp.datasets import load_dataset


def test_nothing_learned_is_nothing_saved(fastmlp, digits, monkeypatch):
    fastmlp("train", "--data", digits, "--epochs", 1, "--out", "keep")
    before = Path("keep/model.safetensors").read_bytes()

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("fastmlp.training.trainer.Trainer.fit", interrupt)
    status, _, err = fastmlp("train", "--data", digits, "--epochs", 1, "--out", "keep")
    assert status == 130
    assert "nothing is saved" in err
    assert Path("keep/model.safetensors").read_bytes() == before
    fastmlp("train", "--data", digits, "--epochs", 1)
    assert not list(Path("runs").iterdir())


def test_bad_data_leaves_no_folder(fastmlp):
    np.savez("nan.npz", X=np.full((70, 4), np.nan), y=np.arange(70) % 2)
    status, out, err = fastmlp("train", "--data", "nan.npz")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "is nan as float32" in err
    assert not Path("runs").exists()


def test_bad_input_takes_nothing_away(fastmlp, digits):
    Path("mine").mkdir()
    bad = ["train", "--data", digits, "--early-stopping", 3]
    assert fastmlp(*bad, "--out", "mine")[0] == 2
    assert list(Path("mine").iterdir()) == []
    assert fastmlp("train", "--data", digits, "--epochs", 1, "--out", "mine")[0] == 0
    before = {path.name: path.read_bytes() for path in Path("mine").iterdir()}
    status, _, err = fastmlp(*bad, "--out", "mine")
    assert status == 2
    assert "validation_loss" in err
    assert {path.name: path.read_bytes() for path in Path("mine").iterdir()} == before
    assert fastmlp(*bad, "--out", "new")[0] == 2
    assert not Path("new").exists()


def test_more_threads_than_can_be_had(fastmlp, digits, monkeypatch):
    arguments = ["train", "--data", digits, "--epochs", 1, "--out", "out", "--threads", 3]
    monkeypatch.setattr("fastmlp.cli.training_run.available_cores", lambda: 2)
    status, _, err = fastmlp(*arguments)
    assert status == 0
    assert "3 threads share 2 cores: fewer would be much faster." in err
    start_no_more_than(monkeypatch, 1)
    status, _, err = fastmlp(*arguments)
    assert status == 2
    assert err.splitlines()[-1] == "fastmlp: No more than 2 of 3 threads can be started: pass fewer."


def test_a_full_disk_is_one_line_and_status_2(digits, tmp_path):
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
        "from fastmlp.__main__ import main; main()"
    )
    command = [sys.executable, "-c", program, "train", "--data", digits, "--epochs", "1", "--out", tmp_path / "new"]
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    assert output.returncode == 2
    wanted = f"fastmlp: {tmp_path / 'new' / 'checkpoint.safetensors'} can't be read or written: File too large."
    assert output.stderr.splitlines()[-1] == wanted
    assert not (tmp_path / "new").exists()  # of a training that never began


def test_divergence_is_one_line_and_keeps_the_last_good_weights(fastmlp, tmp_path):
    rng = np.random.default_rng(0)
    np.savez("wild.npz", X=1e3 * rng.standard_normal((700, 9)).astype(np.float32), y=rng.integers(0, 2, 700))
    options = "--preset lecture --no-standardize --activation relu --loss cross_entropy --learning-rate 1e9 --out wild"
    status, out, err = fastmlp("train", "--data", "wild.npz", *options.split())
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("fastmlp: The loss became NaN in epoch 1: the learning rate 1e+09")
    assert "nothing is saved" in err  # the weights from before epoch 1 are the initial ones


def test_what_was_learned_before_an_error_is_saved(fastmlp, digits, monkeypatch):
    def fail(seconds):
        raise MemoryError("9 GB")

    monkeypatch.setattr("fastmlp.training.progress.duration", fail)  # for the line of the first of three epochs
    status, out, err = fastmlp("train", "--data", digits, "--epochs", 3, "--out", "stopped")
    assert (status, out) == (2, "")
    assert "Training stopped after 1 epoch; what was trained is in stopped/model.safetensors" in err
    assert "To go on" not in err
    assert err.endswith("fastmlp: Not enough memory: 9 GB.\n")
    network = Network((784, 16, 16, 10), seed=0)
    Trainer(network, learning_rate=1.0, batch_size=32, seed=0).fit(*load_dataset(digits).train)
    np.testing.assert_array_equal(load_network("stopped/model.safetensors").params, network.params)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_ends_within_a_second_with_what_was_trained(digits, tmp_path):
    command = [
        sys.executable,
        "-m",
        "fastmlp",
        "train",
        "--data",
        digits,
        "--epochs",
        "1000000",
        "--batch-size",
        "5",
        "--out",
        tmp_path,
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if line.split()[1] == "20/1000000":
                break
        process.send_signal(signal.SIGINT)
        started = time.perf_counter()
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert time.perf_counter() - started < 5  # 0.3 alone
    assert process.returncode == 130, err
    assert out == ""
    assert f"what was trained is in {tmp_path / 'model.safetensors'}" in err
    assert "Traceback" not in err
    test = load_dataset(digits).test
    assert load_network(tmp_path / "model.safetensors").accuracy(test.X, test.y) > 0.5
    assert len((tmp_path / "history.csv").read_text().splitlines()) > 20


TREES = "long,wide,weight,kind\n" + "".join(
    f"{5 + k % 3 + k / 100:.2f},{3 - k % 3 / 2 + k / 90:.2f},{1 + k % 2},{('oak', 'elm', 'ash')[k % 3]}\n"
    for k in range(70)
)


def trained_on_trees(fastmlp, tmp_path, *options):
    (tmp_path / "trees.csv").write_text(TREES)
    status, out, err = fastmlp("train", "--data", "trees.csv", "--epochs", 3, "--json", *options)
    assert status == 0, err
    return json.loads(out), err


def test_a_table_is_trained_with_its_preset_and_the_label_is_named(fastmlp, tmp_path):
    result, err = trained_on_trees(fastmlp, tmp_path)
    assert (result["preset"], result["sizes"], result["hidden"]) == ("table", [3, 100, 3], [100])
    assert "The labels are in column kind; --label names another one." in err
    assert "first-layer.png" not in result["beside_it"]
    _, err = trained_on_trees(fastmlp, tmp_path, "--label", "kind")
    assert "The labels are in" not in err


@pytest.mark.slow
def test_weights_of_samples_and_classes_reach_the_training(fastmlp, tmp_path):
    trained_on_trees(fastmlp, tmp_path, "--out", "plain")
    trained_on_trees(fastmlp, tmp_path, "--out", "samples", "--sample-weights", "weight")
    trained_on_trees(fastmlp, tmp_path, "--out", "classes", "--class-weights", "oak=5,elm=0.5")
    plain, samples, classes = (load_network(f"{name}/model.safetensors") for name in ("plain", "samples", "classes"))
    assert plain.sizes == (3, 100, 3)
    assert samples.sizes == (2, 100, 3)
    assert not np.array_equal(plain.params, classes.params)
    data = load_dataset("trees.csv", weights="weight")
    network = Network(
        (2, 100, 3), "relu", "cross_entropy", weight_init="glorot", classes=data.classes, schema=data.schema
    )
    options = {"regularization": Regularization(l2=1e-4)}
    trainer = Trainer(network, "adam", 0.001, 32, **options)
    trainer.fit(*data.train, epochs=3, sample_weights=data.weights)
    np.testing.assert_array_equal(samples.params, network.params)
    status, out, _ = fastmlp("evaluate", "samples/model.safetensors", "--data", "trees.csv", "--json")
    assert (status, json.loads(out)["test_samples"]) == (0, 70)


@pytest.mark.slow
def test_standardizing_can_be_turned_off_and_on(fastmlp, tmp_path, digits):
    trained_on_trees(fastmlp, tmp_path, "--out", "off", "--no-standardize")
    assert load_network("off/model.safetensors").schema.scale == "as it is"
    fastmlp("train", "--data", digits, "--epochs", 1, "--out", "on", "--standardize")
    assert load_network("on/model.safetensors").schema.scale == "standardized"


@pytest.mark.slow
def test_a_resumed_table_ends_with_the_same_bits(fastmlp, tmp_path, monkeypatch):
    trained_on_trees(fastmlp, tmp_path, "--out", "whole", "--seed", 3)

    def interrupt(self, record):
        if record.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("fastmlp.training.progress.Progress.on_epoch_end", interrupt)
        assert fastmlp("train", "--data", "trees.csv", "--epochs", 3, "--out", "cut", "--seed", 3)[0] == 130
    assert fastmlp("train", "--resume", "cut")[0] == 0
    whole, cut = (load_network(f"{name}/model.safetensors") for name in ("whole", "cut"))
    np.testing.assert_array_equal(cut.params, whole.params)
    assert cut.schema == whole.schema


def test_a_regression_on_classes_is_refused(fastmlp):
    status, _, err = fastmlp("train", "--data", "drawn", "--loss", "regression")
    assert (status, err) == (
        2,
        "fastmlp: drawn has classes: a regression takes a table with numbers to be predicted, --data FILE.\n",
    )
