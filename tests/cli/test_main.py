"""How the commands start and end: status codes, one line for each kind of bad input, and the time to the help text."""

import importlib.metadata
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fastmlp import Network, Trainer
from fastmlp.training.checkpoints import Checkpoint

BAD_USAGE = [
    ("", "Usage: fastmlp"),
    ("trian", "No such command 'trian'. Did you mean 'train'?"),
    ("train --bogus", "No such option '--bogus'"),
    ("train --epochs x", "epochs is 'x': pass a whole number of at least 1"),
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
    ("train --data DIGITS --validation x", "--validation is 'x': pass a fraction such as 0.1"),
    ("train --data DIGITS --validation 2000", "there are 2,000 samples: hold out from 1 to 1,999"),
    (
        "train --data DIGITS --early-stopping 3",
        "There is no validation_loss to watch: pass validation samples",
    ),
    ("train --data DIGITS --early-stopping 0", "early_stopping is 0: pass a whole number of at least 1"),
    ("train --data DIGITS --momentum 0.5", "sgd has no momentum: leave it out, or choose another optimizer (mom"),
    ("train --data DIGITS --optimizer rmsprop --momentum 0.5", "rmsprop has no momentum"),
    ("train --data DIGITS --averaging 1", "averaging is 1.0: pass a number from 0 to below 1"),
    ("train --data DIGITS --weight-init hee", "did you mean 'he'"),
    ("train --data DIGITS --augment sigma=9", "add elastic=34"),
    ("train --data TABLE --preset best-99", "are not images: leave the augmentation out, or pass --augment none"),
    ("train --resume RUN --validation 0.1", "with validation none, and this one has 0.1"),
    ("train --resume PYTHON", "is of a training in Python, not of `fastmlp train`: go on with it in fit("),
    ("train --resume nowhere", "There is no checkpoint in 'nowhere': no training was begun there"),
    ("train --resume RUN --hidden 32", "with hidden the preset's, and this one has [32]"),
    ("train --resume RUN --seed 1", "with seed 0, and this one has 1"),
    ("train --resume RUN --data drawn", "from a training on other data"),
    ("train --resume RUN --out other", "leave out --out other"),
    ("train --data mnits", "did you mean 'mnist'"),
    ("train --data ./nowhere", "nowhere"),
    ("train --data DIGITS --out FILE/below", "can't be written"),
    ("evaluate nowhere.safetensors", "no model file 'nowhere.safetensors'"),
    ("evaluate FILE", "is no model file, or a damaged one"),
    ("predict nowhere.safetensors a.png", "no model file"),
    ("predict MODEL FILE", "FILE"),
    ("predict MODEL nowhere.png", "nowhere.png"),
    ("predict MODEL", "Missing argument 'INPUT...'"),
    ("data fetch mnits", "did you mean 'mnist'"),
]
"""Arguments, and words that the message has in it."""


@pytest.mark.parametrize(("arguments", "message"), BAD_USAGE)
def test_bad_usage_is_one_line_and_status_2(fastmlp, trained, digits, arguments, message):
    Path("FILE").write_text("no picture, no model, no folder")
    Path("table.csv").write_text("label,a,b\n" + "".join(f"{k % 2},{k},{k * k}\n" for k in range(80)))
    Path("python").mkdir()
    Trainer(Network((4, 2))).fit(np.eye(4), [0, 1, 0, 1], callbacks=[Checkpoint("python/checkpoint.safetensors")])
    known = {"TABLE": "table.csv", "PYTHON": "python"}
    known |= {"DIGITS": digits, "RUN": trained[0], "MODEL": trained[0] / "model.safetensors"}
    status, out, err = fastmlp(*(known.get(word, word) for word in arguments.split()))
    assert status == 2
    assert message in err
    assert out == ""
    assert arguments == "" or err.count("\n") == 1
    assert "Traceback" not in err


def test_a_closed_pipe_is_no_error(digits):
    command = f"{sys.executable} -m fastmlp data list | head -n 0"
    output = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert output.stderr == ""


def fastest_of_three(arguments, wanted):
    """The least time, in seconds, from the start of the command to a line that starts with `wanted`."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        command = [sys.executable, "-m", "fastmlp", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        next(line for line in process.stdout if line.startswith(wanted))
        times.append(time.perf_counter() - started)
        process.communicate()
    return min(times)


@pytest.mark.timing
def test_help_is_quick():
    assert fastest_of_three(["--help"], "Usage") < 0.3


@pytest.mark.timing
@pytest.mark.usefixtures("trained")  # which compiles the kernels
def test_the_second_start_is_quick(digits, tmp_path):
    arguments = ["train", "--data", digits, "--epochs", "1", "--out", tmp_path]
    assert fastest_of_three(arguments, "epoch 1/1") < 4  # 1.3 alone; compiling takes 15


def test_version(fastmlp):
    assert fastmlp("--version")[1] == f"fastmlp, version {importlib.metadata.version('fastmlp')}\n"


@pytest.mark.parametrize("arguments", ["--help", "train --help"])
def test_help_loads_no_library_that_takes_long(arguments):
    program = (
        "import sys; from fastmlp.cli.main import cli; cli.main(sys.argv[1:], standalone_mode=False); "
        "print('loaded:', *sorted({'numba', 'matplotlib', 'optuna'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, *arguments.split()]
    output = subprocess.run(command, capture_output=True, text=True, check=True)
    assert output.stdout.splitlines()[-1] == "loaded:"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("3 GB"), "fastmlp: Not enough memory: 3 GB.\n"),
        (OSError(13, "Permission denied", "a.csv"), "fastmlp: a.csv can't be read or written: Permission denied.\n"),
        (OSError("no such device"), "fastmlp: no such device.\n"),
        (ImportError("It runs compiled only."), "fastmlp: It runs compiled only.\n"),
        (
            ModuleNotFoundError("No module named 'pooch'", name="pooch"),
            "fastmlp: The module pooch is missing: install fastmlp again, with what it needs.\n",
        ),
    ],
)
def test_errors_of_the_system_are_one_line_and_status_2(fastmlp, monkeypatch, error, message):
    def fail(name):
        raise error

    monkeypatch.setattr("fastmlp.datasets.fetch_dataset", fail)
    assert fastmlp("data", "fetch", "mnist") == (2, "", message)


def test_every_command_is_listed(fastmlp):
    status, out, _ = fastmlp("--help")
    assert status == 0
    listed = [line.split()[0] for line in out.split("Commands:")[1].splitlines() if line.strip()]
    assert {"train", "presets", "evaluate", "predict", "data", "explore", "sweep"} <= set(listed)
