"""fastmlp explore: the report of a model, pictures, bad input, and its help."""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp import Network, load_dataset, load_network
from fastmlp.cli.explore import Bar, with_shape
from fastmlp.datasets import Dataset, Split, write_idx
from fastmlp.errors import InputError
from fastmlp.explore import EXPERIMENTS, Lab
from fastmlp.explore.finding import percent


def test_the_help_lists_every_experiment_and_no_markup(fastmlp):
    status, out, _ = fastmlp("explore", "--help")
    assert status == 0
    (listed,) = [part for part in out.split("\n\n") if "The questions: " in part]
    assert " ".join(listed.split()).removeprefix("The questions: ").removesuffix(".").split(", ") == list(EXPERIMENTS)
    assert "\\b" not in out
    assert "--shape" in out


def test_one_experiment_on_a_saved_model(fastmlp, digits, trained):
    status, out, err = fastmlp(
        "explore", "mistakes", "--data", digits, "--model", trained[0] / "model.safetensors", "--out", "r", "--json"
    )
    assert status == 0
    result = json.loads(out.splitlines()[-1])
    accuracy = json.loads(trained[1].stdout)["test_accuracy"]
    mistakes = result["experiments"]["mistakes"]
    assert mistakes["facts"]["accuracy"] == accuracy
    assert result["report"] == "r/report.html"
    assert {path.name for path in Path("r").iterdir()} == {"report.html", "facts.json", *mistakes["figures"]}
    for name in mistakes["figures"]:
        with Image.open(Path("r") / name) as picture:
            assert min(picture.size) > 300
    assert "mistakes: Which mistakes can be forgiven" in err
    assert percent(accuracy, 2) in err
    stored = json.loads(Path("r/facts.json").read_text())
    assert stored["experiments"] == result["experiments"]


def test_any_picture_flows_through_the_network(fastmlp, digits, trained, tmp_path):
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 27:33] = 0
    Image.fromarray(ink).save(tmp_path / "one.png")
    model = trained[0] / "model.safetensors"
    status, out, _ = fastmlp(
        "explore", "activations", "--data", digits, "--model", model, "--image", "one.png", "--json"
    )
    assert status == 0
    result = json.loads(out.splitlines()[-1])
    assert result["experiments"]["activations"]["facts"]["right"] is None
    assert Path("runs/explore-activations/activations.png").is_file()
    assert fastmlp("explore", "activations", "--data", digits, "--model", model, "--image", "no.png")[0] == 2


def test_what_cannot_apply_is_one_sentence(fastmlp, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "table.npz", X=rng.random((70, 7), np.float32), y=np.arange(70) % 3)
    status, out, err = fastmlp("explore", "dream", "--data", "table.npz")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == (
        "fastmlp: The samples of table.npz are not images: this experiment needs images to draw."
    )
    assert not Path("runs/explore-dream").exists()


def test_bad_input_is_said_before_anything_is_trained(fastmlp, digits, tmp_path):
    Network((5, 3)).save(tmp_path / "small.safetensors")
    for arguments, words in (
        (["nois"], "did you mean 'noise'?"),
        (["noise", "--model", "none.safetensors"], "There is no model file"),
        (["noise", "--data", digits, "--model", "small.safetensors"], "The network takes 5 inputs"),
        (["noise", "--data", digits, "--seed", "-1"], "seed is -1"),
        (["noise", "--data", digits, "--image", "seven.png"], "--image is for the experiment activations"),
        (["noise", "--data", digits, "--out", "small.safetensors"], "choose one with --out"),
    ):
        status, out, err = fastmlp("explore", *arguments)
        assert (status, out) == (2, "")
        assert words in err
        assert "Traceback" not in err


def test_idx_data_of_another_shape_are_taken(fastmlp, tmp_path):
    rng = np.random.default_rng(0)
    for prefix, n in (("train", 60), ("t10k", 20)):
        y = np.arange(n) % 2
        X = rng.integers(0, 40, (n, 6, 9), dtype=np.uint8)
        X[y == 1, :, :4] += 200
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte", X)
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte", y.astype(np.uint8))
    for name in ("activations", "dream", "gradient", "landscape", "mistakes"):
        status, out, _ = fastmlp("explore", name, "--data", tmp_path, "--json")
        assert status == 0
        assert json.loads(out.splitlines()[-1])["experiments"][name]["facts"]


def test_flat_samples_get_a_shape():
    X, y = np.zeros((4, 6), np.uint8), np.zeros(4, np.int64)
    data = Dataset("flat", Split(X, y), Split(X, y), ("a",), None)
    assert with_shape(data, "2,3").image_shape == (2, 3)
    assert data.image_shape is None
    for shape, message in (("6", "pass height and width"), ("2,x", "pass height"), ("3,3", "have 6 values")):
        with pytest.raises(InputError, match=message):
            with_shape(data, shape)


def test_all_runs_every_experiment_with_the_seed_and_prints_the_content_of_facts_json(fastmlp, digits, monkeypatch):
    from fastmlp.explore import Finding, NotApplicableError
    from fastmlp.plots.style import titled_figure

    def sample(lab):
        return Finding({"seed": lab.seed}, "Found.", (lambda: titled_figure("", 4, 3),))

    def refusing(lab):
        raise NotApplicableError("This is not for these data.")

    for name, experiment in EXPERIMENTS.items():
        monkeypatch.setitem(EXPERIMENTS, name, experiment._replace(run=refusing if name == "dream" else sample))
    status, out, err = fastmlp("explore", "all", "--data", digits, "--seed", 7, "--out", "r", "--json")
    assert status == 0
    facts = json.loads(Path("r/facts.json").read_text())
    assert json.loads(out.splitlines()[-1]) == facts | {"report": "r/report.html"}
    assert facts["seed"] == facts["experiments"]["noise"]["facts"]["seed"] == 7
    assert facts["experiments"]["dream"] == {"not_applicable": "This is not for these data."}
    assert list(facts["experiments"]) == list(EXPERIMENTS)
    assert "dream: Does it know how to draw a digit?\n  This is not for these data." in err


def test_the_lectures_network_is_the_one_that_train_makes(fastmlp, digits):
    status, out, _ = fastmlp(
        "train", "--preset", "lecture", "--data", digits, "--epochs", 2, "--seed", 5, "--out", "t", "--json"
    )
    assert status == 0
    lab = Lab(load_dataset(digits), seed=5)
    lab.lecture = dataclasses.replace(lab.lecture, epochs=2)
    assert np.array_equal(lab.network.params, load_network(json.loads(out.splitlines()[-1])["model"]).params)


@pytest.mark.parametrize(("n", "line"), [(1, "  training 1 network ...\n"), (3, "  training 3 networks ...\n")])
def test_without_a_terminal_the_progress_is_one_line(capsys, n, line):
    bar = Bar()
    bar.start(n)
    bar.update(0.5)
    bar.update(0.25)  # of another thread, which comes late
    assert bar.bar.n == 0.5 or not sys.stderr.isatty()
    bar.close()
    assert capsys.readouterr().err == line
