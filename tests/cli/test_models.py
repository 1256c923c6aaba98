"""The commands `evaluate` and `show`."""

import json

import numpy as np

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


def test_show_says_what_a_model_was_trained_on(fastmlp, trained, tmp_path):
    status, out, _ = fastmlp("show", trained[0] / "model.safetensors")
    assert status == 0
    assert "784-16-16-10, sigmoid, squared error" in out
    assert "13,002 weights and biases, float32" in out
    assert "pictures    28x28, light on dark" in out
    (tmp_path / "a.csv").write_text("age,city,y\n" + "1.5,Rome,a\n2.5,Bern,b\n" * 10)
    fastmlp("train", "--data", "a.csv", "--epochs", 1, "--out", "a")
    status, out, _ = fastmlp("show", "a/model.safetensors")
    lines = {line[:12].strip(): line[12:].strip() for line in out.splitlines()}
    assert lines["inputs"] == "3: table of 2 columns, standardized"
    assert lines["columns"] == "age, city"
    assert lines["city"] == "text: Bern, Rome"
    assert lines["labels"] == "column y"
    assert lines["classes"] == "a, b"
    status, out, _ = fastmlp("show", "a/model.safetensors", "--json")
    assert json.loads(out)["schema"]["mean"][0] == 2.0
    assert json.loads(out)["sizes"] == [3, 100, 2]
