"""The commands, as a user calls them: results, files, exit status, one line for each kind of bad input."""

import csv
import errno
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp import Network, Trainer, cli, load_network, run
from fastmlp.data import Unreachable, load_dataset, write_idx
from fastmlp.data.drawn import draw_digits

KEYS = {"dataset", "sizes", "n_params", "preset", "seed", "epochs", "threads", "train_seconds", "samples_per_second"}
KEYS |= {"train_loss", "test_accuracy", "model"}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder of 2,000 + 300 drawn digits as IDX files."""
    folder = tmp_path_factory.mktemp("digits")
    for stream, prefix, n in (("train", "train", 2000), ("test", "t10k", 300)):
        X, y = draw_digits(n, stream=stream)
        write_idx(folder / f"{prefix}-images-idx3-ubyte", X.reshape(-1, 28, 28))
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", y.astype(np.uint8))
    return folder


@pytest.fixture
def fastmlp(monkeypatch, tmp_path, capsys):
    """Call the command in a folder of its own; returns status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["fastmlp", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.run_command()
        out = capsys.readouterr()
        return end.value.code or 0, out.out, out.err

    return call


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    """A folder with the results of a short training, and what was printed."""
    folder = tmp_path_factory.mktemp("trained")
    command = [
        sys.executable,
        "-m",
        "fastmlp",
        "train",
        "--data",
        digits,
        "--epochs",
        "8",
        "--batch-size",
        "5",
        "--out",
        folder,
        "--json",
    ]
    return folder, subprocess.run(command, capture_output=True, text=True, check=True)


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
    assert {path.name for path in folder.iterdir()} == pictures | {"model.safetensors", "history.csv"}
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "Usage: fastmlp"),
        ("trian", "No such command 'trian'. Did you mean 'train'?"),
        ("train --bogus", "No such option '--bogus'"),
        ("train --epochs x", "'x' is not a valid integer"),
        ("train --data DIGITS --epochs 0", "epochs is 0: pass a whole number of at least 1"),
        ("train --data DIGITS --batch-size 0", "batch_size is 0"),
        ("train --data DIGITS --learning-rate -1", "learning_rate is -1.0: pass a positive number"),
        ("train --data DIGITS --threads 0", "threads is 0"),
        ("train --data DIGITS --seed -1", "seed is -1"),
        ("train --data DIGITS --hidden 16,x", "pass positive widths between commas"),
        ("train --data DIGITS --hidden 0", "pass positive widths between commas"),
        ("train --data DIGITS --activation sigmoyd", "did you mean 'sigmoid'"),
        ("train --data DIGITS --loss mse", "known are squared_error, cross_entropy"),
        ("train --data DIGITS --optimizer sdg", "did you mean 'sgd'"),
        ("train --data DIGITS --preset lectur", "did you mean 'lecture'"),
        ("train --data mnits", "did you mean 'mnist'"),
        ("train --data ./nowhere", "nowhere"),
        ("train --data DIGITS --out FILE/below", "can't be written"),
        ("evaluate nowhere.safetensors", "no model file 'nowhere.safetensors'"),
        ("evaluate FILE", "is no model file, or a damaged one"),
        ("predict nowhere.safetensors a.png", "no model file"),
        ("predict MODEL FILE", "FILE"),
        ("predict MODEL nowhere.png", "nowhere.png"),
        ("predict MODEL", "Missing argument 'IMAGE...'"),
        ("data fetch mnits", "did you mean 'mnist'"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(fastmlp, trained, digits, arguments, message):
    Path("FILE").write_text("no picture, no model, no folder")
    known = {"DIGITS": digits, "MODEL": trained[0] / "model.safetensors"}
    status, out, err = fastmlp(*(known.get(word, word) for word in arguments.split()))
    assert status == 2
    assert message in err
    assert out == ""
    assert arguments == "" or err.count("\n") == 1
    assert "Traceback" not in err


def test_a_model_of_other_inputs_is_refused(fastmlp, trained, tmp_path):
    np.savez(tmp_path / "small.npz", X=np.zeros((70, 4), np.uint8), y=np.arange(70) % 2)
    status, _, err = fastmlp("evaluate", trained[0] / "model.safetensors", "--data", "small.npz")
    assert status == 2
    assert "but the network takes (samples, 784)" in err
    fastmlp("train", "--data", "small.npz", "--epochs", 1, "--out", "small")
    status, _, err = fastmlp("predict", "small/model.safetensors", "a.png")
    assert status == 2
    assert "takes 4 inputs" in err


def test_a_full_disk_is_one_line_and_status_2(digits, tmp_path):
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
        "from fastmlp.__main__ import main; main()"
    )
    command = [sys.executable, "-c", program, "train", "--data", digits, "--epochs", "1", "--out", tmp_path]
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    assert output.returncode == 2
    wanted = f"fastmlp: {tmp_path / 'model.safetensors'} can't be read or written: File too large."
    assert output.stderr.splitlines()[-1] == wanted
    assert not list(tmp_path.iterdir())


def test_a_folder_that_fills_up_loses_no_model(fastmlp, digits, monkeypatch, tmp_path):
    from fastmlp import files, storage

    def full(path, content):
        if path.parent.name == "full":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        files.write_bytes(path, content)

    monkeypatch.setattr(storage, "write_bytes", full)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    status, _, err = fastmlp("train", "--data", digits, "--epochs", 1, "--out", "full")
    assert status == 2
    rescued = re.search(r"the trained model is in (.*)\.$", err.splitlines()[-1])[1]
    assert load_network(rescued).n_params == 13002


def test_divergence_is_one_line_and_keeps_the_last_good_weights(fastmlp, tmp_path):
    rng = np.random.default_rng(0)
    np.savez("wild.npz", X=1e3 * rng.standard_normal((700, 9)).astype(np.float32), y=rng.integers(0, 2, 700))
    options = "--activation relu --loss cross_entropy --learning-rate 1e9 --out wild"
    status, out, err = fastmlp("train", "--data", "wild.npz", *options.split())
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("fastmlp: The loss became NaN in epoch 1: the learning rate 1e+09")
    assert "nothing is saved" in err  # the weights from before epoch 1 are the initial ones


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
    assert time.perf_counter() - started < 1
    assert process.returncode == 130, err
    assert out == ""
    assert f"what was trained is in {tmp_path / 'model.safetensors'}" in err
    assert "Traceback" not in err
    test = load_dataset(digits).test
    assert load_network(tmp_path / "model.safetensors").accuracy(test.X, test.y) > 0.5
    assert len((tmp_path / "history.csv").read_text().splitlines()) > 20


def test_a_closed_pipe_is_no_error(digits):
    command = f"{sys.executable} -m fastmlp data list | head -n 0"
    output = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert output.stderr == ""


def test_help_is_quick_and_the_second_start_too(trained, digits, tmp_path):
    def fastest(arguments, wanted):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            command = [sys.executable, "-m", "fastmlp", *arguments]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            next(line for line in process.stdout if line.startswith(wanted))
            times.append(time.perf_counter() - started)
            process.communicate()
        return min(times)

    assert fastest(["--help"], "Usage") < 0.3
    assert fastest(["train", "--data", digits, "--epochs", "1", "--out", tmp_path], "epoch 1/1") < 1.5


def test_version(fastmlp):
    assert fastmlp("--version")[1] == f"fastmlp, version {importlib.metadata.version('fastmlp')}\n"
