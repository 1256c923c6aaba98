"""report.html: its figures, its tables, and their sorting in a browser."""

import base64
import io
import re
import shutil
import subprocess

import numpy as np
import pytest
from helpers.figures import hostile
from helpers.sweep_tables import Page
from PIL import Image

from fastmlp.sweep import SweepConfig, report, run_sweep
from fastmlp.sweep.summary import summary_text

SETTINGS = {"width": [8, 16], "depth": [1, 2], "learning_rate": [0.5, 1e-5], "epochs": 3, "batch_size": 20}


def test_the_report_is_one_page_with_every_figure_and_every_network(few_digits, tmp_path):
    run_sweep(SweepConfig(SETTINGS, seeds=2, name="a<b"), tmp_path, data=few_digits, show=False)
    text = (tmp_path / "report.html").read_text()
    page = Page(text)
    assert page.links == []
    pictures = [base64.b64decode(picture.removeprefix("data:image/png;base64,")) for picture in page.pictures]
    names = ["accuracy-against-width", "accuracy-against-parameters", "accuracy-against-seconds", "importance"]
    names += ["parallel-coordinates", "learning-curves"]
    assert pictures == [(tmp_path / f"{name}.png").read_bytes() for name in names]
    for picture in pictures:
        pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
        assert (pixels < 200).mean() > 0.005  # something is drawn
    combinations, networks = page.tables
    assert (len(combinations), len(networks)) == (1 + 8, 1 + 16)
    held_out = [float(row[3].rstrip("%")) for row in combinations[1:]]
    assert held_out == sorted(held_out, reverse=True)
    assert len({len(row) for row in combinations}) == 1
    assert {"held-out accuracy", "test accuracy", "parameters"} <= {*combinations[0]} & {*networks[0]}
    assert "Sweep a&lt;b" in text


def row(number, name, value):
    return {"trial": number, "setting": number, "seed": number, "state": "complete", "reason": "", name: value}


SORTED = """<script>
const table = document.querySelectorAll("table")[1], column = %d, clicks = %d;
for (let i = 0; i < clicks; i++) table.tHead.rows[0].cells[column].click();
document.body.textContent = "[" + [...table.tBodies[0].rows].map(row => row.cells[column].textContent).join("|") + "]";
</script>"""


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("hidden", [(16, 16), (8,), (128,), (9, 9, 9), ()], "8|128|9,9,9|16,16|none"),
        ("seconds", [1e30, 0.25, "", 12345.0, 1e-5, 3], "1e-05|0.25|3|12,345|1e+30|"),
        ("momentum", [0.5, None, 0.25], "0.25|0.5|none"),
        ("test_accuracy", [0.1, 1.0, "", 0.0995], "9.95%|10.00%|100.00%|"),
    ],
)
def test_a_click_on_a_heading_sorts_numbers_as_numbers(name, values, expected, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome") or pytest.skip("there is no Chromium here")
    config = SweepConfig({"hidden": ["16", "8"], "momentum": [0.5, 0.9]})
    rows = [row(number, name, value) for number, value in enumerate(values)]
    page = report.render_page(config, rows, [], "few")
    column = Page(page).tables[1][0].index(name.replace("_", " "))
    filled, empty = expected.rstrip("|").split("|"), [""] * ("" in values)
    for clicks, order in ((1, [*filled, *empty]), (2, [*filled[::-1], *empty])):  # empty cells stay at the bottom
        (tmp_path / "page.html").write_text(page + SORTED % (column, clicks))
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}", "--dump-dom"]
        call = [browser, *flags, (tmp_path / "page.html").as_uri()]
        shown = subprocess.run(call, capture_output=True, text=True, timeout=60, check=True).stdout
        assert re.search(r"<body>\[(.*)\]", shown)[1].split("|") == order


def test_cells_have_the_number_by_which_they_are_sorted():
    config = SweepConfig({"hidden": ["16", "8"]})
    page = report.render_page(config, [row(0, "seconds", 12345.0) | {"hidden": (8, 8), "reason": "<i>"}], [], "few")
    assert '<td data-v="12345.0">12,345</td>' in page
    assert "<td>8,8</td>" in page
    assert '<td class="left">&lt;i&gt;</td>' in page


def test_a_long_table_is_cut(monkeypatch):
    monkeypatch.setattr(report, "MOST_ROWS", 2)
    page = report.render_page(SweepConfig({"width": 8}), [row(i, "seconds", 1.0) for i in range(3)], [], "few")
    assert "The first 2; results.csv has all." in page
    assert len(Page(page).tables[1]) == 1 + 2


@pytest.mark.slow
def test_a_users_settings_do_not_change_the_titles_of_the_figures(tmp_path):
    def picture():
        figure = report.charts.importance_bars({"learning_rate": 0.7, "width": 0.3}, "fraction")
        return report._save(figure, "What mattered most", tmp_path / "importance.png").image

    expected = picture()
    with hostile():
        assert picture() == expected


def test_figures_that_compare_nothing_are_left_out(few_digits, tmp_path):
    (tmp_path / "accuracy-against-width.png").touch()
    run_sweep(SweepConfig({"hidden": "16", "epochs": 1}), tmp_path, data=few_digits, show=False)
    assert Page((tmp_path / "report.html").read_text()).pictures == []
    assert list(tmp_path.glob("*.png")) == []


def test_a_figure_that_fails_costs_one_sentence_and_no_result(few_digits, tmp_path, monkeypatch, capsys):
    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("fastmlp.plots.save.write_bytes", full)
    config = SweepConfig({"hidden": ["16", "8"], "epochs": 1})
    assert run_sweep(config, tmp_path, data=few_digits, show=False).count("complete") == 2
    path = tmp_path / "accuracy-against-width.png"
    assert capsys.readouterr().err == f"report.html lacks figures: Can't write {path}: No space left on device.\n"
    page = Page((tmp_path / "report.html").read_text())
    assert page.pictures == []
    assert len(page.tables[1]) == 1 + 2


def test_if_all_fail_no_network_is_promised(few_digits, tmp_path):
    settings = {"learning_rate": [1e30, 1e29], "activation": "relu", "loss": "cross_entropy", "epochs": 1}
    config = SweepConfig(settings)
    result = run_sweep(config, tmp_path, data=few_digits, show=False)
    assert result.count("failed") == 2
    assert "best.safetensors" not in summary_text(config, result)
    combinations, _ = Page((tmp_path / "report.html").read_text()).tables
    assert combinations[1][-1] == "1"  # a network
    assert "0" not in combinations[1]  # its parameters and seconds are not known
