"""The tables say what the results say."""

from helpers.results import cells

from benchmarks import tables


def test_the_table_of_speeds(found):
    header, row = cells(tables.speed_table(found["speed"]))
    assert header == ["epoch of 60,000", "fastmlp", "NumPy", "PyTorch", "scikit-learn"]
    assert row == [
        "`seed32` 784-16-16-10, sigmoid, squared error, SGD, batch 32",
        "50 ms",
        "0.500 s (10.0x)",
        "30 ms (**0.50x**)",  # 0.5, 0.8 and 0.5 in its rounds: bold, since fastmlp loses
        "31.0 s (620x) \\*",
    ]
    notes = tables.speed_notes(found["speed"])
    for text in ("Medians of 3 interleaved rounds", "cross-entropy"):
        assert text in notes
    report = tables.report(found["speed"])
    for text in (
        "a CPU, 2 cores",
        "numpy 2.0",
        "2026-01-02",
        "`python -m benchmarks speed`",
        "Left out: jax (jax is not",
    ):
        assert text in report


def test_the_table_of_densities(found):
    header, *rows = cells(tables.density_table(found["speed"]))
    assert header == ["share of units above zero", "", "after epoch 1", "after epoch 2"]
    assert rows == [["`seed32`", "hidden layer 1", "0.50", "0.40"], ["`seed32`", "hidden layer 2", "0.25", "0.20"]]
    del found["speed"]["workloads"]["seed32"]["density"]
    assert tables.density_table(found["speed"]) == ""


def test_the_table_of_small_data(found):
    header, fit, row = cells(tables.small_table(found["small"]))
    assert header == ["one thread", "fastmlp", "scikit-learn", "ONNX Runtime"]
    assert fit == ["1000 x 20, fit of 50 epochs", "0.200 s", "0.400 s (2.0x)", ""]
    assert row == ["1000 x 20, one row", "5.0 us", "250 us (50x)", "250 us (50x)"]


def test_the_tables_of_accuracy(found):
    _, ours, theirs = cells(tables.target_table(found["accuracy"], "tweak"))
    assert ours == ["fastmlp", "1.00 s (1.00 s to 1.00 s)", "2.00 s (2.00 s to 4.00 s)", "2.00 s (2.00 s to 4.00 s)"]
    assert theirs[1] == "1.00 s (1.00 s to 2.00 s)"
    assert theirs[2:] == ["4.00 s (2.00 s to 4.00 s, 2 of 3 seeds)", "1 of 3 seeds"]
    assert cells(tables.preset_table(found["accuracy"]))[1][1:] == ["95.50% (95.00% to 96.00%) in 1.50 s"] * 2


def test_the_tables_of_costs(found):
    header, row = cells(tables.cost_table(found["costs"]))
    assert header[:4] == ["", "start, imports", "compiling, cold", "warm"]
    assert row == ["fastmlp", "1.00 s", "2.50 s", "0.250 s", "50 ms", "0.500 s", "4.00 s", "256 MB"]
    assert cells(tables.command_table(found["costs"]))[1] == ["`import torch`", "2.00 s (1.00 s to 3.00 s)"]


def test_the_tables_of_sweeps_and_roofline(found):
    assert cells(tables.sweep_table(found["widths"]))[1] == ["8", "0.5"]
    assert cells(tables.roofline_table(found["roofline"]))[2] == ["16", "50.0", "50.0", "50.0", "50.0"]


def test_the_table_of_presets(measured):
    result = {"part": "presets", "presets": {"fast-96": measured, "half": measured | {"samples": 30000}}}
    text = tables.report(result)
    assert "96.00% (95.00% to 96.20%)" in text
    assert "2.00 s (1.00 s to 3.00 s)" in text
    assert "2.50 s (1.50 s to 3.50 s)" in text
    assert "fast-96: 96.00 95.00 96.20" in text
    assert "the first 30,000 samples" in text
    assert text.count("a CPU, 2 cores") == 1  # both share their conditions
    assert "load" not in text
    result["presets"]["half"] |= {"load": 2.5}
    assert "half: a CPU, 2 cores, AVX2" in tables.report(result)
    assert "(load 2.5): the times may be too long" in tables.report(result)


def test_results_from_before_a_hyperparameter_existed_can_be_read(measured):
    old = measured | {"recipe": {k: v for k, v in measured["recipe"].items() if k != "weight_init"}}
    assert old["recipe"] != measured["recipe"]
    for made in (tables.record_table, lambda named: tables.reached_table(named, "preset")):
        assert made({"fast-96": old}) == made({"fast-96": measured})


def test_presets_that_the_baseline_cannot_train_are_named():
    assert tables.preset_notes({}) == ""
    assert "`nielsen` (l2 0.0001)" in tables.preset_notes({"presets_left_out": {"nielsen": "l2 0.0001"}})


def test_every_section_has_a_report(found):
    for result in found.values():
        assert "a CPU" in tables.report(result)
