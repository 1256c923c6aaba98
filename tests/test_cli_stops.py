"""How the commands end when something is wrong, from bad usage to Ctrl-C; and how fast they start."""

import errno
import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from fastmlp import Network, Trainer, load_network
from fastmlp.callbacks import Checkpoint
from fastmlp.data import load_dataset


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
        ("train --data DIGITS --schedule cosin", "did you mean 'cosine'"),
        ("train --data DIGITS --schedule cosine:final=-1", "final is -1: pass a number of at least 0"),
        ("train --data DIGITS --schedule cosine:warm_up=99", "choose a shorter warm-up"),
        ("train --data DIGITS --validation x", "--validation is 'x': pass a share such as 0.1"),
        ("train --data DIGITS --validation 2000", "there are 2,000 samples: hold out from 1 to 1,999"),
        (
            "train --data DIGITS --early-stopping 3",
            "There is no validation_loss to watch: pass validation samples",
        ),
        ("train --data DIGITS --early-stopping 0", "patience is 0"),
        ("train --data DIGITS --momentum 0.5", "sgd has no momentum: leave it out, or choose another optimizer (mom"),
        ("train --data DIGITS --optimizer rmsprop --momentum 0.5", "rmsprop has no momentum"),
        ("train --data DIGITS --augment sigma=9", "add elastic=34"),
        ("train --data TABLE --preset best-99", "are not images: pass --augment none"),
        ("train --resume RUN --validation 0.1", "with validation none, and this one has 0.1"),
        ("train --resume PYTHON", "is of a training in Python, not of `fastmlp train`: go on with it in fit("),
        ("train --resume nowhere", "There is no checkpoint in 'nowhere': no training was begun there"),
        ("train --resume RUN --hidden 32", "with hidden the preset's, and this one has [32]"),
        ("train --resume RUN --seed 1", "with seed 0, and this one has 1"),
        ("train --resume RUN --data drawn", "of a training on other data"),
        ("train --resume RUN --out other", "leave out --out other"),
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
    Path("table.csv").write_text("label,a,b\n" + "".join(f"{k % 2},{k},{k * k}\n" for k in range(80)))
    Path("python").mkdir()
    Checkpoint("python/checkpoint.safetensors").on_start(Trainer(Network((4, 2))))
    known = {"TABLE": "table.csv", "PYTHON": "python"}
    known |= {"DIGITS": digits, "RUN": trained[0], "MODEL": trained[0] / "model.safetensors"}
    status, out, err = fastmlp(*(known.get(word, word) for word in arguments.split()))
    assert status == 2
    assert message in err
    assert out == ""
    assert arguments == "" or err.count("\n") == 1
    assert "Traceback" not in err


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


def test_a_model_of_other_inputs_is_refused(fastmlp, trained, tmp_path):
    np.savez(tmp_path / "small.npz", X=np.zeros((70, 4), np.uint8), y=np.arange(70) % 2)
    status, _, err = fastmlp("evaluate", trained[0] / "model.safetensors", "--data", "small.npz")
    assert status == 2
    assert "but the network takes (samples, 784)" in err
    _, out, _ = fastmlp("train", "--data", "small.npz", "--epochs", 1, "--out", "small")
    assert "fastmlp predict" not in out
    status, _, err = fastmlp("predict", "small/model.safetensors", "a.png")
    assert status == 2
    assert "takes 4 inputs" in err


def test_more_threads_than_can_be_had(fastmlp, digits, monkeypatch):
    arguments = ["train", "--data", digits, "--epochs", 1, "--out", "out", "--threads", 3]
    monkeypatch.setattr("fastmlp.run.cores", lambda: 2)
    status, _, err = fastmlp(*arguments)
    assert status == 0
    assert "3 threads share 2 cores: fewer would be much faster." in err
    start = threading.Thread.start

    def full(thread):
        if thread.name == "fastmlp-2":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", full)
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


def test_a_folder_that_fills_up_loses_no_model(fastmlp, digits, monkeypatch, tmp_path):
    from fastmlp import files, storage

    def full(path, content):
        if path.parent.name == "full" and path.name.startswith("model"):
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
