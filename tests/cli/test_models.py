"""The commands `evaluate` and `predict`."""

import json
import os
import subprocess
import sys

import numpy as np
from PIL import Image

from fastmlp import load_network
from fastmlp.datasets import load_dataset


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


def test_predict_goes_on_after_a_picture_that_is_none(fastmlp, trained, digits):
    Image.fromarray(255 - load_dataset(digits).test.X[0].reshape(28, 28)).save("a.png")
    status, out, err = fastmlp("predict", trained[0] / "model.safetensors", "nowhere.png", "a.png")
    assert status == 2
    assert "nowhere.png" in err
    assert out.startswith("a.png: ")


def test_a_terminal_that_can_show_no_blocks(trained, digits, tmp_path):
    Image.fromarray(255 - load_dataset(digits).test.X[0].reshape(28, 28)).save(tmp_path / "a.png")
    command = [sys.executable, "-m", "fastmlp", "predict", trained[0] / "model.safetensors", tmp_path / "a.png"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    output = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert b"#####" in output.stdout
