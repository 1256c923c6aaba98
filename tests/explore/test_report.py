"""The report of several experiments: its page and numbers, refused experiments, and Ctrl-C."""

import json
import re

import pytest
from helpers.explore import diverging, interrupted, refusing, sample
from PIL import Image

from fastmlp.errors import InputError
from fastmlp.explore import Lab
from fastmlp.explore.report import summary, write_report


def write(names, lab, folder):
    """Write a report and return its content, its page and the lines told meanwhile."""
    told = []
    result = write_report(names, lab, folder, told.append)
    return result, (folder / "report.html").read_text(), told


def test_the_page_needs_no_other_file_and_escapes_every_text(small, only, tmp_path):
    only(one=sample, two=refusing, three=diverging, four=sample)
    result, page, told = write(["one", "two", "three", "four"], Lab(small, seed=7), tmp_path)
    assert told == [f"{name}: What is {name}?" for name in ("one", "two", "three", "four")]
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert page.count("data:image/png;base64,") == 4
    assert page.count('alt="What is one?"') == 2
    assert "The training diverged." in page
    assert "Less &lt; more &amp; so on." in page
    assert "two &middot; a &lt;book&gt;" in page
    assert "This is not for these data." in page
    assert page.count("<details>") == 2
    for row in ("<td>share</td><td>0.1235</td>", "<td>deep / each / 2 / a</td><td>None</td>", "15, ... (40 in all)"):
        assert row in page
    assert re.findall(r'<h2 id="(\w+)">', page) == re.findall(r'href="#(\w+)"', page) == list(result["experiments"])
    assert f"on small, seed 7; made in {result['seconds']:.0f} s." in page


def test_the_numbers_are_complete(small, only, tmp_path):
    only(one=sample, two=refusing)
    result, _, _ = write(["one", "two"], Lab(small, seed=7), tmp_path)
    assert json.loads((tmp_path / "facts.json").read_text()) == result
    assert result["experiments"]["one"]["facts"]["list"] == list(range(40))
    assert result["experiments"]["one"]["figures"] == ["one.png", "one-2.png"]
    assert result["experiments"]["two"] == {"not_applicable": "This is not for these data."}
    assert (result["dataset"], result["seed"]) == ("small", 7)
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "facts.json", "one.png", "one-2.png"}
    with Image.open(tmp_path / "one-2.png") as picture:
        assert picture.size == (600, 450)


def test_a_figure_that_fails_costs_one_sentence_and_no_result(small, only, tmp_path, monkeypatch):
    def fails(figure):
        raise RuntimeError("broken font")

    only(one=sample, two=sample)
    monkeypatch.setattr("fastmlp.explore.report.png", fails)
    result, page, told = write(["one", "two"], Lab(small), tmp_path)
    assert told == [
        "one: What is one?",
        "one.png can't be drawn (RuntimeError: broken font): see that Matplotlib works.",
        "two: What is two?",
    ]
    assert [each["figures"] for each in result["experiments"].values()] == [[], []]
    assert result["experiments"]["two"]["facts"]["share"] == 0.123456
    assert page.count("Less &lt; more &amp; so on.") == 2


def test_the_summary_has_every_paragraph_and_the_path(small, only, tmp_path):
    only(one=sample, two=refusing)
    result, _, _ = write(["one", "two"], Lab(small), tmp_path)
    assert summary(result | {"report": "r/report.html"}).splitlines() == [
        "one: What is one?",
        "  Less < more & so on.",
        "",
        "two: What is two?",
        "  This is not for these data.",
        "",
        "report  r/report.html",
    ]


def test_an_unknown_name_is_an_error_before_anything_is_run(small, only, tmp_path):
    only(one=interrupted)
    with pytest.raises(InputError, match="two"):
        write(["one", "two"], Lab(small), tmp_path)


def test_if_every_experiment_is_refused_there_is_no_report(small, only, tmp_path):
    only(one=refusing, two=diverging)
    with pytest.raises(InputError, match=r"The training diverged\."):
        write(["one", "two"], Lab(small), tmp_path)
    assert not list(tmp_path.iterdir())


def test_ctrl_c_leaves_a_report_of_the_experiments_that_have_ended(small, only, tmp_path):
    only(one=sample, two=interrupted, three=sample)
    with pytest.raises(KeyboardInterrupt):
        write(["one", "two", "three"], Lab(small), tmp_path)
    assert list(json.loads((tmp_path / "facts.json").read_text())["experiments"]) == ["one"]
    assert "What is one?" in (tmp_path / "report.html").read_text()
