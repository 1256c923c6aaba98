"""The command `predict`: pictures, folders, tables and arrays."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp import load_network
from fastmlp.datasets import load_dataset


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


FLOWERS = [
    (f"{5 + k % 3 + k / 100:.2f}", f"{3 - k % 3 / 2 + k / 90:.2f}", ("oak", "elm", "ash")[k % 3]) for k in range(60)
]


@pytest.fixture
def flowers(fastmlp, tmp_path):
    """The path of a model that was trained on a table of two columns and three classes."""
    rows = [("long", "wide", "kind"), *FLOWERS]
    (tmp_path / "trees.csv").write_text("".join(",".join(row) + "\n" for row in rows))
    assert fastmlp("train", "--data", "trees.csv", "--learning-rate", 0.01, "--out", "trees")[0] == 0
    return tmp_path / "trees" / "model.safetensors"


def test_rows_of_a_table_without_labels_in_another_order(fastmlp, flowers, tmp_path):
    (tmp_path / "new.csv").write_text(
        "id,wide,long\n" + "".join(f"{k},{row[1]},{row[0]}\n" for k, row in enumerate(FLOWERS))
    )
    status, out, _ = fastmlp("predict", flowers, "new.csv", "--out", "answers.csv")
    assert status == 0
    assert out.splitlines()[0].startswith("new.csv, row 1: oak, ")
    assert out.splitlines()[-1] == "... and 50 more rows: --out FILE.csv writes all"
    with Path("answers.csv").open(newline="") as file:
        answers = list(csv.DictReader(file))
    assert list(answers[0]) == ["input", "row", "label", "ash", "elm", "oak"]
    assert np.mean([answer["label"] == row[2] for answer, row in zip(answers, FLOWERS, strict=True)]) > 0.95
    for answer in answers:
        assert answer["label"] == max(("ash", "elm", "oak"), key=lambda name: float(answer[name]))
    status, out, _ = fastmlp("predict", flowers, "trees.csv", "--json")
    labelled = json.loads(out)["predictions"]
    assert [answer["label"] for answer in labelled] == [answer["label"] for answer in answers]
    np.testing.assert_allclose([answer["outputs"]["ash"] for answer in labelled], [float(a["ash"]) for a in answers])


def test_what_a_network_of_a_table_can_not_read(fastmlp, flowers, tmp_path):
    Image.new("L", (28, 28), 200).save(tmp_path / "a.png")
    status, _, err = fastmlp("predict", flowers, "a.png")
    assert status == 2
    assert "a.png: the network was trained on a table of 2 columns, and reads tables" in err
    (tmp_path / "b.csv").write_text("long,width\n1.5,2.5\n")
    status, _, err = fastmlp("predict", flowers, "b.csv")
    assert status == 2
    assert "b.csv lacks the column 'wide' of the training: did you mean 'width'?" in err
    (tmp_path / "empty").mkdir()
    status, _, err = fastmlp("predict", flowers, "empty", "a.png")
    assert status == 2
    assert "empty: there are no pictures in this folder" in err
    assert "a.png: the network was trained on a table" in err


@pytest.mark.slow
def test_a_regression_is_predicted_in_its_own_units(fastmlp, tmp_path):
    rows = [("size", "age", "price")] + [
        (f"{k % 10 + 50}", f"{k % 7}.5", f"{203_000 + 3000 * (k % 10) - 500 * (k % 7)}") for k in range(140)
    ]
    (tmp_path / "houses.csv").write_text("".join(",".join(row) + "\n" for row in rows))
    status, out, err = fastmlp(
        "train", "--data", "houses.csv", "--label", "price", "--loss", "regression", "--out", "houses", "--json"
    )
    assert status == 0, err
    result = json.loads(out)
    assert result["test_accuracy"] is None
    assert result["test_r2"]["price"] > 0.98
    assert result["test_rmse"]["price"] < 1500
    status, out, _ = fastmlp("predict", "houses/model.safetensors", "houses.csv", "--json")
    predicted = [answer["outputs"]["price"] for answer in json.loads(out)["predictions"]]
    assert "label" not in json.loads(out)["predictions"][0]
    np.testing.assert_allclose(predicted, [float(row[2]) for row in rows[1:]], rtol=0.02)
    status, out, _ = fastmlp("evaluate", "houses/model.safetensors", "--data", "houses.csv")
    assert "test, price" in out
    assert "R2 0.9" in out
    status, out, _ = fastmlp("predict", "houses/model.safetensors", "houses.csv")
    assert out.startswith("houses.csv, row 1: price 2")


@pytest.mark.slow
def test_pictures_of_another_size_are_scaled(fastmlp, tmp_path):
    for k in range(30):
        for name, value in (("dark", 30), ("light", 220)):
            (tmp_path / "set" / name).mkdir(parents=True, exist_ok=True)
            Image.new("L", (9, 8), value + k).save(tmp_path / "set" / name / f"{k}.png")
    assert fastmlp("train", "--data", "set", "--preset", "fast-98", "--epochs", 20, "--out", "m")[0] == 0
    Image.new("RGB", (90, 80), (235, 235, 235)).save("a.png")
    status, out, _ = fastmlp("predict", "m/model.safetensors", "a.png")
    assert status == 0
    assert out.startswith("a.png: light, ")


def test_arrays(fastmlp, trained, digits, tmp_path):
    test = load_dataset(digits).test
    np.save(tmp_path / "X.npy", test.X[:5].reshape(5, 28, 28))
    np.savez(tmp_path / "X.npz", X=test.X[:5])
    wanted = load_network(trained[0] / "model.safetensors").predict(test.X[:5])
    for name in ("X.npy", "X.npz"):
        status, out, _ = fastmlp("predict", trained[0] / "model.safetensors", name, "--json")
        assert status == 0
        assert [int(answer["label"]) for answer in json.loads(out)["predictions"]] == wanted.tolist()
