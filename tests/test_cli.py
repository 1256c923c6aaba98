"""The commands, as a user calls them: results, files, exit status, one line for each kind of bad input."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp import Network, Trainer, load_network, run
from fastmlp.data import Unreachable, load_dataset

KEYS = {"dataset", "sizes", "n_params", "preset", "seed", "epochs", "threads", "train_seconds", "samples_per_second"}
KEYS |= {"train_loss", "test_accuracy", "model"}


def test_train_leaves_a_model_a_history_and_pictures(trained, digits):
    folder, output = trained
    result = json.loads(output.stdout)
    assert KEYS <= set(result)
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
    pictures = {"learning-curve.png", "first-layer.png", "confusion-matrix.png", "worst-mistakes.png"}
    assert {path.name for path in folder.iterdir()} == pictures | {
        "model.safetensors",
        "history.csv",
        "checkpoint.safetensors",
    }
    for name in pictures:
        with Image.open(folder / name) as picture:
            assert min(picture.size) > 300
    assert sum(line.startswith("epoch ") for line in output.stderr.splitlines()) == 8
    assert "epoch 1/8  loss 0." in output.stderr
    assert "test accuracy" in output.stderr


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


def test_evaluate(fastmlp, trained, digits):
    folder, output = trained
    wanted = json.loads(output.stdout)["test_accuracy"]
    status, out, _ = fastmlp("evaluate", folder / "model.safetensors", "--data", digits, "--json")
    result = json.loads(out)
    assert status == 0
    assert result["test_accuracy"] == wanted
    test = load_dataset(digits).test
    sevens = load_network(folder / "model.safetensors").predict(test.X[test.y == 7]) == 7
    assert result["accuracy_by_class"]["7"] == sevens.mean()
    assert result["model"] == str(folder / "model.safetensors")
    status, out, _ = fastmlp("evaluate", folder / "model.safetensors", "--data", digits)
    assert f"test accuracy  {wanted:.2%}" in out


def test_evaluate_matches_classes_by_name(fastmlp):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (300, 3), np.uint8), rng.integers(0, 3, 300)
    X[np.arange(300), y] = 255
    names = np.array(["cat", "dog", "eel"])
    np.savez("three.npz", X=X, y=names[y])
    np.savez("two.npz", X=X[y > 0], y=names[y[y > 0]])
    np.savez("other.npz", X=X, y=np.array(["cat", "bat", "dog"])[y])
    options = "--hidden none --loss cross_entropy --epochs 40 --out three"
    assert fastmlp("train", "--data", "three.npz", *options.split())[0] == 0
    status, out, _ = fastmlp("evaluate", "three/model.safetensors", "--data", "two.npz", "--json")
    assert status == 0
    assert json.loads(out)["test_accuracy"] > 0.9
    status, _, err = fastmlp("evaluate", "three/model.safetensors", "--data", "other.npz")
    assert status == 2
    assert "not trained on the class 'bat' of other.npz: it knows cat, dog, eel" in err


def test_a_terminal_that_can_show_no_blocks(trained, digits, tmp_path):
    Image.fromarray(255 - load_dataset(digits).test.X[0].reshape(28, 28)).save(tmp_path / "a.png")
    command = [sys.executable, "-m", "fastmlp", "predict", trained[0] / "model.safetensors", tmp_path / "a.png"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    output = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert b"#####" in output.stdout


def test_predict_goes_on_after_a_picture_that_is_none(fastmlp, trained, digits):
    Image.fromarray(255 - load_dataset(digits).test.X[0].reshape(28, 28)).save("a.png")
    status, out, err = fastmlp("predict", trained[0] / "model.safetensors", "nowhere.png", "a.png")
    assert status == 2
    assert "nowhere.png" in err
    assert out.startswith("a.png: ")


def test_nothing_learned_is_nothing_saved(fastmlp, digits, monkeypatch):
    fastmlp("train", "--data", digits, "--epochs", 1, "--out", "keep")
    before = Path("keep/model.safetensors").read_bytes()

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("fastmlp.trainer.Trainer.fit", interrupt)
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


def test_predict_shows_all_outputs_of_each_picture(fastmlp, trained, digits):
    folder, _ = trained
    network, test = load_network(folder / "model.safetensors"), load_dataset(digits).test
    outputs = network.predict_proba(test.X)
    for name, row in (("sure", outputs.max(axis=1).argmax()), ("other", 1)):
        Image.fromarray(255 - test.X[row].reshape(28, 28)).resize((280, 280)).save(f"{name}.png")
    status, out, _ = fastmlp("predict", folder / "model.safetensors", "sure.png", "other.png")
    assert status == 0
    assert len(out.splitlines()) == 22
    answer = outputs.max(axis=1).argmax()
    assert out.startswith(f"sure.png: {network.predict(test.X)[answer]}, ")
    assert "sure (" in out.splitlines()[0]
    assert "█" in out


def test_no_data_named_and_none_to_be_had_ends_with_the_drawn_digits_and_says_so(fastmlp, monkeypatch, digits):
    def load(name):
        if name == "mnist":
            raise Unreachable("no network")
        return load_dataset(digits) if name == "drawn" else None

    monkeypatch.setattr(run, "load_dataset", load)
    status, _, err = fastmlp("train", "--epochs", 1)
    assert status == 0
    assert "NOT MNIST" in err
    status, _, err = fastmlp("train", "--epochs", 1, "--data", "mnist")  # named: never replaced
    assert (status, err) == (2, "fastmlp: no network\n")


def test_data_commands(fastmlp, monkeypatch, tmp_path):
    monkeypatch.setenv("FASTMLP_DATA", str(tmp_path / "sets"))
    status, out, _ = fastmlp("data", "where")
    assert status == 0
    assert out.splitlines()[0] == str(tmp_path / "sets" / "mnist")
    status, out, _ = fastmlp("data", "list")
    assert status == 0
    assert {line.split()[0] for line in out.splitlines()[::2]} == {
        *("mnist", "fashion-mnist", "kmnist", "emnist-digits", "qmnist", "drawn")
    }
    assert "fastmlp data fetch kmnist" in out
