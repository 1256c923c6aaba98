"""The command `python -m benchmarks`."""

import pytest

from benchmarks import accuracy, results, speed, tables


def test_the_help_lists_sections_and_options(run_benchmarks):
    status, out, _ = run_benchmarks("--help")
    assert status == 0
    assert "Usage: python -m benchmarks [OPTIONS] [SECTION]..." in out
    assert "--contestant" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["spead"], "'spead' is not one of 'speed', 'accuracy'"),
        (["speed", "--workload", "none"], "'none' is not one of 'seed10'"),
        (["presets", "--preset", "fast"], "'fast' is not one of"),
        (
            ["roofline", "costs", "--threads", "2"],
            "--threads does not apply to roofline, costs: it is for presets, speedrun.",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(run_benchmarks, arguments, message):
    status, out, err = run_benchmarks(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.slow
def test_a_whole_quick_comparison(run_benchmarks, monkeypatch, drawn, tmp_path):
    """Speed and accuracy of fastmlp and the baseline give files, figures and tables."""
    for module in (speed, accuracy):
        monkeypatch.setattr(module, "digits_here", lambda: drawn)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    chosen = ["--contestant", "fastmlp", "--contestant", "numpy", "--workload", "seed32"]
    status, out, err = run_benchmarks("--quick", "speed", "accuracy", *chosen)
    assert status == 0, err
    assert "all agree on the loss after 10 steps" in err
    written = results.read(tmp_path / "quick")
    assert written.keys() == {"speed", "accuracy"}
    assert tables.speed_table(written["speed"]) in out
    curve = written["accuracy"]["curves"]["seed32"]["contestants"]["fastmlp"]
    assert [len(run) for run in curve["accuracy"]] == [len(run) for run in curve["seconds"]] == [3, 3]
    assert len(written["accuracy"]["presets"]["lecture"]["numpy"]["accuracy"]) == 2
    assert {path.name for path in (tmp_path / "quick").glob("*.png")} == {"speed.png", "accuracy.png"}
