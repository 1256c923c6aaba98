"""The types of the public names, as mypy sees them in the script of a user who has installed the package."""

import os
import re
import subprocess
import sys

import pytest
from helpers.imports import ROOT

RIGHT = '''
from pathlib import Path
from typing import assert_type

import numpy as np

from fastmlp import Callback, Dataset, Epoch, History, Network, Regularization, Trainer, kernels, load_dataset
from fastmlp import load_network
from fastmlp.plots import learning_curve, save_figure
from fastmlp.training.callbacks import EarlyStopping
from fastmlp.training.loggers import CSVLog


class Announce(Callback):
    def on_epoch_end(self, record: Epoch) -> bool:
        print(f"epoch {record.epoch}: {record.loss:.4f}")
        return record.validation_accuracy is not None and record.validation_accuracy > 0.99


def train(folder: Path) -> float:
    """Train on MNIST; return the test accuracy."""
    digits = load_dataset("mnist")
    network = Network((784, 32, 10), activation="relu", loss="cross_entropy", seed=1)
    dropout = Regularization(dropout=0.1)
    trainer = Trainer(network, "adam", 0.001, batch_size=32, schedule="cosine", regularization=dropout)
    callbacks = [EarlyStopping(patience=3), Announce(), CSVLog(folder / "log.csv")]
    X, y = digits.train
    history = trainer.fit(X, y, epochs=5, validation=digits.test, callbacks=callbacks)
    loss, accuracy = [each.loss for each in history], [each.accuracy or 0.0 for each in history]
    save_figure(learning_curve([each.epoch for each in history], loss, accuracy), folder / "curve.png")
    network.save(folder / "digits.safetensors")
    again = load_network(folder / "digits.safetensors")
    scratch = np.empty(kernels.scratch_size(again.layout, 48), again.dtype)
    outputs = np.empty((len(digits.test.X), 10), again.dtype)
    kernels.predict_outputs(digits.test.X, None, *again.model, scratch, outputs)
    assert (outputs.argmax(axis=1) == again.predict(digits.test.X)).all()
    assert_type(digits, Dataset)
    assert_type(history, History)
    assert_type(history[-1].validation_loss, float | None)
    return again.accuracy(digits.test.X, digits.test.y)
'''
WRONG = """
from pathlib import Path
from fastmlp import Network, Regularization, Trainer, kernels, load_dataset, load_network

digits, network = load_dataset("mnist"), Network((784, 16, 10))
X, y = digits.train
trainer = Trainer(network)
Network("784-16-10")  # arg-type
Network((784, 10), activaton="relu")  # call-arg
Trainer(network, learning_rat=0.1)  # call-arg
Trainer(network, schedule=0.5)  # arg-type
Trainer(digits)  # arg-type
Regularization(dropout="a tenth")  # arg-type
trainer.fit(digits.train)  # call-arg
trainer.fit(X, y, epochs="3")  # arg-type
trainer.fit(X, y, callbacks=[print])  # list-item
trainer.history[-1].los  # attr-defined
network.predict(digits)  # arg-type
label: str = network.accuracy(X, y)  # assignment
kernels.sgd_update(network.params, network.params)  # call-arg
kernels.make_layout(784)  # arg-type
load_dataset(5)  # arg-type
load_network(Path("model"), "float32")  # call-arg
"""


def errors_of(script, folder):
    """Return the lines of mypy's complaints about a script outside of the project, each with its error's code."""
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", folder / "cache", "script.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MYPY")}
    environment["PYTHONPATH"] = str(ROOT)  # an installed package to mypy, as the folders of site-packages are
    end = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert "Found" in end.stdout or "Success" in end.stdout, end.stdout + end.stderr
    return re.findall(r"^script.py:(\d+): error: .*\[([\w-]+)\]$", end.stdout, re.MULTILINE)


@pytest.mark.slow  # mypy comes with the extra "dev"
def test_mypy_accepts_a_users_script(tmp_path):
    assert errors_of(RIGHT, tmp_path) == []


@pytest.mark.slow
def test_mypy_reports_what_a_user_gets_wrong(tmp_path):
    """So the types are known: every line with a comment is reported, with that code, and no other line."""
    wanted = re.findall(r"# ([\w-]+)$", WRONG, re.MULTILINE)
    lines = [str(number) for number, line in enumerate(WRONG.splitlines(), start=1) if "#" in line]
    assert errors_of(WRONG, tmp_path) == list(zip(lines, wanted, strict=True))
