"""The command `train` as a user calls it: its flags, its files and what it prints."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp import Network, Trainer, load_network
from fastmlp.datasets import load_dataset

PROMISED = {"dataset", "sizes", "n_params", "preset", "seed", "epochs", "threads", "train_seconds"}
PROMISED |= {"samples_per_second", "train_loss", "test_accuracy", "model"}


def test_train_leaves_a_model_a_history_and_figures(trained, digits):
    folder, output = trained
    result = json.loads(output.stdout)
    assert PROMISED <= set(result)
    assert result["sizes"] == [784, 16, 16, 10]
    assert result["n_params"] == 13002
    assert (result["preset"], result["seed"], result["epochs"], result["threads"]) == ("lecture", 0, 8, 1)
    assert result["test_accuracy"] > 0.5
    network = load_network(result["model"])
    test = load_dataset(digits).test
    assert network.accuracy(test.X, test.y) == result["test_accuracy"]
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert float(rows[-1]["loss"]) == result["train_loss"]
    assert result["samples_per_second"] == pytest.approx(8 * 2000 / result["train_seconds"])
    figures = {"learning-curve.png", "first-layer.png", "confusion-matrix.png", "worst-mistakes.png"}
    assert {path.name for path in folder.iterdir()} == figures | {
        "model.safetensors",
        "history.csv",
        "checkpoint.safetensors",
    }
    for name in figures:
        with Image.open(folder / name) as image:
            assert min(image.size) > 300
    assert sum(line.startswith("epoch ") for line in output.stderr.splitlines()) == 8
    assert "epoch 1/8  loss 0." in output.stderr
    assert "test accuracy" in output.stderr


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RuntimeError("no font"), 0, "learning-curve.png can't be drawn (RuntimeError: no font): see that"),
        (OSError(28, "No space left on device"), 0, "Can't write learning-curve.png: No space left on device."),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["broken", "full", "Ctrl-C"],
)
def test_whatever_ends_the_figures_the_result_is_printed(fastmlp, digits, monkeypatch, error, status, said):
    def fails(figure):
        raise error

    import matplotlib  # noqa: F401 (so that figures are drawn in this process)

    monkeypatch.setattr("fastmlp.plots.save.png", fails)
    ended, out, err = fastmlp("train", "--data", digits, "--hidden", "none", "--epochs", 1, "--out", "r", "--json")
    result = json.loads(out)
    assert (ended, result["beside_it"]) == (status, ["history.csv", "checkpoint.safetensors"])
    assert {path.name for path in Path("r").iterdir()} == {"model.safetensors", *result["beside_it"]}
    assert said in err.splitlines()[-1]
    assert err.count("No space left") + err.count("no font") == (status == 0)


def test_train_without_json_prints_a_table(fastmlp, digits):
    status, out, _ = fastmlp("train", "--data", digits, "--hidden", "none", "--epochs", 1, "--seed", 3)
    assert status == 0
    assert "784-10, sigmoid, squared error: 7,850 weights and biases" in out
    assert f"{digits.name}-seed3/model.safetensors" in out
    status, out, _ = fastmlp("train", "--data", digits, "--hidden", "none", "--epochs", 1, "--seed", 3)
    assert f"{digits.name}-seed3-run2/model.safetensors" in out  # the first one is kept
    assert len(list(Path("runs").iterdir())) == 2


def test_options_change_the_preset(fastmlp, digits):
    options = "--hidden 9,8 --activation relu --loss cross_entropy --optimizer sgd --learning-rate 0.1 --batch-size 20"
    status, out, _ = fastmlp("train", "--data", digits, *options.split(), "--epochs", 2, "--seed", 5, "--json")
    result = json.loads(out)
    assert status == 0
    assert result["sizes"] == [784, 9, 8, 10]
    wanted = {"activation": "relu", "loss": "cross_entropy", "learning_rate": 0.1, "batch_size": 20, "epochs": 2}
    assert wanted | {"seed": 5} == {name: result[name] for name in [*wanted, "seed"]}


def test_the_seed_is_that_of_the_weights_and_of_the_order(fastmlp, digits):
    train = load_dataset(digits).train
    for seed in (0, 1):
        fastmlp("train", "--data", digits, "--epochs", 1, "--hidden", 5, "--seed", seed, "--out", f"seed{seed}")
        network = Network((784, 5, 10), seed=seed)
        Trainer(network, learning_rate=1.0, batch_size=32, seed=seed).fit(*train)
        np.testing.assert_array_equal(load_network(f"seed{seed}/model.safetensors").params, network.params)


def test_same_seed_same_bits_in_two_processes(fastmlp, trained, digits):
    folder, _ = trained
    fastmlp("train", "--data", digits, "--epochs", 8, "--batch-size", 5, "--out", "again")
    first, second = load_network(folder / "model.safetensors"), load_network("again/model.safetensors")
    np.testing.assert_array_equal(first.params, second.params)


def test_none_on_the_command_line_is_a_value_and_no_absent_flag(fastmlp, digits):
    options = ["--preset", "lecture-96", "--data", digits, "--epochs", 1, "--json"]
    assert json.loads(fastmlp("train", *options)[1])["weight_decay"] == 0.02  # the preset's
    result = json.loads(fastmlp("train", *options, "--weight-decay", "none", "--augment", "none")[1])
    assert result["weight_decay"] == 0.01  # AdamW's own
    assert result["augmentation"] == "none"


def test_initial_weights_can_be_chosen(fastmlp, digits):
    options = ["--data", digits, "--epochs", 1, "--weight-init", "normal", "--out", "normal", "--json"]
    status, out, err = fastmlp("train", *options)
    assert status == 0, err
    assert json.loads(out)["weight_init"] == "normal"
    network = Network((784, 16, 16, 10), weight_init="normal", seed=0)
    Trainer(network, learning_rate=1.0, batch_size=32, seed=0).fit(*load_dataset(digits).train)
    np.testing.assert_array_equal(load_network("normal/model.safetensors").params, network.params)


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


def test_large_samples_stay_on_the_disk(fastmlp, digits, monkeypatch):
    network, data = Network((784, 5, 10), seed=0), load_dataset(digits)
    Trainer(network, learning_rate=1.0, batch_size=32, seed=0).fit(*data.train, validation=0.1)
    monkeypatch.setattr("fastmlp.system.file_arrays.LARGE", 100_000)  # both splits are larger
    status, out, error = fastmlp(
        "train", "--data", digits, "--epochs", 1, "--hidden", 5, "--json", "--validation", 0.1, "--out", "disk"
    )
    assert status == 0
    assert "stays on the disk: the training reads it there in blocks, which are shuffled" in error
    assert "worst-mistakes.png" not in json.loads(out)["beside_it"]
    np.testing.assert_array_equal(load_network("disk/model.safetensors").params, network.params)  # one window has all
    status, out, _ = fastmlp("evaluate", "disk/model.safetensors", "--data", digits, "--json")
    assert json.loads(out)["test_accuracy"] == network.accuracy(*data.test)
