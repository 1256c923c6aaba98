"""What a sweep shows: the report and its pictures, the table while it runs, the command's last words."""

import base64
import csv
import io
import json
import re
import shutil
import subprocess
import threading
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from fastmlp.errors import InputError
from fastmlp.sweep import Sweep, charts
from fastmlp.sweep.live import Live
from fastmlp.sweep.report import PAGE, _table
from fastmlp.sweep.results import pareto_front
from fastmlp.sweep.summary import summary

SETTINGS = {"width": [8, 16], "depth": [1, 2], "learning_rate": [0.5, 1e-5], "epochs": 3, "batch_size": 20}


class Page(HTMLParser):
    """The pictures and the tables of a page, and what it asks of others."""

    def __init__(self, text):
        super().__init__()
        self.pictures, self.tables, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        if tag == "img":
            self.pictures.append(of["src"])
        self.links += [of[name] for name in ("href", "src") if name in of and not of[name].startswith("data:")]
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])

    def handle_data(self, data):
        if self.tables and self.lasttag in ("td", "th") and data.strip():
            self.tables[-1][-1].append(data)


@pytest.fixture(scope="module")
def finished(few_digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return Sweep(SETTINGS, seeds=2, name="a<b").run(folder, data=few_digits, show=False)


def test_the_report_is_one_page_with_every_picture_and_every_network(finished):
    page = Page((finished.folder / "report.html").read_text())
    assert page.links == []
    pictures = [base64.b64decode(picture.removeprefix("data:image/png;base64,")) for picture in page.pictures]
    names = ["accuracy-against-width", "accuracy-against-parameters", "accuracy-against-seconds", "importance"]
    names += ["parallel-coordinates", "learning-curves"]
    assert pictures == [(finished.folder / f"{name}.png").read_bytes() for name in names]
    for picture in pictures:
        pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
        assert (pixels < 200).mean() > 0.005  # something is drawn
    settings, networks = page.tables
    assert (len(settings), len(networks)) == (1 + 8, 1 + 16)
    held_out = [float(row[3].rstrip("%")) for row in settings[1:]]
    assert held_out == sorted(held_out, reverse=True)
    assert len({len(row) for row in settings}) == 1
    assert {"held-out accuracy", "test accuracy", "parameters"} <= {*settings[0]} & {*networks[0]}
    assert "Sweep a&lt;b" in (finished.folder / "report.html").read_text()


SORTED = """<script>
const [table] = document.querySelectorAll("table"), column = %d, clicks = %d;
for (let i = 0; i < clicks; i++) table.tHead.rows[0].cells[column].click();
document.body.textContent = "[" + [...table.tBodies[0].rows].map(row => row.cells[column].textContent).join("|") + "]";
</script>"""


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("hidden", [(16, 16), (8,), (128,), (9, 9, 9), ()], "8|128|9,9,9|16,16|none"),
        ("seconds", [1e30, 0.25, "", 12345.0, 1e-5, None, 3], "1e-05|0.25|3|12,345|1e+30|none|"),
        ("held_out_accuracy", [0.1, 1.0, "", 0.0995], "9.95%|10.00%|100.00%|"),
    ],
)
def test_a_click_on_a_heading_sorts_numbers_as_numbers(name, values, expected, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome") or pytest.skip("there is no Chromium here")
    table = _table(["seed", name], list(enumerate(values)))
    filled, empty = expected.rstrip("|").split("|"), [""] * ("" in values)
    for clicks, order in ((1, [*filled, *empty]), (2, [*filled[::-1], *empty])):  # what is empty stays below
        page = PAGE.format(title="", facts="", pictures="", settings=table, rows="", more="") + SORTED % (1, clicks)
        (tmp_path / "page.html").write_text(page)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}", "--dump-dom"]
        call = [browser, *flags, (tmp_path / "page.html").as_uri()]
        shown = subprocess.run(call, capture_output=True, text=True, timeout=60, check=True).stdout
        assert re.search(r"<body>\[(.*)\]", shown)[1].split("|") == order


def test_what_diverged_does_not_press_the_learning_curves_flat():
    curves = [[[0.5, 0.8, 0.8], [0.2, 0.9, 0.9]], [[1e30, 0.1, 0.1], [1e29, 0.1, 0.1]]]
    rows = [{"curve": curve, "validation_accuracy": 0.9 - 0.8 * i} for i, curve in enumerate(curves)]
    rows = [rows[0] | {"setting": i} for i in range(charts.MOST_MARKED)] + [rows[1] | {"setting": 99}]
    low, high = charts.learning_curves(rows, lambda row: "").axes[0].get_ylim()
    assert (low, high) == pytest.approx((0.16, 5.0))


def test_pictures_that_compare_nothing_are_left_out(few_digits, tmp_path):
    (tmp_path / "accuracy-against-width.png").touch()
    Sweep({"hidden": "16", "epochs": 1}).run(tmp_path, data=few_digits, show=False)
    assert Page((tmp_path / "report.html").read_text()).pictures == []
    assert list(tmp_path.glob("*.png")) == []


def test_width_and_depth_are_drawn_as_medians_of_the_best_setting(finished):
    axes = charts.accuracy_against_width(finished.settings).axes[0]
    lines = {line.get_label(): line.get_xydata() for line in axes.lines}
    assert list(lines) == ["1 hidden layer", "2 hidden layers"]
    for depth, points in enumerate(lines.values(), start=1):
        assert points[:, 0].tolist() == [8, 16]
        for width, error in points:
            own = [row for row in finished.rows if (row["width"], row["depth"]) == (width, depth)]
            by_rate = [[row["validation_accuracy"] for row in own if row["learning_rate"] == r] for r in (0.5, 1e-5)]
            assert 1 - error == pytest.approx(max(map(np.median, by_rate)))


def test_the_front_is_what_no_network_beats_in_both():
    points = [(1, 0.5), (2, 0.4), (2, 0.7), (3, 0.7), (4, 0.9), (1, 0.45)]
    assert pareto_front(points) == [0, 2, 4]


def test_the_settings_that_mattered_are_found(finished):
    axes = charts.importances({"learning_rate": 0.7, "width": 0.3}, "share").axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["width", "learning rate"]
    assert charts.importances({"width": 1.0}, "share") is None


def test_the_table_of_a_terminal_is_drawn_over_itself(monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", screen)
    sweep = Sweep({"width": [8, 16], "epochs": 2}, seeds=2)
    live = Live(sweep, 4, shown=True)
    live.watch(3, {"width": 16, "epochs": 2}, 1, threading.Event())
    live.states.update({"complete": 1, "running": 1, "failed": 1})
    live.show(2.0)
    first = screen.getvalue()
    assert "2 of 4 trials done, 1 running, 1 failed" in first
    assert "#3 width 16, seed 1: starting" in first
    live.finished(3, [{"validation_accuracy": 0.5, "seed": 1}], {"width": 16, "epochs": 2})
    live.show(1.0, at_once=True)
    second = screen.getvalue()[len(first) :]
    assert second.startswith(f"\x1b[{first.count(chr(10))}A\x1b[J")
    assert "best so far 50.00%: width 16, seed 1" in second
    assert re.search(r"[\d.]+ networks/s", second)
    live.close()
    assert screen.getvalue().endswith("\x1b[J")


def test_the_command_ends_with_the_best_and_where_everything_is(fastmlp, digits, tmp_path):
    flags = ["--width", "8", "--width", "16", "--epochs", "2", "--batch-size", "20", "--seeds", "2", "--data", digits]
    status, out, err = fastmlp("sweep", *flags, "--out", "here", "--json")
    assert status == 0, err
    result = json.loads(out)
    assert (result["settings"], result["networks"], result["complete"], result["trained"]) == (2, 4, 4, 4)
    assert result["best"]["settings"]["width"] in (8, 16)
    with (tmp_path / "here" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    best = [float(row["validation_accuracy"]) for row in rows if row["setting"] == str(result["best"]["setting"])]
    assert result["best"]["validation_accuracy"] == pytest.approx(np.median(best))
    assert (tmp_path / result["model"]).is_file()
    assert (tmp_path / result["report"]).is_file()
    status, out, err = fastmlp("sweep", *flags, "--out", "here")
    assert "held-out accuracy" in out
    assert "(median of 2 seeds, " in out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "nothing to sweep"),
        (["--learning-rate", "fast"], "--learning-rate: 'fast' is not a number"),
        (["--learning-rate", "1:0.1", "--trials", "3"], "--learning-rate: the range '1:0.1' is empty"),
        (["--width", "8:16"], "--trials: there are ranges to search"),
        (["--width", "8", "--width", "9", "--sampler", "random"], "--trials: the sampler random has no end"),
        (["--width", "8", "--objective", "speed"], "--objective: Unknown objective 'speed'"),
        (["--hidden", "16,x"], "--hidden: '16,x' is not the widths"),
        (["none.toml"], "There is no sweep file 'none.toml'"),
        (["--width", "8", "--jobs", "0"], "jobs is 0"),
        (["--width", "8", "--data", "nosuchdata"], "nosuchdata"),
    ],
)
def test_bad_flags_end_with_one_sentence(fastmlp, flags, message, tmp_path):
    status, out, err = fastmlp("sweep", *flags)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.rglob("journal.log"))


def test_a_missing_optuna_is_said(fastmlp, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    status, _, err = fastmlp("sweep", "--width", "8")
    assert status == 2
    assert "fastmlp[sweep]" in err


def test_the_ready_sweeps_are_sound(pytestconfig):
    files = sorted((pytestconfig.rootpath / "examples" / "sweeps").glob("*.toml"))
    sizes = {path.stem: len(Sweep.from_toml(path).plan) for path in files}
    assert sizes == {"grid": 30, "search": 200, "small-and-good": 60, "width-and-depth": 81}
    with pytest.raises(InputError, match="leave `trials` out"):
        Sweep.from_toml(files[0], trials=3)


def test_combinations_are_drawn_and_not_networks(finished):
    axes = charts.accuracy_against(finished.settings, "n_params", "parameters").axes[0]
    drawn = {tuple(point) for point in axes.collections[0].get_offsets().tolist()}
    assert drawn == {(each["n_params"], 1 - each["validation_accuracy"]) for each in finished.settings}


def test_depths_of_one_width_are_no_lines(finished):
    lone = [each for each in finished.settings if each["settings"]["width"] == 8 * each["settings"]["depth"]]
    assert len(lone) == 4
    assert charts.accuracy_against_width(lone) is None


def test_where_all_fail_no_network_is_promised(few_digits, tmp_path):
    sweep = Sweep({"learning_rate": [1e30, 1e29], "activation": "relu", "loss": "cross_entropy", "epochs": 1})
    result = sweep.run(tmp_path, data=few_digits, show=False)
    assert result.count("failed") == 2
    assert "best.safetensors" not in summary(sweep, result)
    settings, _ = Page((tmp_path / "report.html").read_text()).tables
    assert settings[1][-1] == "1"  # a network
    assert "0" not in settings[1]  # its parameters and seconds are not known
