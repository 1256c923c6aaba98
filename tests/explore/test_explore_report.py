"""The command and its report: files, words, numbers, what can't apply, and what Ctrl-C leaves."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastmlp import DivergedError, Network, explore
from fastmlp.data import Dataset, Split, write_idx
from fastmlp.errors import InputError
from fastmlp.explore import EXPERIMENTS, Experiment, Finding, Lab, NotApplicableError
from fastmlp.explore.command import with_shape
from fastmlp.explore.drawing import figure, label
from fastmlp.explore.finding import listed, percent
from fastmlp.explore.report import write_report

NAMES = "weights activations noise none-of-these shuffled-labels label-noise minima landscape gradient dream mistakes "
NAMES += "data-size edges"


def sample(lab):
    """A quick experiment with every kind of fact."""
    drawn = figure("A <title>", 4, 3)
    label(drawn.subplots(), "", "x", "y").plot([0, 1], [0, lab.seed])
    facts = {"seed": lab.seed, "share": 0.123456, "list": list(range(40)), "deep": {"each": [{"a": 1}, {"a": None}]}}
    return Finding(facts, "Less < more & so on.", (drawn, drawn))


def refusing(lab):
    raise NotApplicableError("This is not for these data.")


def diverging(lab):
    raise DivergedError("The training diverged.")


def interrupted(lab):
    raise KeyboardInterrupt


@pytest.fixture
def only(monkeypatch):
    """Replace the experiments by a few."""

    def replace(**functions):
        monkeypatch.setattr(explore.report, "EXPERIMENTS", {})
        for name in list(EXPERIMENTS):
            monkeypatch.delitem(EXPERIMENTS, name)
        for name, function in functions.items():
            monkeypatch.setitem(EXPERIMENTS, name, Experiment(function, f"What is {name}?", "a book"))
        monkeypatch.setattr(explore.report, "EXPERIMENTS", EXPERIMENTS)

    return replace


def test_the_experiments_are_registered_with_their_questions_and_listed_in_the_help(fastmlp):
    assert list(EXPERIMENTS) == NAMES.split()
    assert all(each.question.endswith("?") and each.source for each in EXPERIMENTS.values())
    status, out, _ = fastmlp("explore", "--help")
    assert status == 0
    assert all(name in out for name in EXPERIMENTS)


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
    assert "mistakes: Which mistakes are to be forgiven" in err
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


def test_all_write_one_report_that_needs_no_other_file(fastmlp, digits, only):
    only(one=sample, two=refusing, three=diverging, four=sample)
    status, out, err = fastmlp("explore", "all", "--data", digits, "--seed", 7, "--out", "r", "--json")
    assert status == 0
    page = Path("r/report.html").read_text()
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert page.count("data:image/png;base64,") == 4
    assert "The training diverged." in page
    assert "Less &lt; more &amp; so on." in page
    assert "This is not for these data." in page
    for row in ("<td>share</td><td>0.1235</td>", "<td>deep / each / 2 / a</td><td>None</td>", "15, ... (40 in all)"):
        assert row in page
    assert "two: What is two?\n  This is not for these data." in err
    facts = json.loads(Path("r/facts.json").read_text())
    assert facts["experiments"]["one"]["facts"]["list"] == list(range(40))
    assert facts["experiments"]["one"]["figures"] == ["one.png", "one-2.png"]
    assert facts["experiments"]["two"] == {"not_applicable": "This is not for these data."}
    assert list(facts["experiments"]) == ["one", "two", "three", "four"]
    assert facts["seed"] == 7
    assert json.loads(out.splitlines()[-1]) == facts | {"report": "r/report.html"}


def test_what_cannot_apply_is_one_sentence(fastmlp, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "table.npz", X=rng.random((70, 7), np.float32), y=np.arange(70) % 3)
    status, out, err = fastmlp("explore", "dream", "--data", "table.npz")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == (
        "fastmlp: The samples of table.npz are no images: this experiment draws what it sees as images."
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


def test_ctrl_c_leaves_a_report_of_what_was_done(small, only, tmp_path):
    only(one=sample, two=interrupted, three=sample)
    with pytest.raises(KeyboardInterrupt):
        write_report(["one", "two", "three"], Lab(small), tmp_path, lambda line: None)
    assert list(json.loads((tmp_path / "facts.json").read_text())["experiments"]) == ["one"]
    assert "What is one?" in (tmp_path / "report.html").read_text()


def test_a_finding_shows_itself_in_a_notebook(small):
    shown = sample(Lab(small))._repr_html_()
    assert shown.startswith("<p>Less &lt; more &amp; so on.</p><img ")
    assert shown.count("base64,") == 2


def test_every_figure_has_titles_labels_and_legends(lab):
    for name in ("noise", "gradient", "landscape", "mistakes", "minima"):
        options = {"minima": {"widths": (2, 3), "seeds": 2, "epochs": 1}, "noise": {"n": 50, "epochs": 1}}
        for drawn in EXPERIMENTS[name].run(lab, **options.get(name, {})).figures:
            texts = [text.get_text() for text in drawn.texts]
            assert drawn.get_suptitle() or any(axes.get_title() for axes in drawn.axes)
            for axes in drawn.axes:
                if axes.get_xlabel() and axes.lines:
                    assert axes.get_ylabel(), (name, axes.get_title())
                    lines = {line.get_color() for line in axes.lines}
                    assert len(lines) < 2 or axes.get_legend() or drawn.legends, (name, axes.get_title(), texts)


def test_words():
    assert percent(0.12345) == "12.3 %"
    assert percent(1, 0) == "100 %"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"


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
