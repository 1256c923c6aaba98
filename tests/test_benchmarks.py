"""The benchmarks: the baseline is right, the contestants agree, tables and pictures say what the results say."""

from dataclasses import replace

import numpy as np
import pytest
from reference import Twin

from benchmarks import agreement, arena, figures, readme, results, sweeps, tables
from benchmarks.accuracy import seconds_to
from benchmarks.contestants import CONTESTANTS, order_of_epoch
from benchmarks.numpy_baseline import NumpyNetwork, with_ones
from benchmarks.speed import rounds
from benchmarks.workloads import WORKLOADS, Workload, tuned
from fastmlp import Dataset, InputError, Network
from fastmlp.data import Split
from fastmlp.data.drawn import draw_digits
from fastmlp.machine import cores

LECTURE = WORKLOADS["seed32"]


@pytest.fixture(scope="module")
def drawn():
    return Dataset("drawn", Split(*draw_digits(600)), Split(*draw_digits(200, stream="test")), (), (28, 28))


@pytest.fixture(scope="module")
def folder(drawn):
    with arena.data_folder(drawn) as path:
        yield path


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("loss", ["squared_error", "cross_entropy"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_baseline_trains_as_the_book_says(drawn, activation, loss, optimizer):
    network = Network((784, 16, 12, 10), activation, loss, seed=1)
    settings = activation, loss, optimizer, 0.001 if optimizer == "adam" else 0.1, 32
    baseline, twin = NumpyNetwork(network.weights, network.biases, *settings), Twin.of(network)
    X, y = drawn.train.X[:100], drawn.train.y[:100]
    order = order_of_epoch(0, 1, 100)
    mean = baseline.train_epoch(with_ones(X), np.eye(10, dtype=np.float32)[y], order)
    m = v = total = 0.0
    for step, batch in enumerate(np.split(order, [32, 64, 96]), start=1):
        total += twin.costs(X[batch], y[batch]).sum()
        change = settings[3] * twin.gradient(X[batch], y[batch])
        if optimizer == "adam":
            gradient = change / settings[3]
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            change = settings[3] * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        for array in (array for pair in zip(twin.weights, twin.biases, strict=True) for array in pair):
            array -= change[: array.size].reshape(array.shape)
            change = change[array.size :]
    assert mean == pytest.approx(total / 100, rel=1e-5)
    for ours, right in ((baseline.weights, twin.weights), (baseline.biases, twin.biases)):
        for a, b in zip(ours, right, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4 if optimizer == "adam" else 1e-6)


def test_the_judge_computes_the_books_loss(drawn):
    for workload in (LECTURE, tuned("small", (12,), 32)):
        network = Network(workload.sizes, workload.activation, workload.loss, seed=1)
        parameters = list(zip(network.weights, network.biases, strict=True))
        mean = agreement.mean_loss(parameters, workload, *drawn.train)
        assert mean == pytest.approx(Twin.of(network).costs(*drawn.train).mean(), rel=1e-12)
        share = agreement.accuracy(parameters, workload, drawn.test.X / np.float32(255), drawn.test.y)
        assert share == pytest.approx(network.accuracy(*drawn.test))


def test_processes_train_the_same_network_and_are_timed(drawn, folder):
    contestants = [CONTESTANTS[name] for name in ("fastmlp", "numpy", "nielsen")]
    with arena.processes(contestants, folder) as field:
        judge = next(process for process in field if process.contestant.name == "numpy")
        losses = agreement.check(field, judge, LECTURE, *drawn.train)
        assert losses["nielsen-1"]["reported"] is None
        assert len(losses) == len(field) == 1 + 2 * len({1, cores()})
        seconds = rounds(field, LECTURE, 2)
        memory = judge.ask("memory")["peak"]
    assert all(max(len(times) for times in each.values()) == 2 for each in seconds.values())
    assert all(min(times) > 0 for each in seconds.values() for times in each.values())
    assert seconds["nielsen"].keys() == {"1"}
    assert min(seconds["nielsen"]["1"]) > min(seconds["numpy"]["1"])
    assert memory is None or 30e6 < memory < 1e9


class Slower(arena.Process):
    """A contestant that trains at another rate than it was told."""

    def prepare(self, workload, **settings):
        return super().prepare(replace(workload, learning_rate=0.99), **settings)


def test_who_trains_something_else_is_not_timed(drawn, folder):
    judge, process = (kind(CONTESTANTS["numpy"], 1, folder) for kind in (arena.Process, Slower))
    with pytest.raises(arena.ContestantError, match="NumPy on 1 threads does not train seed32: its loss reported is"):
        agreement.check([process], judge, LECTURE, *drawn.train)
    for each in (judge, process):
        each.close()


def test_a_process_that_ends_says_why(folder):
    process = arena.Process(CONTESTANTS["numpy"], 1, folder)
    with pytest.raises(arena.ContestantError, match=r"NumPy on 1 threads ended: AttributeError: .*train_epoch"):
        process.ask("epoch", number=1)
    process.close()


def test_rivals_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setitem(CONTESTANTS, "torch", replace(CONTESTANTS["torch"], needs="no_such_package"))
    here, skipped = arena.installed(("torch", "numpy"))
    assert [each.name for each in here] == ["numpy"]
    assert skipped == {"torch": "no_such_package is not installed"}


def test_seconds_to_an_accuracy():
    assert seconds_to(0.9, [1.0, 2.0, 4.0], [0.8, 0.9, 0.95]) == 3.0
    assert seconds_to(0.96, [1.0, 2.0], [0.8, 0.9]) is None


def test_points_of_sweeps_are_whole_batches():
    for width in sweeps.WIDTHS:
        samples = sweeps.samples_for(tuned("", (width, width), 128), 60000)
        assert samples % 128 == 0
        assert 640 <= samples <= 60000
    assert sweeps.samples_for(tuned("", (8, 8), 1), 60000) == sweeps.STEPS


HEADING = {
    "command": "python -m benchmarks speed",
    "date": "2026-01-02",
    "machine": {"cpu": "a CPU", "cores": 2, "vectors": "AVX2", "python": "3.12.0"},
    "dataset": "mnist",
    "versions": {"numpy": "2.0", "fastmlp": "0.1"},
    "skipped": {"jax": "jax is not installed"},
}


@pytest.fixture
def found():
    """Made-up results, one of each part, in the form that the parts write."""
    seconds = {
        "fastmlp": {"1": [0.04, 0.05, 0.06], "2": [0.5, 0.6]},
        "numpy": {"1": [0.4, 0.5, 0.9], "2": [0.7, 0.8]},
        "torch": {"1": [0.02, 0.04, 0.03], "2": [1.0, 1.1]},
        "sklearn": {"1": [30.0, 31.0, 32.0], "2": [33.0, 34.0]},
    }
    curve = {"threads": 1, "seconds": [[1.0, 1.0], [1.0, 3.0], [1.0, 1.0]]}
    curves = {
        "fastmlp": curve | {"accuracy": [[0.91, 0.98], [0.92, 0.985], [0.95, 0.98]]},
        "numpy": curve | {"accuracy": [[0.89, 0.97], [0.92, 0.981], [0.95, 0.96]]},
    }
    costs = {"start": 1.0, "prepare": 0.05, "first": 3.0, "epoch": 0.5, "compile": 2.5, "total": 4.0, "memory": 2**28}
    preset = {"threads": 1, "accuracy": [0.95, 0.96], "seconds": [1.0, 2.0]}
    workload = {"workload": WORKLOADS["tweak"].to_dict()}
    sweep = [workload | {"x": x, "samples": 1000, "seconds": {"fastmlp": {"1": [1.0, 2.0, 3.0]}}} for x in (8, 16)]
    rates = {"8": [1.0, 2.0, 3.0], "16": [40.0, 50.0, 60.0]}
    parts = {
        "speed": {"samples": 60000, "workloads": {"seed32": {"workload": LECTURE.to_dict(), "seconds": seconds}}},
        "accuracy": {
            "seeds": 3,
            "targets": [0.9, 0.97, 0.98],
            "presets": {"lecture": {"workload": LECTURE.to_dict(), "epochs": 40, "fastmlp": preset, "numpy": preset}},
            "curves": {"tweak": workload | {"epochs": 25, "contestants": curves}},
        },
        "costs": workload
        | {
            "threads": 2,
            "trainings": {"fastmlp": {"cold": [costs] * 3, "warm": [costs | {"compile": 0.25}] * 3}},
            "commands": {"import torch": [1.0, 2.0, 3.0]},
        },
        "widths": {"points": sweep},
        "batches": {"points": sweep},
        "roofline": {
            "batch": 128,
            "inputs": 784,
            "peak": 100.0,
            "bandwidth": 20.0,
            "rates": {
                f"{who}, {layer}": rates for who in ("fastmlp", "NumPy") for layer in ("first layer", "hidden layer")
            },
        },
    }
    return {part: {"part": part} | HEADING | result for part, result in parts.items()}


def cells(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:2] != "|-"]


def test_the_table_of_speeds(found):
    header, row = cells(tables.speed_table(found["speed"]))
    assert header == ["epoch of 60,000", "fastmlp", "NumPy", "PyTorch", "scikit-learn"]
    assert row == [
        "`seed32` 784-16-16-10, sigmoid, squared error, SGD, batch 32",
        "50 ms",
        "0.500 s (10.0x)",
        "30 ms (**0.50x**)",  # in its rounds 0.5, 0.8 and 0.5: where fastmlp loses, it shows
        "31.0 s (620x) \\*",
    ]
    notes = tables.speed_notes(found["speed"])
    for text in ("Medians of 3 interleaved rounds", "a CPU, 2 cores", "numpy 2.0", "2026-01-02", "cross-entropy"):
        assert text in notes
    assert "`python -m benchmarks speed`" in notes
    assert "Left out: jax (jax is not installed)." in notes


def test_the_tables_of_accuracy_and_costs(found):
    _, ours, theirs = cells(tables.target_table(found["accuracy"], "tweak"))
    assert ours == ["fastmlp", "1.00 s (1.00 s to 1.00 s)", "2.00 s (2.00 s to 4.00 s)", "2.00 s (2.00 s to 4.00 s)"]
    assert theirs[1] == "1.00 s (1.00 s to 2.00 s)"
    assert theirs[2:] == ["4.00 s (2.00 s to 4.00 s, 2 of 3 seeds)", "1 of 3 seeds"]
    assert cells(tables.preset_table(found["accuracy"]))[1][1:] == ["95.50% (95.00% to 96.00%) in 1.50 s"] * 2
    _, row = cells(tables.cost_table(found["costs"]))
    assert row == ["fastmlp", "1.00 s", "2.50 s", "0.250 s", "50 ms", "0.500 s", "4.00 s", "256 MB"]
    assert cells(tables.command_table(found["costs"]))[1] == ["`import torch`", "2.00 s (1.00 s to 3.00 s)"]
    assert cells(tables.sweep_table(found["widths"]))[1] == ["8", "0.5"]
    assert cells(tables.roofline_table(found["roofline"]))[2] == ["16", "50.0", "50.0", "50.0", "50.0"]


def test_every_part_has_a_report_and_all_but_costs_a_picture(found, tmp_path):
    from fastmlp.plots import save_figure

    for part, result in found.items():
        assert "a CPU" in tables.report(result)
        figure = figures.draw(result)
        assert (figure is None) == (part == "costs")
        if figure is not None:
            save_figure(figure, tmp_path / f"{part}.png")
            assert (tmp_path / f"{part}.png").stat().st_size > 10_000


def test_the_readme_is_what_the_result_files_give(found):
    text = readme.README.read_text(encoding="utf-8")
    assert readme.rewritten(readme.README, text, results.read()) == text
    other = readme.rewritten(readme.README, text, found)
    assert other != text
    assert readme.rewritten(readme.README, other, found) == other
    assert "0.500 s (10.0x)" in other
    assert readme.rewritten(readme.README, other, results.read()) == text
    with pytest.raises(InputError, match="put them back"):
        readme.rewritten(readme.README, text.replace(readme.markers(readme.README)[1], ""), found)


def test_result_files_come_back_as_they_were(found, tmp_path):
    results.write(found["speed"], tmp_path)
    assert results.read(tmp_path) == {"speed": found["speed"]}
    assert Workload.from_dict(found["speed"]["workloads"]["seed32"]["workload"]) == LECTURE
    top = results.heading("speed", results.Options(("numpy",), ("wide",), True), "mnist")
    assert top["command"] == "python -m benchmarks speed --quick --workload=wide --contestant=numpy"
    assert HEADING.keys() <= top.keys()
    assert HEADING["machine"].keys() <= top["machine"].keys()


def test_ratios_are_taken_within_a_round():
    assert tables.ratio([2.0, 40.0, 6.0], [1.0, 10.0, 2.0]) == 3.0
    assert tables.best({"1": [3.0, 3.0, 3.0], "2": [1.0]}) == (1, [3.0, 3.0, 3.0])
    assert tables.best({"1": [3.0, 3.0, 3.0], "2": [1.0, 2.0, 5.0]}) == (2, [1.0, 2.0, 5.0])
    assert [tables.times_text(x) for x in (0.996, 1.04, 19.96, 123.4)] == ["**1.00x**", "1.0x", "20.0x", "123x"]
    assert [tables.seconds_text(x) for x in (0.0123, 0.1234, 1.234, 12.34)] == [
        "12.3 ms",
        "0.123 s",
        "1.23 s",
        "12.3 s",
    ]


def test_fastmlp_bench_outside_of_a_working_copy_says_so(fastmlp, monkeypatch, tmp_path):
    from fastmlp import cli

    monkeypatch.setattr(cli, "__file__", str(tmp_path / "fastmlp" / "cli.py"))
    status, out, err = fastmlp("bench", "speed")
    assert (status, out) == (2, "")
    assert err == (
        "fastmlp: The benchmarks are not part of an installed fastmlp: run `fastmlp bench` from a working copy.\n"
    )


def test_fastmlp_bench_is_the_same_command(fastmlp):
    status, out, _ = fastmlp("bench", "--help")
    assert status == 0
    assert "Usage: fastmlp bench [OPTIONS] [PART]..." in out
    assert "--contestant" in out
    status, _, err = fastmlp("bench", "spead")
    assert status == 2
    assert "'spead' is not one of 'speed', 'accuracy'" in err
    assert fastmlp("bench", "speed", "--workload", "none")[0] == 2
    status, _, err = fastmlp("bench", "roofline", "costs", "--threads", "2")
    assert status == 2
    assert "--threads says nothing to roofline, costs: it is for presets, speedrun." in err


def test_what_is_measured_in_part_is_kept_apart():
    whole, some = results.Options(threads=2), results.Options(presets=("lecture",))
    assert whole.folder("presets") == some.folder("presets") == results.FOLDER
    for part, options in {
        "accuracy": some,
        "speed": results.Options(workloads=("wide",)),
        "costs": results.Options(contestants=("numpy",)),
        "presets": results.Options(seeds=1),
    }.items():
        assert options.folder(part) == results.FOLDER / "partial"
    assert results.Options(seeds=1, quick=True).folder("presets") == results.FOLDER / "quick"


def test_a_whole_quick_comparison(fastmlp, monkeypatch, drawn, tmp_path):
    """Speed, accuracy and a sweep, by fastmlp and the baseline: files, pictures and tables come of it."""
    from benchmarks import accuracy, speed

    for module in (speed, accuracy, sweeps):
        monkeypatch.setattr(module, "digits_here", lambda: drawn)
    monkeypatch.setattr(sweeps, "WIDTHS", (8, 16))
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    chosen = ["--contestant", "fastmlp", "--contestant", "numpy", "--workload", "seed32"]
    status, out, err = fastmlp("bench", "--quick", "speed", "accuracy", *chosen)
    assert status == 0, err
    assert "all agree on the loss after 10 steps" in err
    written = results.read(tmp_path / "quick")
    assert written.keys() == {"speed", "accuracy"}
    assert tables.speed_table(written["speed"]) in out
    curve = written["accuracy"]["curves"]["seed32"]["contestants"]["fastmlp"]
    assert [len(run) for run in curve["accuracy"]] == [len(run) for run in curve["seconds"]] == [3, 3]
    assert len(written["accuracy"]["presets"]["lecture"]["numpy"]["accuracy"]) == 2
    assert {path.name for path in (tmp_path / "quick").glob("*.png")} == {"speed.png", "accuracy.png"}
